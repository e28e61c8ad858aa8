import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aServer, type Bench, bench, theImage } from '../kit.ts'

const aPort = '99999999-1111-4111-8111-111111111111'
let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const version = (number: string) => ({ 'openstack-api-version': `compute ${number}` })
const wish = (more: object = {}) => ({ server: { name: 'vm1', imageRef: theImage.id, flavorRef: '1', ...more } })
const create = (more: object = {}, number = '2.1', as = 'member') =>
  ask('POST /v2.1/servers', { as, body: wish(more), headers: version(number) })
const show = async (id: string, number = '2.1', as = 'member') =>
  (await ask(`GET /v2.1/servers/${id}`, { as, headers: version(number) })).body.server

/** A server that runs, as its labour would have left it. */
async function running(more: object = {}) {
  const { id } = (await create(more)).body.server
  const launchedAt = '2026-01-01T00:01:00.000Z'
  await at.put(
    aServer(1, {
      id,
      vmState: 'active',
      taskState: null,
      powerState: 'running',
      host: 'host1',
      node: 'host1',
      rootDevice: '/dev/vda',
      launchedAt,
      ...more,
    }),
  )
  at.hosts.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
  return id as string
}

describe('booting a server', () => {
  test('is acknowledged at once, says where to look, and leaves a labour', async () => {
    const { status, headers, body } = await create()
    expect(status).toBe(202)
    const { id } = body.server
    expect(body.server).toEqual({
      id,
      links: [
        { rel: 'self', href: `http://cloud:5000/v2.1/servers/${id}` },
        { rel: 'bookmark', href: `http://cloud:5000/servers/${id}` },
      ],
      'OS-DCF:diskConfig': 'MANUAL',
      adminPass: expect.stringMatching(/^[2-9A-Za-z]{12}$/),
      security_groups: [{ name: 'default' }],
    })
    expect(headers['location']).toBe(`http://cloud:5000/v2.1/servers/${id}`)
    expect(at.labours).toEqual([`boot ${id}`])
    expect(await show(id)).toMatchObject({ status: 'BUILD', 'OS-EXT-STS:task_state': 'scheduling', progress: 0, hostId: '' })
  })

  test.each([
    ['an image that is not there', { imageRef: 'none' }, 'Can not find requested image'],
    ['a flavor that is not there', { flavorRef: '99' }, 'Flavor 99 could not be found.'],
    ['no name', { name: '' }, 'name'],
    ['a field nobody knows', { colour: 'green' }, 'colour'],
    ['less than one', { min_count: 0 }, 'min_count'],
    ['more than it may be', { min_count: 3, max_count: 2 }, 'min_count must be <= max_count'],
    ['a key nobody has', { key_name: 'none' }, 'Invalid key_name provided.'],
    ['a zone that is not there', { availability_zone: 'moon' }, 'The requested availability zone is not available'],
    ['no image', { imageRef: '' }, 'Invalid imageRef provided.'],
    [
      'a volume',
      { imageRef: '', block_device_mapping_v2: [{ source_type: 'volume', uuid: 'v', boot_index: 0 }] },
      'failed to get volume v.',
    ],
    [
      'more swap than the flavor has',
      { block_device_mapping_v2: [{ source_type: 'blank', guest_format: 'swap', volume_size: 1 }] },
      'Swap drive requested',
    ],
    ['user data that is no base64', { user_data: '!' }, 'user_data'],
  ])('of %s is a bad request and leaves no labour', async (_, more, says) => {
    const { status, body } = await create(more)
    expect({ status, code: body.badRequest.code }).toEqual({ status: 400, code: 400 })
    expect(body.badRequest.message).toContain(says)
    expect(at.labours).toEqual([])
  })

  test('takes a description from 2.19 on', async () => {
    expect((await create({ description: 'mine' }, '2.18')).status).toBe(400)
    const { id } = (await create({ description: 'mine' }, '2.19')).body.server
    expect(await show(id, '2.19')).toMatchObject({ description: 'mine' })
    expect(await show(id, '2.18')).not.toHaveProperty('description')
  })

  test('says from 2.37 on which networks it is for', async () => {
    expect((await create({ networks: 'none' }, '2.36')).status).toBe(400)
    expect((await create({}, '2.37')).status).toBe(400)
    expect((await create({ networks: 'none' }, '2.37')).status).toBe(202)
    expect((await create({ networks: 'auto' }, '2.37')).status).toBe(202)
  })

  test.each([
    [[{ fixed_ip: '10.0.0.3' }], "Bad network format: missing 'uuid'"],
    [[{ uuid: 'net' }], 'Bad networks format: network uuid is not in proper format (net)'],
    [[{ port: aPort }, { port: aPort }], `Port ID '${aPort}' was specified twice: you cannot attach a port multiple times.`],
    [
      [{ port: aPort, fixed_ip: '10.0.0.3' }],
      `Specified Fixed IP '10.0.0.3' cannot be used with port '${aPort}': the two cannot be specified together.`,
    ],
  ])('with networks %j is refused in Nova’s words', async (networks, message) => {
    expect((await create({ networks }, '2.36')).body.badRequest).toEqual({ code: 400, message })
    expect(at.labours).toEqual([])
  })

  test('is not for readers or strangers', async () => {
    expect((await create({}, '2.1', 'reader')).status).toBe(403)
    expect((await ask('POST /v2.1/servers', { body: wish() })).status).toBe(401)
    expect(at.labours).toEqual([])
  })
})

