import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../../kit.ts'

let at: Bench
const mine = aServer(1, {
  vmState: 'active',
  taskState: null,
  host: 'host1',
  launchedAt: '2026-01-01T00:00:00.000Z',
  metadata: { role: 'web' },
  tags: ['old'],
})
beforeEach(async () => {
  at = await bench()
  await at.insert(mine)
})
afterEach(() => at.close())

const ask = (route: string, more: { as?: string; body?: unknown } = {}) => {
  const [method, path] = route.split(' ')
  return at.ask(`${method} /v2.1/servers/${mine.id}${path}`, {
    as: 'member',
    headers: { 'openstack-api-version': 'compute 2.26' },
    ...more,
  })
}

test('what is noted on a server is added to, replaced, shown and forgotten', async () => {
  expect((await ask('GET /metadata')).body).toEqual({ metadata: { role: 'web' } })
  expect((await ask('POST /metadata', { body: { metadata: { zone: 'a' } } })).body).toEqual({ metadata: { role: 'web', zone: 'a' } })
  expect((await ask('PUT /metadata/zone', { body: { meta: { zone: 'b' } } })).body).toEqual({ meta: { zone: 'b' } })
  expect((await ask('PUT /metadata/zone', { body: { meta: { other: 'b' } } })).body.badRequest.message).toBe(
    'Request body and URI mismatch',
  )
  expect((await ask('GET /metadata/zone')).body).toEqual({ meta: { zone: 'b' } })
  expect((await ask('PUT /metadata', { body: { metadata: { only: '1' } } })).body).toEqual({ metadata: { only: '1' } })
  expect((await ask('DELETE /metadata/only')).status).toBe(204)
  expect(await ask('DELETE /metadata/only')).toMatchObject({
    status: 404,
    body: { itemNotFound: { message: 'Metadata item was not found' } },
  })
  expect((await ask('GET /metadata')).body).toEqual({ metadata: {} })
})

test('what may not be noted is refused', async () => {
  for (const metadata of [{ 'bad/key': 'x' }, { key: 'x'.repeat(256) }, { ['k'.repeat(256)]: 'x' }, { key: 1 }])
    expect((await ask('POST /metadata', { body: { metadata } })).status).toBe(400)
  expect((await ask('PUT /metadata/a', { body: { meta: { a: '1', b: '2' } } })).status).toBe(400)
})

test('a locked server is noted on by operators alone, and one that is being made by nobody', async () => {
  await at.put({ ...mine, lockedBy: 'owner' })
  expect((await ask('POST /metadata', { body: { metadata: { a: '1' } } })).body.conflictingRequest.message).toBe(
    `Instance ${mine.id} is locked`,
  )
  expect((await ask('POST /metadata', { as: 'admin', body: { metadata: { a: '1' } } })).status).toBe(200)
  await at.put({ ...mine, vmState: 'building' })
  expect((await ask('POST /metadata', { body: { metadata: { a: '1' } } })).body.conflictingRequest.message).toBe(
    `Cannot 'update metadata' instance ${mine.id} while it is in vm_state building`,
  )
  expect((await ask('PUT /tags/new')).status).toBe(409)
})

test('tags are given, asked for and taken off one by one or together', async () => {
  const given = await ask('PUT /tags/new')
  expect([given.status, given.headers['location']]).toEqual([201, `http://cloud:5000/v2.1/servers/${mine.id}/tags/new`])
  expect((await ask('PUT /tags/new')).status).toBe(204)
  expect((await ask('GET /tags')).body).toEqual({ tags: ['new', 'old'] })
  expect([(await ask('GET /tags/new')).status, (await ask('GET /tags/none')).status]).toEqual([204, 404])
  expect([(await ask('DELETE /tags/new')).status, (await ask('DELETE /tags/new')).status]).toEqual([204, 404])
  expect((await ask('PUT /tags', { body: { tags: ['b', 'a', 'b'] } })).body).toEqual({ tags: ['a', 'b'] })
  expect((await ask('DELETE /tags')).status).toBe(204)
  expect((await ask('GET /tags')).body).toEqual({ tags: [] })
})

test('tags have a form, and there are fifty at most', async () => {
  expect((await ask('PUT /tags/a,b')).status).toBe(400)
  expect((await ask(`PUT /tags/${'x'.repeat(61)}`)).status).toBe(400)
  expect((await ask('PUT /tags', { body: { tags: ['a/b'] } })).status).toBe(400)
  const fifty = Array.from({ length: 50 }, (_, n) => `tag-${n}`)
  expect((await ask('PUT /tags', { body: { tags: fifty } })).status).toBe(200)
  expect((await ask('PUT /tags/more')).body.badRequest.message).toBe('The number of tags exceeded the per-server limit 50')
})

test('readers only look, and others find nothing', async () => {
  expect([(await ask('GET /metadata', { as: 'reader' })).status, (await ask('GET /tags', { as: 'reader' })).status]).toEqual([200, 200])
  expect((await ask('POST /metadata', { as: 'reader', body: { metadata: { a: '1' } } })).status).toBe(403)
  expect((await ask('PUT /tags/new', { as: 'reader' })).status).toBe(403)
  for (const path of ['/metadata', '/tags', '/metadata/role']) expect((await ask(`GET ${path}`, { as: 'other' })).status).toBe(404)
})
