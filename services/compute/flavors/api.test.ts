import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const version = (number: string) => ({ 'openstack-api-version': `compute ${number}` })

test('a new cloud has the flavors everybody knows', async () => {
  const { flavors } = (await ask('GET /v2.1/flavors/detail', { as: 'reader' })).body
  expect(flavors.map(({ id, name, ram, vcpus, disk }: Record<string, unknown>) => [id, name, ram, vcpus, disk])).toEqual([
    ['0', 'm1.nano', 128, 1, 1],
    ['1', 'm1.tiny', 512, 1, 1],
    ['2', 'm1.small', 2048, 1, 20],
    ['3', 'm1.medium', 4096, 2, 40],
    ['4', 'm1.large', 8192, 4, 80],
  ])
})

test('no swap is an empty text, as Nova writes it', async () => {
  const { flavor } = (await ask('GET /v2.1/flavors/1', { as: 'reader' })).body
  expect(flavor).toEqual({
    id: '1',
    name: 'm1.tiny',
    ram: 512,
    vcpus: 1,
    disk: 1,
    swap: '',
    rxtx_factor: 1,
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    'os-flavor-access:is_public': true,
    links: [
      { rel: 'self', href: 'http://cloud:5000/v2.1/flavors/1' },
      { rel: 'bookmark', href: 'http://cloud:5000/flavors/1' },
    ],
  })
})

test('a flavor has a description from 2.55 on, in the short list too', async () => {
  const brief = async (number: string) => (await ask('GET /v2.1/flavors', { as: 'reader', headers: version(number) })).body.flavors[0]
  expect(Object.keys(await brief('2.54'))).toEqual(['id', 'name', 'links'])
  expect(await brief('2.55')).toMatchObject({ id: '0', name: 'm1.nano', description: null })
})

test('a flavor that is not there is not found', async () => {
  expect(await ask('GET /v2.1/flavors/99', { as: 'reader' })).toMatchObject({
    status: 404,
    body: { itemNotFound: { code: 404, message: 'Flavor 99 could not be found.' } },
  })
})

const make = (flavor: object, as = 'admin', number = '2.1') => ask('POST /v2.1/flavors', { as, body: { flavor }, headers: version(number) })
const small = { name: 'small', ram: 64, vcpus: 1, disk: 1 }

test('an operator makes a flavor, others may not; a name and an id are given once', async () => {
  expect((await make(small, 'member')).status).toBe(403)
  const { status, body } = await make({ ...small, id: '42', swap: 16, rxtx_factor: 1.5 })
  expect([status, body.flavor]).toMatchObject([200, { id: '42', swap: 16, rxtx_factor: 1.5, 'os-flavor-access:is_public': true }])
  expect((await make({ ...small, id: '43' })).status).toBe(409)
  expect((await make({ ...small, name: 'another', id: '42' })).status).toBe(409)
  expect((await ask('PUT /v2.1/flavors/42', { as: 'admin', body: { flavor: { description: 'x' } } })).status).toBe(404)
  const described = await ask('PUT /v2.1/flavors/42', { as: 'admin', body: { flavor: { description: 'x' } }, headers: version('2.55') })
  expect(described.body.flavor.description).toBe('x')
  expect((await ask('DELETE /v2.1/flavors/42', { as: 'admin' })).status).toBe(202)
  expect((await ask('GET /v2.1/flavors/42', { as: 'admin' })).status).toBe(404)
})

test('a list is sorted by the order in which flavors were made', async () => {
  for (const id of ['zz', 'b', 'aa']) await make({ ...small, id, name: `made-${id}` })
  const ids = async (query: string) =>
    (await ask(`GET /v2.1/flavors${query}`, { as: 'admin' })).body.flavors.map(({ id }: { id: string }) => id)
  for (const key of ['id', 'created_at']) expect(await ids(`?sort_key=${key}&sort_dir=desc&limit=4`)).toEqual(['aa', 'b', 'zz', '4'])
  expect(await ids('?sort_key=memory_mb&limit=3')).toEqual(['zz', 'b', 'aa'])
})

