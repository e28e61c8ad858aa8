import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noteTheLiving } from '../hypervisors/reconcilers/heartbeats.ts'
import { aServer, type Bench, bench, cause } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
  const rooms = { hypervisors: at.hosts, seen: at.logics.services.seen, hosts: ['host1'], host: 'here', log: silentLog }
  await noteTheLiving(rooms, cause)
  await at.insert(aServer(1, { host: 'host1' }), aServer(2, { host: 'host1', projectId: 'p-other' }))
})
afterEach(() => at.close())

const get = (path: string, as = 'admin', number = '2.1') =>
  at.ask(`GET /v2.1/os-hosts${path}`, { as, headers: { 'openstack-api-version': `compute ${number}` } })

test('hosts are listed by the processes on them, until 2.42', async () => {
  expect((await get('')).body.hosts).toContainEqual({ host_name: 'host1', service: 'compute', zone: 'nova' })
  expect((await get('?zone=internal')).body.hosts).toContainEqual({ host_name: 'here', service: 'conductor', zone: 'internal' })
  expect((await get('', 'admin', '2.43')).status).toBe(404)
  expect((await get('', 'member')).status).toBe(403)
})

test('processes stand in the zone of their host’s group', async () => {
  const { id } = await at.logics.aggregates.create('fast', 'zone-1', cause)
  await at.logics.aggregates.addHost(String(id), 'host1', cause)
  const { services } = (await at.ask('GET /v2.1/os-services', { as: 'admin' })).body
  const zones = Object.fromEntries(services.map(({ binary, zone }: { binary: string; zone: string }) => [binary, zone]))
  expect(zones).toEqual({ 'nova-compute': 'zone-1', 'nova-conductor': 'internal', 'nova-scheduler': 'internal' })
  expect((await get('?zone=zone-1')).body.hosts).toEqual([{ host_name: 'host1', service: 'compute', zone: 'zone-1' }])
})

test('a host shows what it has, and who uses how much of it', async () => {
  const { host } = (await get('/host1')).body
  const seen = Object.fromEntries(host.map(({ resource }: { resource: { project: string } }) => [resource.project, resource]))
  expect(seen['(total)']).toEqual({ host: 'host1', project: '(total)', cpu: 4, memory_mb: 8192, disk_gb: 100 })
  expect(seen['(used_now)']).toMatchObject({ cpu: 2, memory_mb: 1024, disk_gb: 2 })
  expect(seen['p-other']).toMatchObject({ cpu: 1, memory_mb: 512, disk_gb: 1 })
  expect((await get('/elsewhere')).status).toBe(404)
})

test('no driver switches machines', async () => {
  for (const word of ['reboot', 'shutdown', 'startup']) {
    expect((await get(`/host1/${word}`)).status).toBe(501)
    expect((await get(`/elsewhere/${word}`)).status).toBe(404)
  }
  expect((await at.ask('PUT /v2.1/os-hosts/host1', { as: 'admin', body: { status: 'enable' } })).status).toBe(501)
})
