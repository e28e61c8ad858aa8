import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { roleApi } from '../roles/api.ts'
import { roleLogic } from '../roles/logic.ts'
import { roleStore } from '../roles/store.ts'
import { impliedRoleApi } from './api.ts'
import { impliedRoleLogic } from './logic.ts'
import { impliedRoleStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
const ids: Record<string, string> = {}
beforeEach(async () => {
  at = await bench(({ db, write, chance }) => {
    const implied = impliedRoleLogic({
      store: impliedRoleStore(db),
      write,
      prohibited: ['admin'],
      roles: { get: id => roles.get(id), listByIds: all => roles.listByIds(all) },
    })
    const roles = roleLogic({ store: roleStore(db), write, chance, others: [implied] })
    return [...roleApi(roles), ...impliedRoleApi(implied)]
  })
  ask = at.ask
  for (const name of ['admin', 'member', 'reader'])
    ids[name] = (await ask('POST /v3/roles', { as: 'admin', body: { role: { name } } })).body.role.id
})
afterEach(() => at.close())

const path = (prior: string, implied: string) => `/v3/roles/${ids[prior] ?? prior}/implies/${ids[implied] ?? implied}`
const imply = (prior: string, implied: string) => ask(`PUT ${path(prior, implied)}`, { as: 'admin' })
const brief = (name: string) => ({ id: ids[name], name, links: { self: `http://cloud:5000/v3/roles/${ids[name]}` } })

describe('letting a role imply another', () => {
  test('shows both', async () => {
    const { status, body } = await imply('member', 'reader')
    expect(status).toBe(201)
    expect(body).toEqual({
      role_inference: { prior_role: brief('member'), implies: brief('reader') },
      links: { self: `http://cloud:5000${path('member', 'reader')}` },
    })
  })

  test('refuses a role that is prohibited as an implied one', async () => {
    const { status, body } = await imply('member', 'admin')
    expect([status, body.error.message]).toEqual([403, `${ids['admin']} cannot be an implied roles.`])
  })

  test('refuses a second time', async () => {
    await imply('member', 'reader')
    expect((await imply('member', 'reader')).status).toBe(409)
  })

  test('refuses a way around to the role itself', async () => {
    await imply('member', 'reader')
    expect((await imply('reader', 'member')).status).toBe(403)
    expect((await imply('reader', 'reader')).status).toBe(403)
  })

  test('refuses a role that is not there', async () => {
    expect((await imply('member', 'nothing')).status).toBe(404)
  })
})

describe('implications that exist', () => {
  beforeEach(async () => {
    await imply('admin', 'member')
    await imply('member', 'reader')
  })

  test('are listed by their prior role', async () => {
    const { body } = await ask(`GET /v3/roles/${ids['member']}/implies`, { as: 'admin' })
    expect(body.role_inference).toEqual({ prior_role: brief('member'), implies: [brief('reader')] })
    expect(body.links.self).toBe(`http://cloud:5000/v3/roles/${ids['member']}/implies`)
  })

  test('are listed all at once', async () => {
    const { body } = await ask('GET /v3/role_inferences', { as: 'admin' })
    expect(body.role_inferences).toHaveLength(2)
    expect(body.role_inferences).toContainEqual({ prior_role: brief('admin'), implies: [brief('member')] })
  })

  test('are shown with a body by GET and without one by HEAD', async () => {
    expect((await ask(`GET ${path('member', 'reader')}`, { as: 'admin' })).status).toBe(200)
    expect((await ask(`HEAD ${path('member', 'reader')}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`HEAD ${path('admin', 'reader')}`, { as: 'admin' })).status).toBe(404)
  })

  test('end', async () => {
    expect((await ask(`DELETE ${path('member', 'reader')}`, { as: 'admin' })).status).toBe(204)
    const { status, body } = await ask(`DELETE ${path('member', 'reader')}`, { as: 'admin' })
    expect([status, body.error.message]).toEqual([404, `${ids['member']} does not imply ${ids['reader']}.`])
  })

  test('end with one of their roles', async () => {
    await ask(`DELETE /v3/roles/${ids['member']}`, { as: 'admin' })
    expect((await ask('GET /v3/role_inferences', { as: 'admin' })).body.role_inferences).toEqual([])
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/role_inferences', 403, 200],
    ['GET /v3/roles/none/implies', 403, 404],
    ['GET /v3/roles/none/implies/none', 403, 404],
    ['HEAD /v3/roles/none/implies/none', 403, 404],
    ['PUT /v3/roles/none/implies/none', 403, 404],
    ['DELETE /v3/roles/none/implies/none', 403, 404],
  ])('%s: a stranger never, a member %i, an admin %i', async (route, member, admin) => {
    expect((await ask(route)).status).toBe(401)
    expect((await ask(route, { as: 'member' })).status).toBe(member)
    expect((await ask(route, { as: 'admin' })).status).toBe(admin)
  })
})