describe('showing a server', () => {
  test.each([
    ['2.1', { flavor: { id: '1', links: [{ rel: 'bookmark', href: 'http://cloud:5000/flavors/1' }] } }, ['locked', 'description']],
    ['2.9', { locked: false }, ['description']],
    ['2.19', { locked: false, description: null }, []],
    ['2.46', { flavor: { id: '1', links: expect.anything() } }, []],
    ['2.47', { flavor: { original_name: 'm1.tiny', ram: 512, vcpus: 1, disk: 1, ephemeral: 0, swap: 0, extra_specs: {} } }, []],
  ])('at %s has the fields of its time', async (number, has, hasNot) => {
    const shown = await show(await running(), number)
    expect(shown).toMatchObject({
      status: 'ACTIVE',
      tenant_id: 'p-demo',
      user_id: 'u-m',
      progress: 100,
      'OS-EXT-STS:vm_state': 'active',
      'OS-EXT-STS:power_state': 1,
      'OS-SRV-USG:launched_at': '2026-01-01T00:01:00.000000',
      ...has,
    })
    for (const name of hasNot) expect(shown).not.toHaveProperty(name)
  })

  test('tells operators where it runs and under which name, and others not', async () => {
    const id = await running()
    const mine = await show(id, '2.3')
    expect(Object.keys(mine).filter(name => name.startsWith('OS-EXT-SRV-ATTR'))).toEqual([])
    const seen = await show(id, '2.3', 'admin')
    expect(seen).toMatchObject({
      'OS-EXT-SRV-ATTR:host': 'host1',
      'OS-EXT-SRV-ATTR:hypervisor_hostname': 'host1',
      'OS-EXT-SRV-ATTR:instance_name': 'instance-00000001',
      'OS-EXT-SRV-ATTR:hostname': 'vm1',
      'OS-EXT-SRV-ATTR:root_device_name': '/dev/vda',
    })
    expect(await show(id, '2.1', 'admin')).not.toHaveProperty('OS-EXT-SRV-ATTR:hostname')
  })

  test('that failed says why, and tells operators where', async () => {
    const { id } = (await create()).body.server
    const fault = { code: 500, message: 'no memory left', details: 'on host1', createdAt: '2026-01-01T00:00:00.000Z' }
    await at.put(aServer(1, { id, vmState: 'error', taskState: null, fault }))
    const told = { code: 500, created: '2026-01-01T00:00:00Z', message: 'no memory left' }
    expect((await show(id)).fault).toEqual(told)
    expect((await show(id, '2.1', 'admin')).fault).toEqual({ ...told, details: 'on host1' })
    expect(await show(id)).not.toHaveProperty('progress')
  })
})

