import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const version = (number: string) => ({ 'openstack-api-version': `compute ${number}` })
const create = (server_group: object, number = '2.1', as = 'member') =>
  ask('POST /v2.1/os-server-groups', { as, body: { server_group }, headers: version(number) })

test('a group has a list of policies until 2.64, and one with rules from then on', async () => {
  const old = (await create({ name: 'a', policies: ['affinity'] })).body.server_group
  expect(old).toEqual({ id: expect.any(String), name: 'a', policies: ['affinity'], members: [], metadata: {} })
  const { status, body } = await create({ name: 'b', policy: 'anti-affinity', rules: { max_server_per_host: 3 } }, '2.64')
  expect([status, body.server_group]).toEqual([
    200,
    {
      ...{ id: expect.any(String), name: 'b', policy: 'anti-affinity', rules: { max_server_per_host: 3 }, members: [] },
      ...{ project_id: 'p-demo', user_id: 'u-m' },
    },
  ])
})

test('asks softly from 2.15 on, and rules are for anti-affinity', async () => {
  expect((await create({ name: 'a', policies: ['soft-affinity'] }, '2.14')).status).toBe(400)
  expect((await create({ name: 'a', policies: ['soft-affinity'] }, '2.15')).status).toBe(200)
  expect((await create({ name: 'a', policy: 'affinity', rules: { max_server_per_host: 3 } }, '2.64')).status).toBe(400)
})

test('a group is its project’s: others do not find it, an operator lists all', async () => {
  const { id } = (await create({ name: 'a', policies: ['affinity'] })).body.server_group
  expect((await ask(`GET /v2.1/os-server-groups/${id}`, { as: 'other' })).status).toBe(404)
  expect((await ask('GET /v2.1/os-server-groups?all_projects=True', { as: 'other' })).body.server_groups).toEqual([])
  expect((await ask('GET /v2.1/os-server-groups?all_projects=True', { as: 'admin' })).body.server_groups).toHaveLength(1)
  expect((await ask(`DELETE /v2.1/os-server-groups/${id}`, { as: 'reader' })).status).toBe(403)
  expect((await ask(`DELETE /v2.1/os-server-groups/${id}`, { as: 'member' })).status).toBe(204)
  expect((await ask(`GET /v2.1/os-server-groups/${id}`, { as: 'member' })).status).toBe(404)
})
