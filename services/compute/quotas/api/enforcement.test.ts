import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench, rulesOf, theImage } from '../../kit.ts'

let at: Bench
beforeEach(async () => {
  const rules = rulesOf(
    'quota.instances=2',
    'quota.key_pairs=1',
    'quota.server_groups=1',
    'quota.server_group_members=1',
    'quota.metadata_items=1',
  )
  at = await bench({ rules: () => rules })
})
afterEach(() => at.close())

const post = (path: string, body: object, number = '2.1') =>
  at.ask(`POST /v2.1/${path}`, { as: 'member', body, headers: { 'openstack-api-version': `compute ${number}` } })
const boot = (more: object = {}, hints?: object) =>
  post('servers', {
    server: { name: 'vm', imageRef: theImage.id, flavorRef: '1', ...more },
    ...(hints ? { 'os:scheduler_hints': hints } : {}),
  })
const refused = (message: string) => ({ status: 403, body: { forbidden: { code: 403, message } } })

test('servers beyond the limit are refused in Nova’s words, and nothing of them is left', async () => {
  expect((await boot({ min_count: 2 })).status).toBe(202)
  expect(await boot()).toMatchObject(refused('Quota exceeded for instances: Requested 1, but already used 2 of 2 instances'))
  expect((await at.ask('GET /v2.1/servers', { as: 'member' })).body.servers).toHaveLength(2)
})

test('as many as there is room for are made, when fewer will do', async () => {
  expect((await boot({ min_count: 1, max_count: 5 })).status).toBe(202)
  expect((await at.ask('GET /v2.1/servers', { as: 'member' })).body.servers).toHaveLength(2)
})

test('metadata, key pairs, groups and their members have limits of their own', async () => {
  expect(await boot({ metadata: { a: '1', b: '2' } })).toMatchObject(refused('Maximum number of metadata items exceeds 1'))
  const key = (name: string) => post('os-keypairs', { keypair: { name } })
  expect((await key('one')).status).toBe(200)
  expect(await key('two')).toMatchObject(refused('Quota exceeded, too many key pairs.'))
  const group = (name: string) => post('os-server-groups', { server_group: { name, policies: ['affinity'] } })
  const { id } = (await group('one')).body.server_group
  expect(await group('two')).toMatchObject(refused('Quota exceeded, too many server groups.'))
  expect((await boot({}, { group: id })).status).toBe(202)
  expect(await boot({}, { group: id })).toMatchObject(refused('Quota exceeded, too many servers in group'))
})
