import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../../kit.ts'

let at: Bench
const nic = (address: string, version: 4 | 6 = 4) => ({
  ...{ portId: `port-${address}`, networkId: 'n', label: 'flat', macAddress: 'fa:16:3e:00:00:01' },
  addresses: [{ address, version, type: 'fixed' as const }],
})
beforeEach(async () => {
  at = await bench()
  await at.insert(
    aServer(1, { name: 'web-1', vmState: 'active', taskState: null, host: 'host1', nics: [nic('10.0.0.5')], tags: ['blue', 'old'] }),
    aServer(2, {
      name: 'web-2',
      vmState: 'stopped',
      taskState: null,
      host: 'host2',
      nics: [nic('10.0.1.6'), nic('fd00::7', 6)],
      lockedBy: 'owner',
    }),
    aServer(3, { name: 'db', vmState: 'error', taskState: null, keyName: 'mine', tags: ['blue'], createdAt: '2026-02-02T00:00:00.000Z' }),
    aServer(4, { name: 'theirs', projectId: 'p-other', vmState: 'active', taskState: null }),
    aServer(5, { name: 'gone', vmState: 'deleted', taskState: null, isDeleted: true, updatedAt: '2026-05-05T00:00:00.000Z' }),
  )
})
afterEach(() => at.close())

const get = (query: string, number = '2.1', as = 'member', path = '/servers') =>
  at.ask(`GET /v2.1${path}${query}`, { as, headers: { 'openstack-api-version': `compute ${number}` } })
const names = async (query: string, number?: string, as?: string) =>
  (await get(query, number, as)).body.servers?.map(({ name }: { name: string }) => name)

test('a project sees its own, the newest first', async () => {
  expect(await names('')).toEqual(['db', 'web-2', 'web-1'])
  expect(await names('', '2.1', 'other')).toEqual(['theirs'])
  expect((await get('?all_tenants=1')).status).toBe(403)
  expect(await names('?all_tenants=1', '2.1', 'admin')).toEqual(['db', 'theirs', 'web-2', 'web-1'])
  expect(await names('?all_tenants', '2.1', 'admin')).toHaveLength(4)
  expect(await names('?all_tenants=1&project_id=p-other', '2.1', 'admin')).toEqual(['theirs'])
  expect((await get('?all_tenants=perhaps', '2.1', 'admin')).status).toBe(400)
})

test('names and addresses are found by patterns', async () => {
  expect(await names('?name=web')).toEqual(['web-2', 'web-1'])
  expect(await names('?name=%5Ed.$')).toEqual(['db'])
  expect(await names('?ip=10%5C.0%5C.0%5C.')).toEqual(['web-1'])
  expect(await names('?ip6=fd00', '2.5')).toEqual(['web-2'])
  expect(await names('?ip6=fd00')).toHaveLength(3)
  expect((await get('?name=(')).status).toBe(400)
})

test('several statuses are asked for at once; one that there is not is refused since 2.38', async () => {
  expect(await names('?status=ACTIVE')).toEqual(['web-1'])
  expect(await names('?status=active&status=ERROR')).toEqual(['db', 'web-1'])
  expect(await names('?status=NONSENSE')).toEqual([])
  expect(await get('?status=NONSENSE', '2.38')).toMatchObject({ status: 400, body: { badRequest: { message: 'Invalid status value' } } })
  expect(await get('?status=DELETED')).toMatchObject({
    status: 403,
    body: { forbidden: { message: 'Only administrators may list deleted instances' } },
  })
})

test('an image and a flavor are found by id', async () => {
  const { imageId } = aServer(1)
  expect(await names(`?image=${imageId}`)).toHaveLength(3)
  expect(await names('?image=elsewhere')).toEqual([])
  expect([await names('?flavor=1'), await names('?flavor=2')]).toEqual([['db', 'web-2', 'web-1'], []])
})

