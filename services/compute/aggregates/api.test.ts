import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, cause } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  const facts = await at.hosts.facts('host1', cause)
  const signs = ['host1', 'host2'].map(host => ({ host, binary: 'nova-compute', facts }))
  await at.logics.services.seen(signs, cause)
})
afterEach(() => at.close())

const create = (aggregate: object, as = 'admin') => ask('POST /v2.1/os-aggregates', { as, body: { aggregate } })
const act = (id: number, body: object) => ask(`POST /v2.1/os-aggregates/${id}/action`, { as: 'admin', body })

test('hosts are grouped, said something of, and ungrouped', async () => {
  const { status, body } = await create({ name: 'fast', availability_zone: 'east' })
  expect([status, body.aggregate]).toMatchObject([
    200,
    { id: 1, name: 'fast', availability_zone: 'east', deleted: false, updated_at: null },
  ])
  expect(body.aggregate).not.toHaveProperty('hosts')
  expect((await create({ name: 'fast' })).status).toBe(409)
  expect((await act(1, { add_host: { host: 'host1' } })).body.aggregate).toMatchObject({ hosts: ['host1'] })
  expect((await act(1, { add_host: { host: 'host1' } })).status).toBe(409)
  expect((await act(1, { add_host: { host: 'none' } })).status).toBe(404)
  const told = await act(1, { set_metadata: { metadata: { ssd: 'true', availability_zone: null } } })
  expect(told.body.aggregate).toMatchObject({ metadata: { ssd: 'true' }, availability_zone: null })
  expect((await ask('DELETE /v2.1/os-aggregates/1', { as: 'admin' })).status).toBe(400)
  expect((await act(1, { remove_host: { host: 'host1' } })).body.aggregate.hosts).toEqual([])
  expect((await ask('DELETE /v2.1/os-aggregates/1', { as: 'admin' })).status).toBe(200)
  expect((await ask('GET /v2.1/os-aggregates/1', { as: 'admin' })).status).toBe(404)
})

test('a host is in one zone at most', async () => {
  await create({ name: 'a', availability_zone: 'east' })
  await create({ name: 'b', availability_zone: 'west' })
  await act(1, { add_host: { host: 'host1' } })
  expect((await act(2, { add_host: { host: 'host1' } })).status).toBe(409)
  expect((await ask('PUT /v2.1/os-aggregates/2', { as: 'admin', body: { aggregate: { availability_zone: 'east' } } })).status).toBe(200)
  expect((await act(2, { add_host: { host: 'host1' } })).status).toBe(200)
  expect((await ask('PUT /v2.1/os-aggregates/2', { as: 'admin', body: { aggregate: { availability_zone: 'west' } } })).status).toBe(409)
})

test('everybody sees the zones, operators their hosts too', async () => {
  await create({ name: 'a', availability_zone: 'east' })
  await act(1, { add_host: { host: 'host1' } })
  expect((await ask('GET /v2.1/os-availability-zone', { as: 'member' })).body.availabilityZoneInfo).toEqual([
    { zoneName: 'east', zoneState: { available: true }, hosts: null },
    { zoneName: 'nova', zoneState: { available: true }, hosts: null },
  ])
  const [east] = (await ask('GET /v2.1/os-availability-zone/detail', { as: 'admin' })).body.availabilityZoneInfo
  expect(east.hosts).toMatchObject({ host1: { 'nova-compute': { active: true, available: true } } })
  expect((await ask('GET /v2.1/os-availability-zone/detail', { as: 'member' })).status).toBe(403)
  expect((await ask('GET /v2.1/os-aggregates', { as: 'member' })).status).toBe(403)
})
