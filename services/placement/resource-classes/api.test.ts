import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const names = async () => (await ask('GET /resource_classes')).body.resource_classes.map((one: { name: string }) => one.name)

test('the standard classes are there, and stay', async () => {
  expect((await names()).slice(0, 3)).toEqual(['VCPU', 'MEMORY_MB', 'DISK_GB'])
  expect((await ask('DELETE /resource_classes/VCPU')).status).toBe(400)
  expect((await ask('GET /resource_classes/VCPU')).body).toEqual({
    name: 'VCPU',
    links: [{ rel: 'self', href: '/resource_classes/VCPU' }],
  })
  expect((await ask('GET /resource_classes', { version: '1.1' })).status).toBe(404)
})

test('one’s own are made once, and go when nobody has any', async () => {
  const made = await ask('POST /resource_classes', { body: { name: 'CUSTOM_A' } })
  expect([made.status, made.headers['location']]).toEqual([201, 'http://cloud:5000/resource_classes/CUSTOM_A'])
  expect((await ask('POST /resource_classes', { body: { name: 'CUSTOM_A' } })).status).toBe(409)
  expect((await ask('POST /resource_classes', { body: { name: 'GOLD' } })).status).toBe(400)
  expect((await ask('PUT /resource_classes/CUSTOM_B')).status).toBe(201)
  expect((await ask('PUT /resource_classes/CUSTOM_B')).status).toBe(204)
  expect((await ask('PUT /resource_classes/GOLD')).status).toBe(400)
  await ask('POST /resource_providers', { body: { name: 'host', uuid: uuidOf(1) } })
  await ask(`POST /resource_providers/${uuidOf(1)}/inventories`, { body: { resource_class: 'CUSTOM_B', total: 1 } })
  expect((await ask('DELETE /resource_classes/CUSTOM_B')).status).toBe(409)
  expect((await ask('DELETE /resource_classes/CUSTOM_A')).status).toBe(204)
  expect((await names()).slice(-1)).toEqual(['CUSTOM_B'])
})

test('before 1.7 a class is renamed, with what is had and taken of it', async () => {
  await ask('PUT /resource_classes/CUSTOM_OLD')
  await ask('POST /resource_providers', { body: { name: 'host', uuid: uuidOf(1) } })
  await ask(`POST /resource_providers/${uuidOf(1)}/inventories`, { body: { resource_class: 'CUSTOM_OLD', total: 2 } })
  const allocations = { [uuidOf(1)]: { resources: { CUSTOM_OLD: 1 } } }
  await ask(`PUT /allocations/${uuidOf(9)}`, { body: { allocations, project_id: 'p', user_id: 'u' }, version: '1.12' })
  const renamed = await ask('PUT /resource_classes/CUSTOM_OLD', { body: { name: 'CUSTOM_NEW' }, version: '1.6' })
  expect([renamed.status, renamed.body.name]).toEqual([200, 'CUSTOM_NEW'])
  expect((await ask(`GET /resource_providers/${uuidOf(1)}/usages`)).body.usages).toEqual({ CUSTOM_NEW: 1 })
  expect((await ask(`GET /allocations/${uuidOf(9)}`)).body.allocations[uuidOf(1)].resources).toEqual({ CUSTOM_NEW: 1 })
  expect((await ask('GET /resource_providers?resources=CUSTOM_NEW:1')).body.resource_providers).toHaveLength(1)
  expect((await ask('PUT /resource_classes/VCPU', { body: { name: 'CUSTOM_X' }, version: '1.6' })).status).toBe(400)
})
