import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
})
afterEach(() => at.close())

const path = '/v2.0/quotas/p-demo'
const put = (quota: object) => at.ask(`PUT ${path}`, { as: 'admin', body: { quota } })

test('a project sees its own limits and what it has; an administrator everybody’s', async () => {
  await at.make('networks', { network: { name: 'n' } })
  expect((await at.ask(`GET ${path}`)).body['quota']).toMatchObject({ network: 100, port: 500, floatingip: 50 })
  expect((await at.ask(`GET ${path}/details`)).body['quota'].network).toEqual({ limit: 100, used: 1, reserved: 0 })
  for (const route of [path, `${path}/default`, `${path}/details`]) {
    expect((await at.ask(`GET ${route}`, { as: 'other' })).status).toBe(403)
    expect((await at.ask(`GET ${route}`, { as: 'admin' })).status).toBe(200)
  }
  expect((await at.ask('GET /v2.0/quotas/tenant')).body).toEqual({ tenant: { tenant_id: 'p-demo' } })
  expect((await at.ask('GET /v2.0/quotas')).status).toBe(403)
})

test('limits that were set are listed, hold, and go back to what all have', async () => {
  expect((await put({ network: 1, port: 7 })).body['quota']).toMatchObject({ network: 1, port: 7, subnet: 100 })
  const { body } = await at.ask('GET /v2.0/quotas', { as: 'admin' })
  expect(body['quotas']).toMatchObject([{ project_id: 'p-demo', tenant_id: 'p-demo', network: 1, subnet: 100 }])
  await at.make('networks', { network: { name: 'n' } })
  const two = { networks: [{ name: 'a' }, { name: 'b' }] }
  expect(await at.ask('POST /v2.0/networks', { body: two })).toMatchObject({ status: 409, body: { NeutronError: { type: 'OverQuota' } } })
  expect((await at.ask(`GET ${path}/default`)).body['quota'].network).toBe(100)
  expect((await at.ask(`DELETE ${path}`, { as: 'admin' })).status).toBe(204)
  expect((await at.ask(`GET ${path}`)).body['quota'].network).toBe(100)
  const again = await at.ask(`DELETE ${path}`, { as: 'admin' })
  expect(again).toMatchObject({ status: 404, body: { NeutronError: { type: 'TenantQuotaNotFound' } } })
})

test('a limit below what is there is refused to those who want that checked', async () => {
  await at.make('networks', { network: { name: 'n' } })
  await at.make('networks', { network: { name: 'm' } })
  const refused = await put({ network: 1, check_limit: true })
  const message = 'Quota limit 1 for network must be greater than or equal to already used 2'
  expect(refused).toMatchObject({ status: 400, body: { NeutronError: { message } } })
  expect((await put({ network: 1, check_limit: true, force: true })).status).toBe(200)
})

test.each([{ network: -2 }, { network: 'many' }, { network: null }, { wolves: 3 }])('%j is refused', async quota => {
  expect((await put(quota)).status).toBe(400)
})

test('a project’s default group comes whatever its limit is; another one does not', async () => {
  await put({ security_group: 0, security_group_rule: 0 })
  const network = await at.make('networks', { network: { name: 'n' } })
  const port = await at.make('ports', { port: { network_id: network.id } })
  expect(port['security_groups']).toHaveLength(1)
  expect((await at.ask('POST /v2.0/security-groups', { body: { security_group: { name: 'g' } } })).status).toBe(409)
})

test('several things of one request come all or none', async () => {
  await put({ network: 2 })
  const names = (some: readonly string[]) => ({ body: { networks: some.map(name => ({ name })) } })
  expect((await at.ask('POST /v2.0/networks', names(['a', 'b', 'c']))).status).toBe(409)
  expect((await at.ask('GET /v2.0/networks')).body['networks']).toEqual([])
  expect((await at.ask(`GET ${path}/details`)).body['quota'].network.used).toBe(0)
  const made = await at.ask('POST /v2.0/networks', names(['a', 'b']))
  expect(made.body['networks'].map((one: { name: string }) => one.name)).toEqual(['a', 'b'])
})
