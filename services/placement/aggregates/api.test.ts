import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
const url = `/resource_providers/${uuidOf(1)}/aggregates`
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  await ask('POST /resource_providers', { body: { name: 'host', uuid: uuidOf(1) } })
})
afterEach(() => at.close())

test('a provider’s aggregates are set under its generation', async () => {
  const body = { aggregates: [uuidOf(7)], resource_provider_generation: 0 }
  expect((await ask(`PUT ${url}`, { body })).body).toEqual({ aggregates: [uuidOf(7)], resource_provider_generation: 1 })
  const again = await ask(`PUT ${url}`, { body })
  expect([again.status, again.body.errors[0].code]).toEqual([409, 'placement.concurrent_update'])
  expect((await ask(`GET ${url}`)).body.aggregates).toEqual([uuidOf(7)])
})

test('before 1.19 they are a bare list, and nobody’s generation is asked', async () => {
  expect((await ask(`PUT ${url}`, { body: [uuidOf(7), uuidOf(8)], version: '1.18' })).body).toEqual({ aggregates: [uuidOf(7), uuidOf(8)] })
  expect((await ask(`GET /resource_providers/${uuidOf(1)}`)).body.generation).toBe(0)
  expect((await ask(`GET /resource_providers?member_of=${uuidOf(8)}`)).body.resource_providers).toHaveLength(1)
  expect((await ask(`PUT ${url}`, { body: ['x'], version: '1.18' })).status).toBe(400)
  expect((await ask(`GET ${url}`, { version: '1.0' })).status).toBe(404)
})
