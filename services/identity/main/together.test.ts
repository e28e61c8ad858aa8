import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { admin, onProject, type Whole, wholeIdentity } from '../kit.ts'

let whole: Whole
let as: string
let ids: Record<'user' | 'demoProject' | 'group' | 'role' | 'implied' | 'service', string>
beforeAll(async () => {
  whole = await wholeIdentity()
  as = await whole.signIn(admin, onProject('admin'))
  const made = async (route: string, body: object) => (Object.values(await whole.make(route, body))[0] as { id: string }).id
  ids = {
    user: await made('POST /v3/users', { user: { name: 'ann' } }),
    demoProject: (await whole.make('GET /v3/projects?name=demo')).projects[0].id,
    group: await made('POST /v3/groups', { group: { name: 'crew' } }),
    role: await made('POST /v3/roles', { role: { name: 'prior' } }),
    implied: await made('POST /v3/roles', { role: { name: 'implied' } }),
    service: await made('POST /v3/services', { service: { type: 'x' } }),
  }
})
afterAll(() => whole.close())

const statuses = async (asks: readonly (() => ReturnType<Whole['ask']>)[]) =>
  (await Promise.all(asks.map(one => one()))).map(({ status }) => status).toSorted()
const times = (count: number, ask: () => ReturnType<Whole['ask']>) => statuses(Array.from({ length: count }, () => ask))

describe('of several who make the same at the same time, one does and the others hear so', () => {
  // biome-ignore format: a table
  test.each<[string, () => object]>([
    ['POST /v3/users',             () => ({ user: { name: 'same', password: 'x' } })],
    ['POST /v3/users',             () => ({ user: { name: 'SAME one' } })],
    ['POST /v3/groups',            () => ({ group: { name: 'same' } })],
    ['POST /v3/projects',          () => ({ project: { name: 'same' } })],
    ['POST /v3/domains',           () => ({ domain: { name: 'same' } })],
    ['POST /v3/roles',             () => ({ role: { name: 'same' } })],
    ['POST /v3/regions',           () => ({ region: { id: 'same' } })],
    ['POST /v3/registered_limits', () => ({ registered_limits: [{ service_id: ids.service, resource_name: 'same', default_limit: 1 }] })],
    ['POST /v3/credentials',       () => ({ credential: { type: 'ec2', user_id: ids.user, project_id: ids.demoProject, blob: JSON.stringify({ access: 'same', secret: 's' }) } })],
  ])('%s', async (route, body) => {
    expect(await times(4, () => whole.ask(route, { as, body: body() }))).toEqual([201, 409, 409, 409])
  })
})

describe('what is the same however often it is done may be done at once', () => {
  test('giving a role', async () => {
    const grant = `PUT /v3/projects/${ids.demoProject}/users/${ids.user}/roles/${ids.role}`
    expect(await times(4, () => whole.ask(grant, { as }))).toEqual([204, 204, 204, 204])
  })

  test('joining a group', async () => {
    expect(await times(4, () => whole.ask(`PUT /v3/groups/${ids.group}/users/${ids.user}`, { as }))).toEqual([204, 204, 204, 204])
  })

  test('implying a role', async () => {
    const answers = await times(4, () => whole.ask(`PUT /v3/roles/${ids.role}/implies/${ids.implied}`, { as }))
    expect(answers.filter(status => status >= 500)).toEqual([])
  })

  test('changing a user', async () => {
    const answers = await times(4, () => whole.ask(`PATCH /v3/users/${ids.user}`, { as, body: { user: { password: 'x' } } }))
    expect(answers.filter(status => status !== 200 && status !== 409)).toEqual([])
  })
})

test('of several who delete a project at once, one does', async () => {
  const { project } = await whole.make('POST /v3/projects', { project: { name: 'doomed' } })
  const answers = await times(3, () => whole.ask(`DELETE /v3/projects/${project.id}`, { as }))
  expect([answers[0], answers.filter(status => status >= 500)]).toEqual([204, []])
})
