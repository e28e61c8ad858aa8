import { Refusal } from '@kilonova/platform/refusal.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import type { Transaction } from '../tables.ts'
import { groupApi } from './api.ts'
import { groupLogic } from './logic.ts'
import { groupStore } from './store.ts'

const people: Readonly<Record<string, string>> = { 'u-m': 'default', ann: 'default', zoe: 'other' }
const ended: string[] = []
const gone: string[] = []
let at: Bench
let ask: Bench['ask']
let logic: ReturnType<typeof groupLogic>
const cause = { requestId: 'req-1', why: 'test' }
const write = (work: Parameters<Transaction['change']>[1]) => at.db.transaction(cause, tx => tx.change([], work))
beforeEach(async () => {
  ended.length = gone.length = 0
  at = await bench(({ db, write, chance }) => {
    logic = groupLogic({
      store: groupStore(db),
      write,
      chance,
      revocations: { revoke: async (_, { userId }) => void ended.push(userId ?? '') },
      others: [{ forgetGroup: async (_, id) => void gone.push(id) }],
      defaultDomainId: 'default',
    })
    const get = async (id: string) => {
      if (!people[id]) throw new Refusal('not-found', `Could not find user: ${id}.`)
      return { id, domainId: people[id] } as never
    }
    return groupApi(logic, { get })
  })
  ask = at.ask
  const blank = { options: '{}', extra: '{}', enabled: 1 }
  await write(async sql => {
    for (const id of ['default', 'other'])
      await sql
        .insertInto('project')
        .values({ ...blank, id, name: id, name_folded: id, domain_id: '', parent_id: '', is_domain: 1, description: '' })
        .execute()
    for (const [id, domain_id] of Object.entries(people))
      await sql
        .insertInto('user')
        .values({ ...blank, id, name: id, name_folded: id, domain_id, created_at: '2026-01-01T00:00:00.000000Z', failed_auth_count: 0 })
        .execute()
  })
})
afterEach(() => at.close())

const create = (group: object) => ask('POST /v3/groups', { as: 'admin', body: { group } })
const made = async (group: object): Promise<string> => (await create(group)).body.group.id
const names = ({ body }: { body: { groups: { name: string }[] } }) => body.groups.map(one => one.name)

describe('creating a group', () => {
  test('shows it in the default domain with its free attributes', async () => {
    const { status, body } = await create({ name: ' crew ', colour: 'green' })
    expect(status).toBe(201)
    const { id } = body.group
    expect(body.group).toEqual({
      id,
      name: 'crew',
      domain_id: 'default',
      description: '',
      colour: 'green',
      links: { self: `http://cloud:5000/v3/groups/${id}` },
    })
  })

  test('refuses a name that another of the domain has, in whatever case', async () => {
    await create({ name: 'crew' })
    const { status, body } = await create({ name: 'Crew' })
    expect([status, body.error.message]).toEqual([
      409,
      'Conflict occurred attempting to store group - Duplicate entry found with name Crew at domain ID default.',
    ])
    expect((await create({ name: 'Crew', domain_id: 'other' })).status).toBe(201)
  })

  test('refuses a domain that is not there', async () => {
    const { status, body } = await create({ name: 'crew', domain_id: 'nowhere' })
    expect([status, body.error.message]).toEqual([404, 'Could not find domain: nowhere.'])
  })
})

test('a group changes in what the wish names, never its domain', async () => {
  const id = await made({ name: 'crew', colour: 'green' })
  const change = (group: object) => ask(`PATCH /v3/groups/${id}`, { as: 'admin', body: { group } })
  expect((await change({ description: 'all hands' })).body.group).toMatchObject({
    name: 'crew',
    description: 'all hands',
    colour: 'green',
  })
  expect((await change({ domain_id: 'other' })).body.error.message).toBe('Cannot change Domain ID')
  expect((await change({})).status).toBe(400)
})

test('groups are listed by name and domain; the admin of a domain sees that one only', async () => {
  await create({ name: 'crew' })
  await create({ name: 'cooks', domain_id: 'other' })
  expect(names(await ask('GET /v3/groups', { as: 'admin' }))).toEqual(['cooks', 'crew'])
  expect(names(await ask('GET /v3/groups?name=CREW', { as: 'admin' }))).toEqual(['crew'])
  expect(names(await ask('GET /v3/groups?name__endswith=s', { as: 'admin' }))).toEqual(['cooks'])
  expect(names(await ask('GET /v3/groups?domain_id=other', { as: 'admin' }))).toEqual(['cooks'])
  expect(names(await ask('GET /v3/groups', { as: 'domain-admin' }))).toEqual(['crew'])
})

