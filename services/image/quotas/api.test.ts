import { writeFileSync } from 'node:fs'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench | undefined
afterEach(() => at?.close())

test('a project has so many images and so much data, and no more', async () => {
  at = await bench(['quota.image_count_total=2', 'quota.image_size_total=1', 'quota.image_count_uploading=1'])
  const id = await at.register()
  const second = await at.register()
  const { status, body } = await at.ask('POST /v2/images', { body: {} })
  expect([status, body.message]).toEqual([413, expect.stringContaining('image_count_total is over limit of 2 due to current usage 2')])
  expect((await at.upload(id, Buffer.alloc(2 ** 20 + 1))).status).toBe(204)
  expect((await at.upload(second, Buffer.alloc(2 ** 20))).status).toBe(204)
  const usage = (await at.ask('GET /v2/info/usage')).body.usage
  expect(usage).toMatchObject({
    image_count_total: { usage: 2, limit: 2 },
    image_size_total: { usage: 2, limit: 1 },
    image_count_uploading: { usage: 0, limit: 1 },
  })
  const foreign = await at.register({}, 'other.member')
  expect((await at.upload(foreign, Buffer.alloc(5), 'other.member')).status).toBe(204)
})

test('limits may be those of the identity service, where nobody registered one it is 0', async () => {
  const limits = new Map([
    ['image_count_total', 1],
    ['image_size_total', -1],
    ['image_count_uploading', 5],
  ])
  at = await bench(['DEFAULT.use_keystone_limits=true'], {
    facts: { findEndpoint: async () => undefined, limitsOf: async ({ projectId }) => (projectId === 'demo' ? limits : new Map()) },
  })
  const id = await at.register()
  expect((await at.ask('POST /v2/images', { body: {} })).status).toBe(413)
  expect((await at.upload(id, Buffer.from('x'))).status).toBe(204)
  expect((await at.ask('POST /v2/images', { body: {}, as: 'other.member' })).status).toBe(413)
  expect((await at.ask('GET /v2/info/usage')).body.usage).toEqual({
    image_count_total: { usage: 1, limit: 1 },
    image_size_total: { usage: 0, limit: -1 },
    image_stage_total: { usage: 0, limit: 0 },
    image_count_uploading: { usage: 0, limit: 5 },
  })
})

test('an image has so many properties, tags and members', async () => {
  at = await bench(['DEFAULT.image_property_quota=1', 'DEFAULT.image_tag_quota=1', 'DEFAULT.image_member_quota=1'])
  expect((await at.ask('POST /v2/images', { body: { a: '1', b: '2' } })).status).toBe(413)
  const id = await at.register({ a: '1', tags: ['x'] })
  expect((await at.ask(`PATCH /v2/images/${id}`, { patch: [{ op: 'add', path: '/b', value: '2' }] })).status).toBe(413)
  expect((await at.ask(`PUT /v2/images/${id}/tags/y`)).status).toBe(413)
  expect((await at.ask(`POST /v2/images/${id}/members`, { body: { member: 'other' } })).status).toBe(200)
  expect((await at.ask(`POST /v2/images/${id}/members`, { body: { member: 'third' } })).status).toBe(413)
})

test('properties are protected by the roles that a file names', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'kilonova-protection-'))
  const file = join(dir, 'protection.conf')
  writeFileSync(
    file,
    '[^billing_.*]\ncreate = admin\nread = admin,reader\nupdate = admin\ndelete = !\n\n[^secret$]\ncreate = @\nread = admin\nupdate = @\ndelete = @\n\n[.*]\ncreate = @\nread = @\nupdate = @\ndelete = @\n',
  )
  at = await bench([`DEFAULT.property_protection_file=${file}`])
  rmSync(dir, { recursive: true })
  const ask = at.ask
  expect((await ask('POST /v2/images', { body: { billing_code: '1' } })).status).toBe(403)
  const id = await at.register({ secret: 's', free: 'f' })
  expect((await ask(`GET /v2/images/${id}`)).body).not.toHaveProperty('secret')
  expect((await ask(`GET /v2/images/${id}`, { as: 'admin.admin' })).body.secret).toBe('s')
  const add = (as: string) => ask(`PATCH /v2/images/${id}`, { as, patch: [{ op: 'add', path: '/billing_code', value: '1' }] })
  expect([(await add('demo.member')).status, (await add('admin.admin')).status]).toEqual([403, 200])
  expect((await ask(`PATCH /v2/images/${id}`, { as: 'admin.admin', patch: [{ op: 'remove', path: '/billing_code' }] })).status).toBe(403)
  expect((await ask(`PATCH /v2/images/${id}`, { patch: [{ op: 'remove', path: '/free' }] })).body.billing_code).toBe('1')
  expect((await ask(`GET /v2/images/${id}`, { as: 'admin.admin' })).body.secret).toBe('s')
})
