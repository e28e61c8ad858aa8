import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench, cause } from '../kit.ts'
import { noteTheLiving } from './reconcilers/heartbeats.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  const rooms = { hypervisors: at.hosts, seen: at.logics.services.seen, hosts: ['absent', 'host1'], host: 'here', log: silentLog }
  await noteTheLiving(rooms, cause)
  await noteTheLiving(rooms, cause)
})
afterEach(() => at.close())

const get = async (path: string, number = '2.1', as = 'admin') =>
  ask(`GET /v2.1/os-hypervisors${path}`, { as, headers: { 'openstack-api-version': `compute ${number}` } })

test('hosts that answered are listed, by number until 2.53 and by UUID from then on', async () => {
  expect((await get('')).body).toEqual({ hypervisors: [{ id: 3, hypervisor_hostname: 'host1', state: 'up', status: 'enabled' }] })
  const [{ id }] = (await get('', '2.53')).body.hypervisors
  expect(id).toMatch(/^[0-9a-f-]{36}$/)
  expect((await get(`/${id}`, '2.53')).body.hypervisor).toMatchObject({ id, service: { id, host: 'host1' }, vcpus: 4 })
  expect((await get('/99')).status).toBe(404)
})

test('what servers were promised is counted until 2.88', async () => {
  await at.db.transaction(cause, async tx => {
    const { serverStore } = await import('../servers/store.ts')
    await serverStore(at.db).insert(tx, aServer(1, { host: 'host1', vmState: 'active' }))
  })
  const [shown] = (await get('/detail', '2.87')).body.hypervisors
  expect(shown).toMatchObject({ vcpus_used: 1, memory_mb: 8192, memory_mb_used: 512, free_ram_mb: 7680, running_vms: 1 })
  expect((await get('/statistics')).body.hypervisor_statistics).toMatchObject({ count: 1, memory_mb_used: 512, running_vms: 1 })
  const [later] = (await get('/detail?with_servers=true', '2.88')).body.hypervisors
  expect(later).toMatchObject({ uptime: '10:00:00 up 3 days on host1', servers: [{ uuid: aServer(1).id, name: 'instance-00000001' }] })
  expect(later).not.toHaveProperty('vcpus')
  expect((await get('/statistics', '2.88')).status).toBe(404)
})

test('hosts are found by a part of their name', async () => {
  expect((await get('/ost/search')).body.hypervisors).toHaveLength(1)
  expect((await get('/elsewhere/search')).status).toBe(404)
  expect((await get('?hypervisor_hostname_pattern=ost', '2.53')).body.hypervisors).toHaveLength(1)
})

test('how long a host has been up is asked of it until 2.87', async () => {
  expect((await get('/3/uptime')).body).toEqual({
    hypervisor: { id: 3, hypervisor_hostname: 'host1', state: 'up', status: 'enabled', uptime: '10:00:00 up 3 days on host1' },
  })
  expect((await get('/3/uptime', '2.88')).status).toBe(404)
  expect((await get('/not-a-number/uptime')).status).toBe(404)
  expect((await get('/not-a-uuid', '2.53')).status).toBe(400)
})

test('the servers of a host are shown with it, and an empty list since 2.75', async () => {
  const shown = async (number: string) => (await get('?with_servers=true', number)).body.hypervisors[0].servers
  expect([await shown('2.53'), await shown('2.75')]).toEqual([undefined, []])
  await at.insert(aServer(1, { host: 'host1' }))
  expect(await shown('2.53')).toEqual([{ uuid: aServer(1).id, name: 'instance-00000001' }])
  expect((await get('/ost1/servers')).body.hypervisors[0].servers).toHaveLength(1)
})

test('hosts are for operators', async () => {
  for (const path of ['', '/detail', '/statistics', '/1']) expect((await get(path, '2.1', 'member')).status).toBe(403)
})

test('the processes of compute are listed, and a host is taken out and back', async () => {
  const services = async (number: string) =>
    (await ask('GET /v2.1/os-services', { as: 'admin', headers: { 'openstack-api-version': `compute ${number}` } })).body.services
  expect((await services('2.1')).map((one: { binary: string; host: string; zone: string }) => [one.binary, one.host, one.zone])).toEqual([
    ['nova-conductor', 'here', 'internal'],
    ['nova-scheduler', 'here', 'internal'],
    ['nova-compute', 'host1', 'nova'],
  ])
  const named = { host: 'host1', binary: 'nova-compute' }
  const off = await ask('PUT /v2.1/os-services/disable-log-reason', { as: 'admin', body: { ...named, disabled_reason: 'disk' } })
  expect(off.body).toEqual({ service: { ...named, status: 'disabled', disabled_reason: 'disk' } })
  const [, , compute] = await services('2.53')
  expect(compute).toMatchObject({ status: 'disabled', disabled_reason: 'disk', state: 'up', forced_down: false })
  const headers = { 'openstack-api-version': 'compute 2.53' }
  const on = await ask(`PUT /v2.1/os-services/${compute.id}`, { as: 'admin', headers, body: { status: 'enabled', forced_down: true } })
  expect(on.body.service).toMatchObject({ status: 'enabled', disabled_reason: null, state: 'down', forced_down: true })
  expect((await ask('PUT /v2.1/os-services/enable', { as: 'admin', body: { ...named, host: 'none' } })).status).toBe(404)
  expect((await ask('GET /v2.1/os-services', { as: 'member' })).status).toBe(403)
})
