import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, uuidOf } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
const ofHost = `/resource_providers/${uuidOf(1)}/traits`
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  await ask('POST /resource_providers', { body: { name: 'host', uuid: uuidOf(1) } })
})
afterEach(() => at.close())

const set = (resource_provider_generation: number, traits: readonly string[]) =>
  ask(`PUT ${ofHost}`, { body: { resource_provider_generation, traits } })
const traits = async (query: string) => (await ask(`GET /traits?${query}`)).body.traits

test('traits of one’s own are made once, and go when nobody has them', async () => {
  expect((await ask('PUT /traits/CUSTOM_GOLD')).status).toBe(201)
  expect((await ask('PUT /traits/CUSTOM_GOLD')).status).toBe(204)
  expect((await ask('PUT /traits/GOLD')).status).toBe(400)
  expect((await ask('GET /traits/CUSTOM_GOLD')).status).toBe(204)
  await set(0, ['CUSTOM_GOLD'])
  expect((await ask('DELETE /traits/CUSTOM_GOLD')).status).toBe(409)
  expect((await ask(`DELETE ${ofHost}`)).status).toBe(204)
  expect((await ask('DELETE /traits/CUSTOM_GOLD')).status).toBe(204)
  expect((await ask('GET /traits/CUSTOM_GOLD')).status).toBe(404)
  expect((await ask('DELETE /traits/HW_CPU_X86_VMX')).status).toBe(400)
  expect((await ask('GET /traits', { version: '1.5' })).status).toBe(404)
})

test('traits are listed by name, by how they begin and by whether anybody has them', async () => {
  await ask('PUT /traits/CUSTOM_GOLD')
  await set(0, ['CUSTOM_GOLD'])
  expect(await traits('name=startswith:CUSTOM')).toEqual(['CUSTOM_GOLD'])
  expect(await traits('name=in:HW_CPU_X86_VMX,NO_SUCH')).toEqual(['HW_CPU_X86_VMX'])
  expect(await traits('associated=true')).toEqual(['CUSTOM_GOLD'])
  expect(await traits('associated=False')).not.toContain('CUSTOM_GOLD')
  for (const wrong of ['name=x', 'associated=perhaps', 'colour=green']) expect((await ask(`GET /traits?${wrong}`)).status).toBe(400)
})

test('a provider’s traits are set under its generation, which rises only when they change', async () => {
  expect((await set(0, ['HW_CPU_X86_VMX'])).body).toEqual({ traits: ['HW_CPU_X86_VMX'], resource_provider_generation: 1 })
  expect((await set(1, ['HW_CPU_X86_VMX'])).body.resource_provider_generation).toBe(1)
  const { status, body } = await set(0, [])
  expect([status, body.errors[0].code]).toEqual([409, 'placement.concurrent_update'])
  expect((await set(1, ['NO_SUCH'])).status).toBe(400)
  expect((await ask(`GET ${ofHost}`)).body).toEqual({ traits: ['HW_CPU_X86_VMX'], resource_provider_generation: 1 })
})
