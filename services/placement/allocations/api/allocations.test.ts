import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../../kit.ts'

let at: Bench
let ask: Bench['ask']
const [host, disks, server] = [uuidOf(1), uuidOf(2), uuidOf(50)]
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  for (const [uuid, name, inventories] of [
    [host, 'host', { VCPU: { total: 4, max_unit: 3 }, MEMORY_MB: { total: 100, step_size: 10 } }],
    [disks, 'disks', { DISK_GB: { total: 10 } }],
  ] as const) {
    await ask('POST /resource_providers', { body: { name, uuid } })
    await ask(`PUT /resource_providers/${uuid}/inventories`, { body: { resource_provider_generation: 0, inventories } })
  }
})
afterEach(() => at.close())

const owner = { project_id: 'p', user_id: 'u' }
const claim = (resources: object, generation: number | null = null, more: object = {}, uuid = host) => ({
  allocations: { [uuid]: { resources } },
  ...owner,
  consumer_generation: generation,
  consumer_type: 'INSTANCE',
  ...more,
})
const take = (body: object, consumer = server, version = '1.39') => ask(`PUT /allocations/${consumer}`, { body, version })
const usages = async () => (await ask(`GET /resource_providers/${host}/usages`)).body.usages
const detailOf = ({ status, body }: Awaited<ReturnType<Bench['ask']>>) => [status, body.errors[0].detail]
const codeOf = ({ status, body }: Awaited<ReturnType<Bench['ask']>>) => [status, body.errors?.[0]?.code]

describe('a claim', () => {
  test('is read as it was written', async () => {
    expect((await take(claim({ VCPU: 2, MEMORY_MB: 20 }))).status).toBe(204)
    expect((await ask(`GET /allocations/${server}`)).body).toEqual({
      allocations: { [host]: { generation: 2, resources: { VCPU: 2, MEMORY_MB: 20 } } },
      ...owner,
      consumer_generation: 1,
      consumer_type: 'INSTANCE',
    })
    expect((await ask(`GET /resource_providers/${host}/allocations`)).body).toEqual({
      resource_provider_generation: 2,
      allocations: { [server]: { resources: { VCPU: 2, MEMORY_MB: 20 }, consumer_generation: 1 } },
    })
  })

  test('takes the place of the one before', async () => {
    await take(claim({ VCPU: 3 }))
    expect((await take(claim({ VCPU: 2 }, 1))).status).toBe(204)
    expect(await usages()).toEqual({ VCPU: 2, MEMORY_MB: 0 })
    await take(claim({ DISK_GB: 1 }, 2, {}, disks))
    expect(await usages()).toEqual({ VCPU: 0, MEMORY_MB: 0 })
  })

  test.each([
    [{ VCPU: 4 }, 'violate inventory constraints'],
    [{ MEMORY_MB: 15 }, 'violate inventory constraints'],
    [{ MEMORY_MB: 110 }, 'exceed the capacity'],
    [{ DISK_GB: 1 }, 'invalid'],
  ])('of %j is refused, for it would be: %s', async (resources, why) => {
    const [status, detail] = detailOf(await take(claim(resources)))
    expect([status, detail]).toEqual([409, expect.stringMatching(/^Unable to allocate inventory: /)])
    expect(detail).toContain(why)
    expect((await ask(`GET /allocations/${server}`)).body).toEqual({ allocations: {} })
  })

  test('names things that exist', async () => {
    expect((await take(claim({ CUSTOM_NONE: 1 }))).status).toBe(400)
    expect((await take(claim({ VCPU: 1 }, null, {}, uuidOf(9)))).status).toBe(400)
    expect((await take(claim({ VCPU: 1 }), 'x')).status).toBe(400)
  })

  test('says which generation of its consumer it saw', async () => {
    expect(codeOf(await take(claim({ VCPU: 1 }, 5)))).toEqual([409, 'placement.concurrent_update'])
    await take(claim({ VCPU: 1 }))
    expect(detailOf(await take(claim({ VCPU: 1 })))).toEqual([409, 'consumer generation conflict - expected 1 but got None'])
  })

  test('of nothing releases everything', async () => {
    await take(claim({ VCPU: 1 }))
    expect((await take(claim({}, 1, { allocations: {} }))).status).toBe(204)
    expect((await ask(`GET /allocations/${server}`)).body).toEqual({ allocations: {} })
    expect((await take(claim({ VCPU: 1 }))).status).toBe(204)
  })

  test('may be a list before 1.12, and need not say for whom before 1.8', async () => {
    const allocations = [{ resource_provider: { uuid: host }, resources: { VCPU: 1 } }]
    expect((await take({ allocations }, server, '1.7')).status).toBe(204)
    expect((await take({ allocations }, server, '1.8')).status).toBe(400)
    expect((await take({ allocations, ...owner }, server, '1.11')).status).toBe(204)
    expect((await take({ allocations, ...owner }, server, '1.12')).status).toBe(400)
    expect((await ask(`GET /allocations/${server}`)).body).toMatchObject({ ...owner, consumer_type: 'unknown' })
    expect((await ask(`GET /allocations/${server}`, { version: '1.11' })).body).toEqual({
      allocations: { [host]: { generation: 3, resources: { VCPU: 1 } } },
    })
  })

  test('is released at once', async () => {
    await take(claim({ VCPU: 1 }))
    expect((await ask(`DELETE /allocations/${server}`)).status).toBe(204)
    expect((await ask(`DELETE /allocations/${server}`)).status).toBe(404)
    expect(await usages()).toEqual({ VCPU: 0, MEMORY_MB: 0 })
  })
})