describe('listing servers', () => {
  test('shows a project’s own, the newest first, a page at a time', async () => {
    for (const name of ['a', 'b', 'c']) await create({ name })
    await create({ name: 'theirs' }, '2.1', 'other')
    const first = (await ask('GET /v2.1/servers?limit=2', { as: 'member' })).body
    expect(first.servers).toHaveLength(2)
    expect(first.servers_links).toMatchObject([{ rel: 'next', href: expect.stringContaining(`marker=${first.servers[1].id}`) }])
    const rest = (await ask(`GET /v2.1/servers?limit=2&marker=${first.servers[1].id}`, { as: 'member' })).body
    const names = [...first.servers, ...rest.servers].map(({ name }) => name)
    expect(names.toSorted()).toEqual(['a', 'b', 'c'])
    expect(rest).not.toHaveProperty('servers_links')
  })

  test('with details shows what showing one shows', async () => {
    const id = await running()
    const { servers } = (await ask('GET /v2.1/servers/detail', { as: 'member', headers: version('2.47') })).body
    expect(servers).toEqual([await show(id, '2.47')])
  })

  test('refuses a marker of another project', async () => {
    const theirs = (await create({}, '2.1', 'other')).body.server.id
    expect((await ask(`GET /v2.1/servers?marker=${theirs}`, { as: 'member' })).status).toBe(400)
  })
})

describe('deleting a server', () => {
  test('leaves one labour, however often it is asked for', async () => {
    const id = await running()
    for (let times = 0; times < 2; times++) expect((await ask(`DELETE /v2.1/servers/${id}`, { as: 'member' })).status).toBe(204)
    expect(at.labours).toEqual([`boot ${id}`, `delete ${id}`])
    expect(await show(id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': 'deleting' })
  })
})

describe('the console of a server', () => {
  const action = (id: string, length?: number | null) =>
    ask(`POST /v2.1/servers/${id}/action`, {
      as: 'member',
      body: { 'os-getConsoleOutput': length === undefined ? {} : { length } },
    })

  test('is shown whole, or its last lines', async () => {
    const id = await running()
    expect((await action(id)).body).toEqual({ output: 'instance-00000001 booting\nlogin: ' })
    expect((await action(id, 1)).body).toEqual({ output: 'login: ' })
    expect((await action(id, -1)).body).toEqual((await action(id, null)).body)
  })

  test('of one without a host is a conflict', async () => {
    const { id } = (await create()).body.server
    expect(await action(id)).toMatchObject({ status: 409, body: { conflictingRequest: { code: 409 } } })
  })
})

describe('a server of another project', () => {
  test.each([
    ['shown', 'GET', '', undefined],
    ['deleted', 'DELETE', '', undefined],
    ['listened to', 'POST', '/action', { 'os-getConsoleOutput': {} }],
  ])('cannot be %s: it is not there', async (_, method, path, body) => {
    const id = await running()
    const { status, body: told } = await ask(`${method} /v2.1/servers/${id}${path}`, { as: 'other', body })
    expect({ status, code: told.itemNotFound?.code }).toEqual({ status: 404, code: 404 })
    expect(at.labours).toEqual([`boot ${id}`])
  })

  test('is not in the list', async () => {
    await running()
    expect((await ask('GET /v2.1/servers/detail', { as: 'other' })).body).toEqual({ servers: [] })
  })
})

test('a server nobody has is not there', async () => {
  expect(await ask('GET /v2.1/servers/none', { as: 'member' })).toMatchObject({
    status: 404,
    body: { itemNotFound: { code: 404, message: 'Instance none could not be found.' } },
  })
})
