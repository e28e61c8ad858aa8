import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { admin, byPassword, demo, onProject, passwords, textOf, type Whole, wholeIdentity } from '../../kit.ts'

let whole: Whole
let demoId: string
let demoProject: { id: string }
beforeAll(async () => {
  whole = await wholeIdentity()
  demoId = (await whole.make('GET /v3/users?name=demo')).users[0].id
  demoProject = (await whole.make('GET /v3/projects?name=demo')).projects[0]
})
afterAll(() => whole.close())

const ask = (scope: unknown, user: object = admin) => whole.auth({ ...byPassword(user), ...(scope === undefined ? {} : { scope }) })
const roleId = async (name: string): Promise<string> => (await whole.make(`GET /v3/roles?name=${name}`)).roles[0].id
const noRoles = { methods: ['password'], user: { name: 'demo' } }

describe('a sign-in', () => {
  test.each([
    ['name and domain', () => onProject('demo')],
    ['name in another case', () => onProject('DEMO')],
    ['id', () => ({ project: { id: demoProject.id } })],
    ['name and the domain’s name', () => ({ project: { name: 'demo', domain: { name: 'Default' } } })],
  ])('for a project by %s speaks for it, with roles and a catalog', async (_, scope) => {
    const { status, body } = await ask(scope(), demo)
    expect(status).toBe(201)
    expect(body.token).toMatchObject({
      project: { id: demoProject.id, name: 'demo', domain: { id: 'default', name: 'Default' } },
      is_domain: false,
      roles: [{ name: 'member' }, { name: 'reader' }],
      user: { id: demoId, name: 'demo', domain: { id: 'default', name: 'Default' }, password_expires_at: null },
      issued_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z$/),
      expires_at: expect.stringMatching(/\.000000Z$/),
      audit_ids: [expect.stringMatching(/^[\w-]{22}$/)],
    })
    expect(body.token.catalog.map((service: { type: string }) => service.type).toSorted()).toEqual(['compute', 'identity'])
    expect(body.token.catalog[0].endpoints[0]).toEqual({
      id: expect.any(String),
      interface: expect.stringMatching(/^(public|internal|admin)$/),
      region: 'RegionOne',
      region_id: 'RegionOne',
      url: expect.stringContaining('http://cloud:'),
    })
  })

  test('for a domain speaks for it, with the roles given on it alone', async () => {
    expect((await ask({ domain: { id: 'default' } })).status).toBe(401)
    await whole.make(`PUT /v3/domains/default/users/${demoId}/roles/${await roleId('member')}`)
    for (const domain of [{ id: 'default' }, { name: 'Default' }]) {
      const { status, body } = await ask({ domain }, demo)
      expect([status, body.token.domain, body.token.project]).toEqual([201, { id: 'default', name: 'Default' }, undefined])
    }
  })

  test('for the system needs a role there', async () => {
    const { status, body } = await ask({ system: { all: true } })
    expect([status, body.token.system, body.token.roles.length]).toEqual([201, { all: true }, 3])
    expect((await ask({ system: { all: true } }, demo)).status).toBe(401)
  })

  test.each(['unscoped', { unscoped: {} }])('for %j speaks for its user alone: no roles, no catalog', async scope => {
    const { status, body } = await ask(scope, demo)
    expect([status, Object.keys(body.token).toSorted()]).toEqual([201, ['audit_ids', 'expires_at', 'issued_at', 'methods', 'user']])
    expect(body.token).toMatchObject(noRoles)
  })

  test('without a word about it speaks for the user’s own project, where it has a role there, else for none', async () => {
    const { user } = await whole.make('POST /v3/users', { user: { name: 'homely', password: 'x', default_project_id: demoProject.id } })
    const shown = { id: user.id, password: 'x' }
    expect((await ask(undefined, shown)).body.token.project).toBeUndefined()
    await whole.make(`PUT /v3/projects/${demoProject.id}/users/${user.id}/roles/${await roleId('reader')}`)
    expect((await ask(undefined, shown)).body.token.project.name).toBe('demo')
    expect((await ask('unscoped', shown)).body.token.project).toBeUndefined()
    expect((await ask(undefined, demo)).body.token.project).toBeUndefined()
  })

  test('for what is not there, disabled, or of others is refused in the same words', async () => {
    const { project } = await whole.make('POST /v3/projects', { project: { name: 'closed', enabled: false } })
    await whole.make(`PUT /v3/projects/${project.id}/users/${demoId}/roles/${await roleId('reader')}`)
    for (const scope of [
      onProject('admin'),
      onProject('nothing'),
      { project: { id: 'nothing' } },
      { project: { name: 'demo', domain: { name: 'nowhere' } } },
      { project: { id: project.id } },
      { domain: { id: 'nowhere' } },
      { domain: { name: 'nowhere' } },
      { 'OS-TRUST:trust': { id: 'none' } },
    ]) {
      const { status, body } = await ask(scope, demo)
      expect([scope, status, body.error.code]).toEqual([scope, 401, 401])
    }
  })

  test.each([
    [{ project: { name: 'demo' } }],
    [{ project: {} }],
    [{}],
    [{ project: { id: 'a' }, domain: { id: 'b' } }],
    ['all'],
    [{ domain: {} }],
  ])('for %j is not understood', async scope => {
    expect((await ask(scope, demo)).status).toBe(400)
  })

  test('leaves the catalog out when asked to', async () => {
    const { body } = await whole.ask('POST /v3/auth/tokens?nocatalog', {
      body: { auth: { ...byPassword(demo), scope: onProject('demo') } },
    })
    expect([body.token.catalog, body.token.project.name]).toEqual([undefined, 'demo'])
  })
})

