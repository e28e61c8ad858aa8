import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { aServer, type Bench, bench, theImage } from '../../kit.ts'
import type { Server } from '../server.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

const headers = (number: string) => ({ 'openstack-api-version': `compute ${number}` })
const put = async (n: number, more: Partial<Server> = {}) => {
  const server = aServer(n, {
    ...{ vmState: 'active', taskState: null, powerState: 'running', host: 'host1', node: 'host1', launchedAt: '2026-01-01T00:01:00.000Z' },
    ...more,
  })
  await at.insert(server)
  return server.id
}
const act = (id: string, body: object, { number = '2.96', as = 'member' } = {}) =>
  at.ask(`POST /v2.1/servers/${id}/action`, { as, body, headers: headers(number) })
const show = async (id: string, as = 'member') => (await at.ask(`GET /v2.1/servers/${id}`, { as, headers: headers('2.96') })).body.server
const actionsOf = async (id: string, as = 'member', number = '2.96') =>
  (await at.ask(`GET /v2.1/servers/${id}/os-instance-actions`, { as, headers: headers(number) })).body.instanceActions

// biome-ignore format: a table
test.each([
  [{ 'os-stop': null },                   {},                          202, 'stop',           'powering-off'],
  [{ 'os-start': null },                  { vmState: 'stopped' },      202, 'start',          'powering-on'],
  [{ reboot: { type: 'SOFT' } },          {},                          202, 'soft-reboot',    'rebooting'],
  [{ reboot: { type: 'HARD' } },          { vmState: 'error' },        202, 'hard-reboot',    'rebooting_hard'],
  [{ pause: null },                       {},                          202, 'pause',          'pausing'],
  [{ unpause: null },                     { vmState: 'paused' },       202, 'unpause',        'unpausing'],
  [{ suspend: null },                     {},                          202, 'suspend',        'suspending'],
  [{ resume: null },                      { vmState: 'suspended' },    202, 'resume',         'resuming'],
  [{ rescue: null },                      {},                          200, 'rescue',         'rescuing'],
  [{ unrescue: null },                    { vmState: 'rescued' },      202, 'unrescue',       'unrescuing'],
  [{ rebuild: { imageRef: theImage.id } }, {},                         202, 'rebuild',        'rebuilding'],
  [{ resize: { flavorRef: '0' } },        {},                          202, 'resize',         'resize_prep'],
  [{ unshelve: null },                    { vmState: 'shelved' },      202, 'unshelve',       'unshelving'],
  [{ changePassword: { adminPass: 'x' } }, {},                         202, 'change-password', 'updating_password'],
  [{ forceDelete: null },                 { vmState: 'error' },        202, 'delete',         'deleting'],
] as const)('%o is accepted, leaves a labour and says what is being done', async (body, more, status, labour, taskState) => {
  const id = await put(1, more)
  expect(await act(id, body)).toMatchObject({ status })
  expect(at.labours).toEqual([`${labour} ${id}`])
  expect(await show(id)).toMatchObject({ 'OS-EXT-STS:task_state': taskState })
  expect(await actionsOf(id)).toMatchObject([{ instance_uuid: id, message: null }])
})

describe('an action is refused', () => {
  test.each([
    [{ 'os-start': null }, {}, "Cannot 'start' instance ID while it is in vm_state active"],
    [{ pause: null }, { taskState: 'powering-off' }, "Cannot 'pause' instance ID while it is in task_state powering-off"],
    [{ confirmResize: null }, {}, "Cannot 'confirmResize' instance ID while it is in vm_state active"],
    [{ 'os-stop': null }, { lockedBy: 'owner' }, 'Instance ID is locked'],
  ] as const)('when the state of the server forbids %o', async (body, more, says) => {
    const id = await put(1, more)
    const { status, body: told } = await act(id, body)
    expect({ status, message: told.conflictingRequest.message }).toEqual({ status: 409, message: says.replace('ID', id) })
    expect(at.labours).toEqual([])
  })

  test('to those of another project, as if there were no server, and to readers', async () => {
    const id = await put(1)
    expect((await act(id, { 'os-stop': null }, { as: 'other' })).status).toBe(404)
    expect((await act(id, { 'os-stop': null }, { as: 'reader' })).status).toBe(403)
    expect((await act(id, { 'os-resetState': { state: 'error' } })).status).toBe(403)
  })

  test('where there is no other host to move to', async () => {
    const id = await put(1)
    for (const body of [{ migrate: null }, { 'os-migrateLive': { host: null, block_migration: 'auto' } }, { evacuate: {} }])
      expect(await act(id, body, { as: 'admin' })).toMatchObject({
        status: 400,
        body: { badRequest: { message: 'No valid host was found. There are not enough hosts available.' } },
      })
  })
})

test('a lock holds everybody but administrators, and says why from 2.73 on', async () => {
  const id = await put(1)
  expect((await act(id, { lock: { locked_reason: 'mine' } }, { number: '2.73' })).status).toBe(202)
  expect(await show(id)).toMatchObject({ locked: true, locked_reason: 'mine' })
  expect((await act(id, { 'os-stop': null })).status).toBe(409)
  expect((await act(id, { 'os-stop': null }, { as: 'admin' })).status).toBe(202)
  expect((await act(id, { unlock: null })).status).toBe(202)
  expect(await show(id)).toMatchObject({ locked: false, locked_reason: null })
})

test('a server locked by an administrator of elsewhere is not unlocked by its owner', async () => {
  const id = await put(1, { lockedBy: 'admin' })
  expect((await act(id, { unlock: null })).status).toBe(403)
})