describe('several claims', () => {
  const post = (body: object, version = '1.39') => ask('POST /allocations', { body, version })

  test('are met all or none', async () => {
    expect((await post({ [server]: claim({ VCPU: 3 }), [uuidOf(51)]: claim({ VCPU: 2 }) })).status).toBe(409)
    expect(await usages()).toEqual({ VCPU: 0, MEMORY_MB: 0 })
    expect((await post({ [server]: claim({ VCPU: 3 }), [uuidOf(51)]: claim({ VCPU: 1 }) })).status).toBe(204)
    expect(await usages()).toEqual({ VCPU: 4, MEMORY_MB: 0 })
  })

  test('hand over what one consumer had to another', async () => {
    await take(claim({ VCPU: 3 }))
    expect((await post({ [server]: claim({}, 1, { allocations: {} }), [uuidOf(51)]: claim({ VCPU: 3 }) })).status).toBe(204)
    expect((await ask(`GET /allocations/${uuidOf(51)}`)).body.allocations[host].resources).toEqual({ VCPU: 3 })
    expect((await post({}, '1.12')).status).toBe(404)
    expect((await post({})).status).toBe(400)
  })
})

test('reshaping moves what is had and what is taken of it in one step', async () => {
  await take(claim({ VCPU: 2, MEMORY_MB: 20 }))
  const child = uuidOf(3)
  await ask('POST /resource_providers', { body: { name: 'numa', uuid: child, parent_provider_uuid: host } })
  const inventories = {
    [host]: { resource_provider_generation: 2, inventories: { MEMORY_MB: { total: 100, step_size: 10 } } },
    [child]: { resource_provider_generation: 0, inventories: { VCPU: { total: 4 } } },
  }
  const moved = claim({}, 1, { allocations: { [host]: { resources: { MEMORY_MB: 20 } }, [child]: { resources: { VCPU: 2 } } } })
  expect(codeOf(await ask('POST /reshaper', { body: { inventories, allocations: {} } }))).toEqual([409, 'placement.inventory.inuse'])
  expect((await ask('POST /reshaper', { body: { inventories, allocations: { [server]: moved } } })).status).toBe(204)
  expect(await usages()).toEqual({ MEMORY_MB: 20 })
  expect((await ask(`GET /resource_providers/${child}/usages`)).body.usages).toEqual({ VCPU: 2 })
  expect(codeOf(await ask('POST /reshaper', { body: { inventories, allocations: {} } }))).toEqual([409, 'placement.concurrent_update'])
  const nobody = { [uuidOf(9)]: { resource_provider_generation: 0, inventories: {} } }
  expect(codeOf(await ask('POST /reshaper', { body: { inventories: nobody, allocations: {} } }))).toEqual([
    400,
    'placement.resource_provider.not_found',
  ])
})

describe('the usages of a project', () => {
  beforeEach(async () => {
    await take(claim({ VCPU: 1 }))
    await take(claim({ VCPU: 2 }, null, { user_id: 'v', consumer_type: 'MIGRATION' }), uuidOf(51))
    await take({ allocations: { [disks]: { resources: { DISK_GB: 5 } } }, ...owner }, uuidOf(52), '1.12')
  })
  const total = async (query: string, version = '1.39') => (await ask(`GET /usages?project_id=p${query}`, { version })).body.usages

  test('are apart for each type of consumer', async () => {
    expect(await total('')).toEqual({
      INSTANCE: { VCPU: 1, consumer_count: 1 },
      MIGRATION: { VCPU: 2, consumer_count: 1 },
      unknown: { DISK_GB: 5, consumer_count: 1 },
    })
    expect(await total('&consumer_type=all')).toEqual({ all: { VCPU: 3, DISK_GB: 5, consumer_count: 3 } })
    expect(await total('&consumer_type=MIGRATION&user_id=v')).toEqual({ MIGRATION: { VCPU: 2, consumer_count: 1 } })
  })

  test('are one sum before 1.38', async () => {
    expect(await total('', '1.37')).toEqual({ VCPU: 3, DISK_GB: 5 })
    expect(await total('&user_id=u', '1.9')).toEqual({ VCPU: 1, DISK_GB: 5 })
  })

  test('are shown to its readers, not to those of others', async () => {
    expect((await ask('GET /usages?project_id=p-demo', { as: 'reader' })).status).toBe(200)
    expect((await ask('GET /usages?project_id=p', { as: 'reader' })).status).toBe(403)
  })
})