describe('membership', () => {
  let path: string
  let id: string
  beforeEach(async () => {
    id = await made({ name: 'crew' })
    path = `/v3/groups/${id}/users`
  })

  test('comes, is checked, shows with the user, and goes, ending the user’s tokens', async () => {
    const missing = await ask(`GET ${path}/ann`, { as: 'admin' })
    expect([missing.status, missing.body.error.message]).toEqual([404, `User 'ann' not found in group '${id}'`])
    expect((await ask(`PUT ${path}/ann`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`PUT ${path}/ann`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`HEAD ${path}/ann`, { as: 'admin' })).status).toBe(204)
    const { body } = await ask('GET /v3/users/ann/groups', { as: 'admin' })
    expect(body.groups).toMatchObject([{ name: 'crew', membership_expires_at: null }])
    expect((await ask(`DELETE ${path}/ann`, { as: 'admin' })).status).toBe(204)
    expect(ended).toEqual(['ann'])
    expect((await ask(`DELETE ${path}/ann`, { as: 'admin' })).status).toBe(404)
  })

  test('says whose it is in the change log', async () => {
    await ask(`PUT ${path}/ann`, { as: 'admin' })
    const changes = await at.db.changes.read(0, { kinds: ['identity.membership'] })
    expect(changes).toMatchObject([{ id: `${id}/ann`, act: 'created', userId: 'ann' }])
  })

  test('needs a group and a user', async () => {
    expect((await ask(`PUT ${path}/nobody`, { as: 'admin' })).body.error.message).toBe('Could not find user: nobody.')
    expect((await ask('PUT /v3/groups/none/users/ann', { as: 'admin' })).body.error.message).toBe('Could not find group: none.')
  })

  test('ends with the group; members sign in again only when the group had roles', async () => {
    await ask(`PUT ${path}/ann`, { as: 'admin' })
    expect((await ask(`DELETE /v3/groups/${id}`, { as: 'admin' })).status).toBe(204)
    expect([ended, gone]).toEqual([[], [id]])
    expect((await ask('GET /v3/users/ann/groups', { as: 'admin' })).body.groups).toEqual([])

    const next = await made({ name: 'crew' })
    await ask(`PUT /v3/groups/${next}/users/ann`, { as: 'admin' })
    await write(sql =>
      sql
        .insertInto('assignment')
        .values({ actor_type: 'group', actor_id: next, target_type: 'project', target_id: 'p', role_id: 'r', inherited: 0 })
        .execute(),
    )
    await ask(`DELETE /v3/groups/${next}`, { as: 'admin' })
    expect(ended).toEqual(['ann'])
  })

  test('ends with the user, and groups end with their domain', async () => {
    await ask(`PUT ${path}/ann`, { as: 'admin' })
    await at.db.transaction(cause, tx => logic.forgetUser(tx, 'ann'))
    expect((await ask(`GET ${path}/ann`, { as: 'admin' })).status).toBe(404)
    await at.db.transaction(cause, tx => logic.forgetDomain(tx, 'default'))
    expect((await ask(`GET /v3/groups/${id}`, { as: 'admin' })).status).toBe(404)
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/groups', 403, 200, 200],
    ['POST /v3/groups', 403, 201, 403],
    ['GET /v3/groups/none', 403, 404, 404],
    ['PATCH /v3/groups/none', 403, 404, 403],
    ['DELETE /v3/groups/none', 403, 404, 403],
    ['GET /v3/groups/none/users/ann', 403, 404, 404],
    ['PUT /v3/groups/none/users/ann', 403, 404, 403],
    ['DELETE /v3/groups/none/users/ann', 403, 404, 403],
    ['GET /v3/users/ann/groups', 403, 200, 200],
    ['GET /v3/users/u-m/groups', 200, 200, 200],
  ])('%s: a stranger never, a member %i, an admin %i, a reader of the system %i', async (route, member, admin, reader) => {
    const wish = /^P.*(groups|none)$/.test(route) ? { body: { group: { name: 'g' } } } : {}
    expect((await ask(route, wish)).status).toBe(401)
    expect((await ask(route, { as: 'member', ...wish })).status).toBe(member)
    expect((await ask(route, { as: 'admin', ...wish })).status).toBe(admin)
    expect((await ask(route, { as: 'system-reader', ...wish })).status).toBe(reader)
  })
})