test('an operator says what state a server is in, and nothing is done to it', async () => {
  const id = await put(1, { vmState: 'error', taskState: 'resize_prep' })
  expect((await act(id, { 'os-resetState': { state: 'active' } }, { as: 'admin' })).status).toBe(202)
  expect(await show(id)).toMatchObject({ status: 'ACTIVE', 'OS-EXT-STS:task_state': null })
  expect(at.labours).toEqual([])
})

test('a resize goes to another flavor, and a revert needs one that was made', async () => {
  const id = await put(1)
  expect((await act(id, { resize: { flavorRef: '1' } })).body.badRequest.message).toBe('When resizing, instances must change flavor!')
  expect((await act(id, { resize: { flavorRef: 'none' } })).body.badRequest.message).toBe('Flavor none could not be found.')
  const resized = await put(2, { vmState: 'resized' })
  expect((await act(resized, { revertResize: null })).body.badRequest.message).toBe('Instance has not been resized.')
})

test('a rebuild answers the server with its new password, and more of it by version', async () => {
  const id = await put(1)
  const { body } = await act(id, { rebuild: { imageRef: theImage.id, name: 'anew', metadata: { k: 'v' } } }, { number: '2.57' })
  expect(body.server).toMatchObject({ id, name: 'anew', status: 'REBUILD', metadata: { k: 'v' }, user_data: null, key_name: null })
  expect(body.server.adminPass).toMatch(/^\w{12}$/)
  expect(body.server).not.toHaveProperty('OS-EXT-STS:vm_state')
  const other = await put(2)
  expect((await act(other, { rebuild: { imageRef: theImage.id } }, { number: '2.75' })).body.server).toMatchObject({
    'OS-EXT-STS:vm_state': 'active',
    'OS-EXT-STS:task_state': 'rebuilding',
  })
})

test('what was asked of a server is shown with who asked, also when it is deleted, and with hosts to operators', async () => {
  const id = await put(1)
  await act(id, { 'os-stop': null })
  const [{ request_id }] = await actionsOf(id)
  const one = async (as: string, number: string) =>
    (await at.ask(`GET /v2.1/servers/${id}/os-instance-actions/${request_id}`, { as, headers: headers(number) })).body.instanceAction
  expect(await one('member', '2.50')).not.toHaveProperty('events')
  expect(await one('member', '2.51')).toMatchObject({
    action: 'stop',
    user_id: 'u-m',
    events: [{ event: 'compute_stop_instance', result: null }],
  })
  expect((await one('member', '2.84')).events[0]).not.toHaveProperty('host')
  expect((await one('admin', '2.84')).events[0]).toMatchObject({ host: null, details: null, traceback: null })
  await at.put(aServer(1, { isDeleted: true, vmState: 'deleted' }))
  expect(await actionsOf(id, 'member', '2.21')).toHaveLength(1)
  expect(await actionsOf(id, 'member', '2.20')).toBeUndefined()
  expect((await at.ask(`GET /v2.1/servers/${id}/os-instance-actions`, { as: 'other', headers: headers('2.96') })).status).toBe(404)
})

test('an IPv6 address of a server is shown in its short form', async () => {
  const id = await put(1)
  const body = { server: { accessIPv6: '0000:0000:0000:0000:0000:babe:220.12.22.2' } }
  expect((await at.ask(`PUT /v2.1/servers/${id}`, { as: 'member', body })).body.server.accessIPv6).toBe('::babe:dc0c:1602')
})

test('several servers are made at once, each with a name of its own', async () => {
  const wish = { name: 'many', imageRef: theImage.id, flavorRef: '1', networks: 'none', max_count: 3, return_reservation_id: true }
  const made = await at.ask('POST /v2.1/servers', { as: 'member', body: { server: wish }, headers: headers('2.96') })
  expect(made).toMatchObject({ status: 202, body: { reservation_id: expect.stringMatching(/^r-[0-9a-f]{8}$/) } })
  const { servers } = (await at.ask('GET /v2.1/servers', { as: 'member' })).body
  expect(servers.map(({ name }: { name: string }) => name).toSorted()).toEqual(['many-1', 'many-2', 'many-3'])
  expect(at.labours).toHaveLength(3)
})

test('addresses and measures of a server are shown in the words of each version', async () => {
  const nic = { portId: 'p', networkId: 'n', label: 'net', macAddress: 'fa:16:3e:00:00:01' }
  const id = await put(1, { nics: [{ ...nic, addresses: [{ address: '10.0.0.5', version: 4, type: 'fixed' }] }] })
  at.hosts.guests.set(id, { host: 'host1', state: { uuid: id, name: 'instance-00000001', power: 'running' } })
  const get = async (path: string, number = '2.96', as = 'member') =>
    (await at.ask(`GET /v2.1/servers/${id}/${path}`, { as, headers: headers(number) })).body
  expect(await get('ips')).toEqual({ addresses: { net: [{ version: 4, addr: '10.0.0.5' }] } })
  expect(await get('ips/net')).toEqual({ net: [{ version: 4, addr: '10.0.0.5' }] })
  expect((await get('ips/none')).itemNotFound.message).toBe('Instance is not a member of specified network')
  expect(await get('diagnostics', '2.47', 'admin')).toMatchObject({ cpu0_time: 17_300_000_000, vda_read: 262_144, memory: 524_288 })
  expect(await get('diagnostics', '2.48', 'admin')).toMatchObject({
    state: 'running',
    num_cpus: 1,
    memory_details: { maximum: 512, used: 128 },
  })
  expect(await get('topology')).toEqual({ nodes: [], pagesize_kb: null })
})