test('a flavor that is not public is seen by those it was given to', async () => {
  await make({ ...small, id: '42', 'os-flavor-access:is_public': false })
  const seen = async () => (await ask('GET /v2.1/flavors', { as: 'member' })).body.flavors.some(({ id }: { id: string }) => id === '42')
  expect([await seen(), (await ask('GET /v2.1/flavors/42', { as: 'member' })).status]).toEqual([false, 404])
  const given = await ask('POST /v2.1/flavors/42/action', { as: 'admin', body: { addTenantAccess: { tenant: 'p-demo' } } })
  expect(given.body).toEqual({ flavor_access: [{ flavor_id: '42', tenant_id: 'p-demo' }] })
  expect([await seen(), (await ask('GET /v2.1/flavors/42', { as: 'member' })).status]).toEqual([true, 200])
  const taken = await ask('POST /v2.1/flavors/42/action', { as: 'admin', body: { removeTenantAccess: { tenant: 'p-demo' } } })
  expect([taken.body, await seen()]).toEqual([{ flavor_access: [] }, false])
})

test('extra specs are added, changed, shown and removed', async () => {
  const path = '/v2.1/flavors/1/os-extra_specs'
  const added = await ask(`POST ${path}`, { as: 'admin', body: { extra_specs: { 'hw:cpu_policy': 'shared', key: 1 } } })
  expect(added.body).toEqual({ extra_specs: { 'hw:cpu_policy': 'shared', key: '1' } })
  expect((await ask(`PUT ${path}/key`, { as: 'admin', body: { key: 'two' } })).body).toEqual({ key: 'two' })
  expect((await ask(`PUT ${path}/key`, { as: 'admin', body: { other: 'two' } })).status).toBe(400)
  expect((await ask(`DELETE ${path}/key`, { as: 'admin' })).status).toBe(200)
  expect((await ask(`GET ${path}/key`, { as: 'admin' })).status).toBe(404)
  const shown = (await ask('GET /v2.1/flavors/1', { as: 'admin', headers: version('2.75') })).body.flavor
  expect((await ask(`GET ${path}`, { as: 'reader' })).body).toEqual({ extra_specs: { 'hw:cpu_policy': 'shared' } })
  expect([shown.extra_specs, shown.swap]).toEqual([{ 'hw:cpu_policy': 'shared' }, 0])
})

test('extra specs are checked from 2.86 on', async () => {
  const path = '/v2.1/flavors/1/os-extra_specs'
  const add = (specs: object, number: string) =>
    ask(`POST ${path}`, { as: 'admin', body: { extra_specs: specs }, headers: version(number) })
  const wrong = { 'hw:cpu_policy': 'sharde' }
  expect((await add(wrong, '2.85')).status).toBe(200)
  expect(await add(wrong, '2.86')).toMatchObject({
    status: 400,
    body: { badRequest: { message: "Validation failed; 'sharde' is not one of: dedicated, shared, mixed." } },
  })
  expect((await ask(`PUT ${path}/hw:numa_nodes`, { as: 'admin', body: { 'hw:numa_nodes': '0' }, headers: version('2.86') })).status).toBe(
    400,
  )
})

test('the list is narrowed and comes in pages', async () => {
  const ids = async (query: string) =>
    (await ask(`GET /v2.1/flavors${query}`, { as: 'member' })).body.flavors?.map(({ id }: { id: string }) => id)
  expect(await ids('?minRam=2048&minDisk=40')).toEqual(['3', '4'])
  expect(await ids('?sort_key=memory_mb&sort_dir=desc&limit=2')).toEqual(['4', '3'])
  expect(await ids('?marker=2&limit=1')).toEqual(['3'])
  expect((await ask('GET /v2.1/flavors?minRam=much', { as: 'member' })).status).toBe(400)
})