describe('a token’s roles', () => {
  test('come through groups, from above and by implication; a domain’s own roles show what they imply', async () => {
    const made = async (route: string, body: object) => Object.values(await whole.make(route, body))[0] as { id: string }
    const user = await made('POST /v3/users', { user: { name: 'many', password: 'x' } })
    const group = await made('POST /v3/groups', { group: { name: 'crew' } })
    await whole.make(`PUT /v3/groups/${group.id}/users/${user.id}`)
    const top = await made('POST /v3/projects', { project: { name: 'top' } })
    const leaf = await made('POST /v3/projects', { project: { name: 'leaf', parent_id: top.id } })
    const [above, given, implied] = [
      await made('POST /v3/roles', { role: { name: 'from-above' } }),
      await made('POST /v3/roles', { role: { name: 'of-domain', domain_id: 'default' } }),
      await made('POST /v3/roles', { role: { name: 'by-implication' } }),
    ]
    await whole.make(`PUT /v3/roles/${given.id}/implies/${implied.id}`)
    await whole.make(`PUT /v3/OS-INHERIT/projects/${top.id}/groups/${group.id}/roles/${above.id}/inherited_to_projects`)
    await whole.make(`PUT /v3/projects/${leaf.id}/users/${user.id}/roles/${given.id}`)
    const { body } = await ask({ project: { id: leaf.id } }, { id: user.id, password: 'x' })
    expect(body.token.roles.map((role: { name: string }) => role.name).toSorted()).toEqual(['by-implication', 'from-above'])
    expect((await ask({ project: { id: top.id } }, { id: user.id, password: 'x' })).status).toBe(401)
  })
})

describe('rescoping', () => {
  const again = (id: string, scope: unknown) => whole.auth({ identity: { methods: ['token'], token: { id } }, scope })

  test('is free among a user’s scopes, except from the system to a project or domain', async () => {
    const unscoped = await whole.signIn(admin)
    const onAdmin = textOf(await again(unscoped, onProject('admin')))
    expect((await again(onAdmin, { system: { all: true } })).status).toBe(201)
    const onSystem = await whole.signIn(admin, { system: { all: true } })
    for (const scope of [onProject('admin'), { domain: { id: 'default' } }]) expect((await again(onSystem, scope)).status).toBe(403)
  })
})

describe('looking through a token', () => {
  test('shows what signing in showed, to itself and to administrators, and its head to HEAD', async () => {
    const signedIn = await ask(onProject('demo'), demo)
    const token = textOf(signedIn)
    const asAdmin = await whole.signIn(admin, onProject('admin'))
    for (const as of [token, asAdmin]) {
      const { status, body, headers } = await whole.ask('GET /v3/auth/tokens', { as, headers: { 'x-subject-token': token } })
      expect([status, headers['x-subject-token'], body]).toEqual([200, token, signedIn.body])
    }
    const head = await whole.ask('HEAD /v3/auth/tokens', { as: token, headers: { 'x-subject-token': token } })
    expect([head.status, head.body]).toEqual([200, ''])
    const bare = await whole.ask('GET /v3/auth/tokens?nocatalog', { as: token, headers: { 'x-subject-token': token } })
    expect(bare.body.token.catalog).toBeUndefined()
  })

  test('is refused to others, and answers 404 for what is no token', async () => {
    const [mine, theirs] = [await whole.signIn(demo), await whole.signIn(admin)]
    expect((await whole.ask('GET /v3/auth/tokens', { as: mine, headers: { 'x-subject-token': theirs } })).status).toBe(403)
    expect((await whole.ask('GET /v3/auth/tokens', { as: theirs, headers: { 'x-subject-token': 'nonsense' } })).status).toBe(404)
    expect((await whole.ask('GET /v3/auth/tokens', { as: 'nonsense', headers: { 'x-subject-token': mine } })).status).toBe(401)
    expect((await whole.ask('GET /v3/auth/tokens', { as: theirs })).status).toBe(404)
    expect((await whole.ask('GET /v3/auth/tokens', { headers: { 'x-subject-token': mine } })).status).toBe(401)
  })

  test('tells a token’s catalog, the projects and domains it could be for, and whether the system', async () => {
    const as = await whole.signIn({ name: 'demo', domain: { id: 'default' }, password: passwords.demo }, onProject('demo'))
    const named = async (route: string, root: string) =>
      (await whole.ask(route, { as })).body[root].map((one: { name: string }) => one.name)
    expect(await named('GET /v3/auth/projects', 'projects')).toEqual(['demo'])
    expect((await named('GET /v3/auth/catalog', 'catalog')).toSorted()).toEqual(['keystone', 'nova'])
    expect((await whole.ask('GET /v3/auth/system', { as })).body.system).toEqual([])
    const asAdmin = await whole.signIn(admin)
    expect((await whole.ask('GET /v3/auth/system', { as: asAdmin })).body.system).toEqual([{ all: true }])
    expect((await whole.ask('GET /v3/auth/catalog', { as: asAdmin })).status).toBe(403)
  })
})