test('tags narrow since 2.26, locks since 2.73, and much more since 2.83', async () => {
  expect(await names('?tags=blue,old', '2.26')).toEqual(['web-1'])
  expect(await names('?tags-any=blue,new', '2.26')).toEqual(['db', 'web-1'])
  expect(await names('?not-tags=blue,old', '2.26')).toEqual(['db', 'web-2'])
  expect(await names('?not-tags-any=blue', '2.26')).toEqual(['web-2'])
  expect(await names('?tags=blue,old', '2.25')).toHaveLength(3)
  expect([await names('?locked=true', '2.73'), await names('?locked=no', '2.73')]).toEqual([['web-2'], ['db', 'web-1']])
  expect((await get('?locked=maybe', '2.73')).status).toBe(400)
  expect([await names('?key_name=mine', '2.82'), await names('?key_name=mine', '2.83')]).toEqual([['db', 'web-2', 'web-1'], ['db']])
})

test('a filter that came later is unknown before, to operators as well', async () => {
  for (const [query, before] of [
    ['tags=blue,old', '2.25'],
    ['changes-before=2000-01-01T00:00:00Z', '2.65'],
    ['locked=true', '2.72'],
  ] as const)
    expect(await names(`?all_tenants=1&${query}`, before, 'admin')).toHaveLength(4)
})

test('what nobody can sort by is passed over until 2.74, and refused by its name since', async () => {
  expect(await names('?sort_key=vcpus', '2.74')).toHaveLength(3)
  expect((await get('?sort_key=vcpus', '2.75')).body.badRequest.message).toMatch(
    /^Invalid input for query parameters sort_key. Value: vcpus. 'vcpus' is not one of \['access_ip_v4', /,
  )
  expect(await names('?sort_key=locked', '2.75')).toHaveLength(3)
})

test('only operators narrow by host, and see what is deleted', async () => {
  expect(await names('?host=host2')).toHaveLength(3)
  expect(await names('?host=host2&all_tenants=1', '2.1', 'admin')).toEqual(['web-2'])
  expect(await names('?deleted=true')).toHaveLength(3)
  expect(await names('?deleted=true&all_tenants=1', '2.1', 'admin')).toEqual(['gone'])
})

test('what changed since a moment includes what is gone', async () => {
  expect(await names('?changes-since=2026-03-01T00:00:00Z')).toEqual(['gone'])
  expect(await names('?changes-before=2026-03-01T00:00:00Z', '2.66')).toHaveLength(3)
  expect((await get('?changes-since=2026-03-01T00:00:00Z&changes-before=2026-02-01T00:00:00Z', '2.66')).status).toBe(400)
  expect((await get('?changes-since=yesterday')).status).toBe(400)
})

test('unknown filters are passed over until 2.74, and refused since', async () => {
  expect(await names('?colour=red', '2.74')).toHaveLength(3)
  expect((await get('?colour=red', '2.75')).status).toBe(400)
  expect((await get('?metadata=x&all_tenants=1', '2.1', 'admin')).body.badRequest.message).toBe('Invalid filter field: metadata.')
})

test('a list is sorted by several keys, and comes in pages that follow each other', async () => {
  expect(await names('?sort_key=display_name&sort_dir=asc')).toEqual(['db', 'web-1', 'web-2'])
  expect(await names('?sort_key=vm_state&sort_dir=asc&sort_key=display_name&sort_dir=desc')).toEqual(['web-1', 'db', 'web-2'])
  expect((await get('?sort_key=colour')).status).toBe(400)
  expect((await get('?sort_key=host')).status).toBe(403)
  const { body } = await get('?limit=2&sort_key=display_name&sort_dir=asc')
  expect(body.servers.map(({ name }: { name: string }) => name)).toEqual(['db', 'web-1'])
  const next = new URL(body.servers_links[0].href)
  expect(await names(next.search)).toEqual(['web-2'])
  expect((await get('?marker=no-such-server')).status).toBe(400)
  expect((await get(`?marker=${aServer(4).id}`)).status).toBe(400)
  expect((await get('?limit=0')).body).toEqual({ servers: [] })
})

test('a pattern that suits few is looked for beyond the first page', async () => {
  await at.insert(...Array.from({ length: 30 }, (_, n) => aServer(100 + n, { name: n === 3 ? 'needle' : `hay-${n}` })))
  expect(await names('?name=needle&limit=1')).toEqual(['needle'])
})

test('the detailed list comes in pages as well', async () => {
  await at.insert(...Array.from({ length: 30 }, (_, n) => aServer(100 + n)))
  const { body, status } = await get('?limit=20', '2.96', 'member', '/servers/detail')
  expect([status, body.servers.length]).toEqual([200, 20])
})
