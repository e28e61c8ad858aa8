import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { roleApi } from './api.ts'
import { roleLogic } from './logic.ts'
import { roleStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let forgotten: string[]
beforeEach(async () => {
  forgotten = []
  const others = [{ forgetRole: async (_: unknown, id: string) => void forgotten.push(id) }]
  at = await bench(({ db, write, chance }) => roleApi(roleLogic({ store: roleStore(db), write, chance, others })))
  ask = at.ask
  const domain = { domain_id: '', parent_id: '', is_domain: true, enabled: true, description: '', options: '{}', extra: '{}' }
  await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], sql =>
      sql
        .insertInto('project')
        .values({ ...domain, id: 'd1', name: 'D1', name_folded: 'd1' })
        .execute(),
    ),
  )
})
afterEach(() => at.close())

const create = (role: object) => ask('POST /v3/roles', { as: 'admin', body: { role } })

describe('creating a role', () => {
  test('shows it whole, with its link', async () => {
    const { status, body } = await create({ name: 'observer', description: 'looks' })
    expect(status).toBe(201)
    const { id } = body.role
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(body.role).toEqual({
      id,
      name: 'observer',
      domain_id: null,
      description: 'looks',
      options: {},
      links: { self: `http://cloud:5000/v3/roles/${id}` },
    })
  })

  test('refuses a name that is taken, whatever its case', async () => {
    await create({ name: 'observer' })
    const { status, body } = await create({ name: 'Observer' })
    expect(status).toBe(409)
    expect(body.error.message).toBe('Conflict occurred attempting to store role - Duplicate entry found with name Observer.')
  })

  test('allows the same name once more in a domain', async () => {
    await create({ name: 'observer' })
    expect((await create({ name: 'observer', domain_id: 'd1' })).body.role.domain_id).toBe('d1')
    const { status, body } = await create({ name: 'observer', domain_id: 'd1' })
    expect([status, body.error.message]).toEqual([
      409,
      'Conflict occurred attempting to store role - Duplicate entry found with name observer at domain ID d1.',
    ])
  })

  test('refuses a role without a name', async () => {
    expect((await create({})).status).toBe(400)
  })

  test('keeps attributes that the API does not know', async () => {
    expect((await create({ name: 'r', colour: 'green' })).body.role.colour).toBe('green')
  })
})

describe('listing roles', () => {
  beforeEach(async () => {
    await create({ name: 'alpha' })
    await create({ name: 'beta' })
    await create({ name: 'gamma', domain_id: 'd1' })
  })
  const names = async (query: string) =>
    (await ask(`GET /v3/roles${query}`, { as: 'admin' })).body.roles.map((role: { name: string }) => role.name)

  test('shows those of the cloud and keeps those of domains apart', async () => {
    expect(await names('')).toEqual(['alpha', 'beta'])
    expect(await names('?domain_id=d1')).toEqual(['gamma'])
  })

  test('narrows by the name, exactly or by a part', async () => {
    expect(await names('?name=beta')).toEqual(['beta'])
    expect(await names('?name__contains=lph')).toEqual(['alpha'])
  })
})

describe('a role that exists', () => {
  let id: string
  beforeEach(async () => {
    id = (await create({ name: 'observer' })).body.role.id
  })
  const patch = (role: object) => ask(`PATCH /v3/roles/${id}`, { as: 'admin', body: { role } })

  test('changes only in what the wish names', async () => {
    expect((await patch({ description: 'new' })).body.role).toMatchObject({ name: 'observer', description: 'new' })
  })

  test('stays in its domain', async () => {
    expect((await patch({ domain_id: 'd1' })).status).toBe(400)
  })

  test('once immutable, refuses change and deletion until that is taken off', async () => {
    await patch({ options: { immutable: true } })
    expect((await patch({ name: 'other' })).status).toBe(403)
    expect((await ask(`DELETE /v3/roles/${id}`, { as: 'admin' })).status).toBe(403)
    expect((await patch({ options: { immutable: null } })).body.role.options).toEqual({})
    expect((await ask(`DELETE /v3/roles/${id}`, { as: 'admin' })).status).toBe(204)
  })

  test('is forgotten by those who refer to it when it goes', async () => {
    await ask(`DELETE /v3/roles/${id}`, { as: 'admin' })
    expect(forgotten).toEqual([id])
    const { status, body } = await ask(`GET /v3/roles/${id}`, { as: 'admin' })
    expect([status, body.error.message]).toEqual([404, `Could not find role: ${id}.`])
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/roles', 403, 200],
    ['GET /v3/roles/none', 403, 404],
    ['POST /v3/roles', 403, 201],
    ['PATCH /v3/roles/none', 403, 404],
    ['DELETE /v3/roles/none', 403, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    const body = route.startsWith('P') ? { role: { name: 'x' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })

  test('a reader of the whole system sees roles', async () => {
    expect((await ask('GET /v3/roles', { as: 'system-reader' })).status).toBe(200)
  })
})
