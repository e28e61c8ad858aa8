import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { policyDocumentApi } from './api.ts'
import { policyDocumentLogic } from './logic.ts'
import { policyDocumentStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let forgotten: string[]
beforeEach(async () => {
  forgotten = []
  const associations = { forgetPolicy: async (_tx: unknown, id: string) => void forgotten.push(id) }
  at = await bench(({ db, write, chance }) =>
    policyDocumentApi(policyDocumentLogic({ store: policyDocumentStore(db), write, chance, associations })),
  )
  ask = at.ask
})
afterEach(() => at.close())

const create = (policy: object) => ask('POST /v3/policies', { as: 'admin', body: { policy } })

describe('a policy document', () => {
  test('is kept as it came, with attributes that the API does not know', async () => {
    const { status, body } = await create({ type: 'application/json', blob: '{"a": 1}', colour: 'green' })
    expect(status).toBe(201)
    const { id } = body.policy
    expect(body.policy).toEqual({
      id,
      type: 'application/json',
      blob: '{"a": 1}',
      colour: 'green',
      links: { self: `http://cloud:5000/v3/policies/${id}` },
    })
    expect((await ask(`GET /v3/policies/${id}`, { as: 'admin' })).body).toEqual(body)
  })

  test.each([{}, { type: 'x' }, { blob: 'x' }, { type: 'x', blob: {} }])('is not created as %o', async policy => {
    expect((await create(policy)).status).toBe(400)
  })

  test('is listed, by type when asked so', async () => {
    await create({ type: 'x', blob: '' })
    await create({ type: 'y', blob: '' })
    expect((await ask('GET /v3/policies', { as: 'admin' })).body.policies).toHaveLength(2)
    expect((await ask('GET /v3/policies?type=y', { as: 'admin' })).body.policies).toMatchObject([{ type: 'y' }])
  })

  test('changes only in what the wish names, and never its id', async () => {
    const { id } = (await create({ type: 'x', blob: 'b' })).body.policy
    const { body } = await ask(`PATCH /v3/policies/${id}`, { as: 'admin', body: { policy: { type: 'z', taste: 'sweet' } } })
    expect(body.policy).toMatchObject({ id, type: 'z', blob: 'b', taste: 'sweet' })
    const wrong = await ask(`PATCH /v3/policies/${id}`, { as: 'admin', body: { policy: { id: 'other' } } })
    expect([wrong.status, wrong.body.error.message]).toEqual([400, 'Cannot change policy ID'])
  })

  test('is nobody’s when it is deleted', async () => {
    const { id } = (await create({ type: 'x', blob: 'b' })).body.policy
    expect((await ask(`DELETE /v3/policies/${id}`, { as: 'admin' })).status).toBe(204)
    expect(forgotten).toEqual([id])
    const { status, body } = await ask(`GET /v3/policies/${id}`, { as: 'admin' })
    expect([status, body.error.message]).toEqual([404, `Could not find policy: ${id}.`])
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/policies', 403, 200, 200],
    ['GET /v3/policies/none', 403, 404, 404],
    ['POST /v3/policies', 403, 403, 201],
    ['PATCH /v3/policies/none', 403, 403, 404],
    ['DELETE /v3/policies/none', 403, 403, 404],
  ])('%s: a stranger never, a member %i, a reader of the system %i, an admin %i', async (route, member, reader, admin) => {
    const body = route.startsWith('P') ? { policy: { type: 'x', blob: '' } } : undefined
    expect((await ask(route, { body })).status).toBe(401)
    expect((await ask(route, { as: 'member', body })).status).toBe(member)
    expect((await ask(route, { as: 'system-reader', body })).status).toBe(reader)
    expect((await ask(route, { as: 'admin', body })).status).toBe(admin)
  })
})
