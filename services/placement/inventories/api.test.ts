import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
const url = `/resource_providers/${uuidOf(1)}/inventories`
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  await ask('POST /resource_providers', { body: { name: 'host', uuid: uuidOf(1) } })
})
afterEach(() => at.close())

const set = (generation: number, inventories: object, version = '1.39') =>
  ask(`PUT ${url}`, { body: { resource_provider_generation: generation, inventories }, version })
const take = (amount: number) =>
  ask(`PUT /allocations/${uuidOf(50)}`, {
    body: {
      allocations: { [uuidOf(1)]: { resources: { VCPU: amount } } },
      project_id: 'p',
      user_id: 'u',
      consumer_generation: null,
      consumer_type: 'INSTANCE',
    },
  })
const codeOf = ({ status, body }: Awaited<ReturnType<Bench['ask']>>) => [status, body.errors?.[0]?.code]

describe('what a provider has', () => {
  test('is set as a whole under its generation, with what was left out as usual', async () => {
    const { status, body } = await set(0, { VCPU: { total: 4 } })
    expect(status).toBe(200)
    expect(body).toEqual({
      resource_provider_generation: 1,
      inventories: { VCPU: { total: 4, reserved: 0, min_unit: 1, max_unit: 2147483647, step_size: 1, allocation_ratio: 1 } },
    })
    expect(codeOf(await set(0, {}))).toEqual([409, 'placement.concurrent_update'])
    expect((await set(1, {})).body.inventories).toEqual({})
  })

  test('is written class by class', async () => {
    const made = await ask(`POST ${url}`, { body: { resource_class: 'DISK_GB', total: 10, reserved: 1 } })
    expect([made.status, made.headers['location'], made.body.resource_provider_generation]).toEqual([
      201,
      `http://cloud:5000${url}/DISK_GB`,
      1,
    ])
    expect(codeOf(await ask(`POST ${url}`, { body: { resource_class: 'DISK_GB', total: 10 } }))).toEqual([
      409,
      'placement.concurrent_update',
    ])
    const changed = await ask(`PUT ${url}/DISK_GB`, { body: { total: 20, resource_provider_generation: 1 } })
    expect([changed.body.total, changed.body.reserved, changed.body.resource_provider_generation]).toEqual([20, 0, 2])
    expect((await ask(`GET ${url}/DISK_GB`)).body.total).toBe(20)
    expect((await ask(`DELETE ${url}/DISK_GB`)).status).toBe(204)
    expect((await ask(`GET ${url}/DISK_GB`)).status).toBe(404)
    expect((await ask(`DELETE ${url}/DISK_GB`)).status).toBe(404)
  })

  test('stays while somebody has of it', async () => {
    await set(0, { VCPU: { total: 4 } })
    expect((await take(2)).status).toBe(204)
    expect(codeOf(await set(2, {}))).toEqual([409, 'placement.inventory.inuse'])
    expect(codeOf(await ask(`DELETE ${url}`))).toEqual([409, 'placement.inventory.inuse'])
    expect(codeOf(await ask(`DELETE ${url}/VCPU`))).toEqual([409, 'placement.concurrent_update'])
    expect(codeOf(await ask(`DELETE /resource_providers/${uuidOf(1)}`))).toEqual([409, 'placement.resource_provider.inuse'])
  })

  test('may shrink below what is taken, and then gives no more', async () => {
    await set(0, { VCPU: { total: 4 } })
    await take(3)
    expect((await set(2, { VCPU: { total: 2 } })).status).toBe(200)
    expect((await ask(`GET /resource_providers/${uuidOf(1)}/usages`)).body).toEqual({
      resource_provider_generation: 3,
      usages: { VCPU: 3 },
    })
  })

  test('is reserved whole only since 1.26', async () => {
    expect((await set(0, { VCPU: { total: 4, reserved: 4 } }, '1.25')).status).toBe(400)
    expect((await set(0, { VCPU: { total: 4, reserved: 5 } })).status).toBe(400)
    expect((await set(0, { VCPU: { total: 4, reserved: 4 } })).status).toBe(200)
  })

  test('is deleted at once only since 1.5', async () => {
    expect((await ask(`DELETE ${url}`, { version: '1.4' })).status).toBe(405)
    expect((await ask(`DELETE ${url}`, { version: '1.5' })).status).toBe(204)
  })

  test.each([[{ total: 0 }], [{ total: 1, step_size: 0 }], [{ total: 1, colour: 'green' }], [{}]])('is never %j', async wrong => {
    expect((await set(0, { VCPU: wrong })).status).toBe(400)
  })

  test('is of a class that exists', async () => {
    expect((await set(0, { CUSTOM_GOLD: { total: 1 } })).status).toBe(400)
    await ask('PUT /resource_classes/CUSTOM_GOLD')
    expect((await set(0, { CUSTOM_GOLD: { total: 1 } })).status).toBe(200)
  })
})
