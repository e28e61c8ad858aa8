import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { limitView } from '../limits/api.ts'
import { projectApi } from './api.ts'
import { projectLogic } from './logic.ts'
import { projectStore } from './store.ts'

const maria = { id: 'u-m', domainId: 'default' }
const gone: string[] = []
let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  gone.length = 0
  at = await bench(({ db, write, chance }) => {
    const others = [{ forgetProject: async (_: unknown, id: string) => void gone.push(id) }]
    const store = projectStore(db)
    const projects = projectLogic({ store, write, chance, others, defaultDomainId: 'default', maxTreeDepth: 5 })
    return projectApi(
      projects,
      { get: async () => ({ ...maria }) as never },
      { logic: { listOfProjects: async () => [] }, view: limitView },
    )
  })
  ask = at.ask
  const row = { description: '', options: '{}', extra: '{}', enabled: 1, is_domain: 1, domain_id: '', parent_id: '' }
  for (const id of ['default', 'other'])
    await at.db.transaction({ requestId: 'req-1', why: 'test' }, tx =>
      tx.change([], sql =>
        sql
          .insertInto('project')
          .values({ ...row, id, name: id, name_folded: id })
          .execute(),
      ),
    )
})
afterEach(() => at.close())

const create = async (project: object) => ask('POST /v3/projects', { as: 'admin', body: { project } })
const made = async (project: object): Promise<string> => (await create(project)).body.project.id
const change = (id: string, project: object) => ask(`PATCH /v3/projects/${id}`, { as: 'admin', body: { project } })
const names = ({ body }: { body: { projects: { name: string }[] } }) => body.projects.map(one => one.name)
const give = (rows: { actor: string; target: string; type?: 'project' | 'domain'; inherited?: boolean; group?: boolean }[]) =>
  at.db.transaction({ requestId: 'req-1', why: 'test' }, tx =>
    tx.change([], sql =>
      sql
        .insertInto('assignment')
        .values(
          rows.map(({ actor, target, type = 'project', inherited = false, group = false }) => ({
            actor_type: group ? ('group' as const) : ('user' as const),
            actor_id: actor,
            target_type: type,
            target_id: target,
            role_id: 'r',
            inherited,
          })),
        )
        .execute(),
    ),
  )

describe('creating a project', () => {
  test('shows it in the default domain, enabled, with free attributes', async () => {
    const { status, body } = await create({ name: ' demo ', colour: 'green', tags: ['b', 'a'] })
    expect(status).toBe(201)
    const { id } = body.project
    expect(id).toMatch(/^[0-9a-f]{32}$/)
    expect(body).toEqual({
      project: {
        id,
        name: 'demo',
        domain_id: 'default',
        parent_id: 'default',
        is_domain: false,
        enabled: true,
        description: '',
        tags: ['a', 'b'],
        options: {},
        colour: 'green',
        links: { self: `http://cloud:5000/v3/projects/${id}` },
      },
    })
  })

  test('puts it into the domain that the token speaks for', async () => {
    const { body } = await ask('POST /v3/projects', { as: 'domain-admin', body: { project: { name: 'p' } } })
    expect(body.project.domain_id).toBe('default')
  })

  test('refuses a name that differs from another only in case, within one domain', async () => {
    await create({ name: 'Demo' })
    const { status, body } = await create({ name: 'demo' })
    expect(status).toBe(409)
    expect(body.error.message).toMatch(
      /^Conflict occurred attempting to store project - it is not permitted to have two projects with either the same name or same id in the same domain: name is demo, project id \w+\.$/,
    )
    expect((await create({ name: 'demo', domain_id: 'other' })).status).toBe(201)
  })

  test.each([
    [{ domain_id: 'nowhere' }, 400, 'Could not find domain: nowhere.'],
    [{ parent_id: 'nobody' }, 400, 'Could not find project: nobody.'],
    [{ parent_id: 'other' }, 400, 'the parent (other) is acting as a domain'],
    [{ is_domain: true, parent_id: 'default' }, 400, 'only root projects are allowed to act as domains.'],
    [{ name: '' }, 400, 'name'],
    [{ name: 'x'.repeat(65) }, 400, 'name'],
    [{ tags: ['a,b'] }, 400, 'a,b'],
    [{ tags: ['a', 'a'] }, 400, 'a'],
    [{ enabled: 'yes' }, 400, 'enabled'],
    [{ options: { loud: true } }, 400, 'loud'],
  ])('refuses %o', async (wrong, code, message) => {
    const { status, body } = await create({ name: 'p', ...wrong })
    expect(status).toBe(code)
    expect(body.error.message).toContain(message)
  })

  test('refuses a parent of another domain, a disabled one, and the sixth level', async () => {
    const foreign = await made({ name: 'f', domain_id: 'other' })
    expect((await create({ name: 'p', parent_id: foreign })).body.error.message).toContain(
      'specifies a parent in a different domain (other)',
    )
    const off = await made({ name: 'off', enabled: false })
    expect((await create({ name: 'p', parent_id: off })).body.error.message).toBe(
      `cannot create a project in a branch containing a disabled project: ${off}`,
    )
    let parent_id = 'default'
    for (const name of ['1', '2', '3', '4', '5']) parent_id = await made({ name, parent_id })
    const { status, body } = await create({ name: '6', parent_id })
    expect([status, body.error.message]).toEqual([403, `Max hierarchy depth reached for ${parent_id} branch.`])
  })

  test('as a domain gives one of that name only', async () => {
    const { body } = await create({ name: 'realm', is_domain: true })
    expect(body.project).toMatchObject({ is_domain: true, domain_id: null, parent_id: null })
    const again = await create({ name: 'realm', is_domain: true })
    expect(again.body.error.message).toBe(
      'Conflict occurred attempting to store project - it is not permitted to have two projects acting as domains with the same name: realm.',
    )
  })
})

describe('changing a project', () => {
  test('changes what the wish names and repeats the free attributes', async () => {
    const id = await made({ name: 'p', colour: 'green' })
    const { body } = await change(id, { name: 'q', size: 3 })
    expect(body.project).toMatchObject({ name: 'q', colour: 'green', size: 3, extra: { colour: 'green', size: 3 } })
    expect((await ask(`GET /v3/projects/${id}`, { as: 'admin' })).body.project.extra).toBeUndefined()
  })

  test.each([
    [{ domain_id: 'other' }, 400, 'Cannot change Domain ID'],
    [{ parent_id: 'other' }, 403, 'Update of `parent_id` is not allowed.'],
    [{ is_domain: true }, 400, 'Update of `is_domain` is not allowed.'],
    [{ id: 'x' }, 400, 'Cannot change ID'],
    [{}, 400, 'does not have enough properties'],
  ])('refuses %o', async (wish, code, message) => {
    const { status, body } = await change(await made({ name: 'p' }), wish)
    expect(status).toBe(code)
    expect(body.error.message).toContain(message)
  })

  test('switches off from the leaves up, and on from the top down', async () => {
    const top = await made({ name: 'top' })
    const leaf = await made({ name: 'leaf', parent_id: top })
    expect((await change(top, { enabled: false })).body.error.message).toBe(
      `Cannot disable project ${top} since its subtree contains enabled projects.`,
    )
    expect((await change(leaf, { enabled: false })).status).toBe(200)
    expect((await change(top, { enabled: false })).status).toBe(200)
    expect((await change(leaf, { enabled: true })).body.error.message).toBe(`Cannot enable project ${leaf} since it has disabled parents`)
  })

  test('is impossible while it is immutable, except for taking that back', async () => {
    const id = await made({ name: 'p', options: { immutable: true } })
    const refused = `immutable project resource: \`${id}. Set resource option "immutable" to false first.`
    expect((await change(id, { name: 'q', options: { immutable: false } })).body.error.message).toBe(`Unable to update ${refused}`)
    const deleted = await ask(`DELETE /v3/projects/${id}`, { as: 'admin' })
    expect([deleted.status, deleted.body.error.message]).toEqual([403, `Unable to delete ${refused}`])
    expect((await ask(`PUT /v3/projects/${id}/tags/x`, { as: 'admin' })).body.error.message).toContain('project is immutable')
    expect((await change(id, { options: { immutable: null } })).body.project.options).toEqual({})
    expect((await change(id, { name: 'q' })).status).toBe(200)
  })
})

describe('listing projects', () => {
  beforeEach(async () => {
    const red = await made({ name: 'Red', tags: ['warm', 'loud'] })
    await create({ name: 'rose', tags: ['warm'], parent_id: red })
    await create({ name: 'blue', tags: ['cold'], enabled: false })
    await create({ name: 'green', domain_id: 'other' })
  })

  test.each([
    ['', ['Red', 'blue', 'green', 'rose']],
    ['name=red', ['Red']],
    ['name__contains=e', ['Red', 'blue', 'green', 'rose']],
    ['name__startswith=r', ['rose']],
    ['name__istartswith=r', ['Red', 'rose']],
    ['name__endswith=en', ['green']],
    ['domain_id=other', ['green']],
    ['enabled=False', ['blue']],
    ['enabled', ['Red', 'green', 'rose']],
    ['is_domain=true', ['default', 'other']],
    ['parent_id=default', ['Red', 'blue']],
    ['tags=warm', ['Red', 'rose']],
    ['tags=warm,loud', ['Red']],
    ['tags-any=loud,cold', ['Red', 'blue']],
    ['not-tags=warm,loud', ['blue', 'green', 'rose']],
    ['not-tags-any=warm,cold', ['green']],
    ['tags=warm&not-tags-any=loud', ['rose']],
  ])('with "%s" gives %o', async (query, expected) => {
    expect(names(await ask(`GET /v3/projects?${query}`, { as: 'admin' }))).toEqual(expected)
  })

  test('shows the admin of a domain that domain alone', async () => {
    expect(names(await ask('GET /v3/projects', { as: 'domain-admin' }))).toEqual(['Red', 'blue', 'rose'])
    expect(names(await ask('GET /v3/projects?domain_id=other', { as: 'domain-admin' }))).toEqual([])
  })
})

describe('what stands above and below', () => {
  let top: string
  let middle: string
  let leaf: string
  beforeEach(async () => {
    top = await made({ name: 'top' })
    middle = await made({ name: 'middle', parent_id: top })
    leaf = await made({ name: 'leaf', parent_id: middle })
  })
  const show = (query: string, as = 'admin') => ask(`GET /v3/projects/${middle}?${query}`, { as })

  test('comes as trees of ids', async () => {
    expect((await show('parents_as_ids&subtree_as_ids')).body.project).toMatchObject({
      parents: { [top]: { default: null } },
      subtree: { [leaf]: null },
    })
    expect((await ask(`GET /v3/projects/${leaf}?subtree_as_ids`, { as: 'admin' })).body.project.subtree).toBeNull()
  })

  test('comes whole only as far as the caller has roles there', async () => {
    await give([{ actor: 'u-a', target: leaf }])
    const { body } = await show('parents_as_list&subtree_as_list')
    expect(body.project.parents).toEqual([])
    expect(body.project.subtree).toMatchObject([{ project: { id: leaf, name: 'leaf', links: {} } }])
  })

  test('is not asked for by 0, nor in two ways at once', async () => {
    expect((await show('parents_as_ids=0')).body.project.parents).toBeUndefined()
    const { status, body } = await show('subtree_as_list&subtree_as_ids')
    expect([status, body.error.message]).toEqual([400, 'Cannot use subtree_as_list and subtree_as_ids query params at the same time.'])
  })
})

test('the projects of a user are those with a role on them, also through groups and inherited from above', async () => {
  const [direct, top, viaGroup] = [await made({ name: 'direct' }), await made({ name: 'top' }), await made({ name: 'via group' })]
  await made({ name: 'below', parent_id: top })
  await made({ name: 'elsewhere', domain_id: 'other' })
  await made({ name: 'nothing here' })
  await at.db.transaction({ requestId: 'req-1', why: 'test' }, tx =>
    tx.change([], sql => sql.insertInto('membership').values({ user_id: 'u-m', group_id: 'g' }).execute()),
  )
  await give([
    { actor: 'u-m', target: direct },
    { actor: 'g', target: viaGroup, group: true },
    { actor: 'u-m', target: top, inherited: true },
    { actor: 'u-m', target: 'other', type: 'domain', inherited: true },
    { actor: 'u-m', target: 'default', type: 'domain' },
  ])
  const all = await ask('GET /v3/users/u-m/projects', { as: 'member' })
  expect(names(all)).toEqual(['below', 'direct', 'elsewhere', 'via group'])
  expect(names(await ask('GET /v3/users/u-m/projects?name=direct', { as: 'member' }))).toEqual(['direct'])
})

describe('deleting a project', () => {
  test('makes others forget it', async () => {
    const id = await made({ name: 'p', tags: ['a'] })
    expect((await ask(`DELETE /v3/projects/${id}`, { as: 'admin' })).status).toBe(204)
    expect(gone).toEqual([id])
    expect((await ask(`GET /v3/projects/${id}`, { as: 'admin' })).status).toBe(404)
  })

  test('starts with the leaves', async () => {
    const top = await made({ name: 'top' })
    await made({ name: 'leaf', parent_id: top })
    const { status, body } = await ask(`DELETE /v3/projects/${top}`, { as: 'admin' })
    expect(status).toBe(403)
    expect(body.error.message).toContain(`Cannot delete the project ${top} since it is not a leaf in the hierarchy.`)
  })
})

describe('tags', () => {
  let path: string
  beforeEach(async () => {
    path = `/v3/projects/${await made({ name: 'p', tags: ['a'] })}/tags`
  })

  test('are listed, replaced and taken off together', async () => {
    expect((await ask(`GET ${path}`, { as: 'admin' })).body).toEqual({ tags: ['a'], links: { self: `http://cloud:5000${path}` } })
    expect((await ask(`PUT ${path}`, { as: 'admin', body: { tags: ['x', 'y'] } })).body.tags).toEqual(['x', 'y'])
    expect((await ask(`DELETE ${path}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`GET ${path}`, { as: 'admin' })).body.tags).toEqual([])
  })

  test('come and go one by one', async () => {
    const put = await ask(`PUT ${path}/b`, { as: 'admin' })
    expect([put.status, put.headers['location'], put.body]).toEqual([201, `http://cloud:5000${path}/b`, ''])
    expect((await ask(`GET ${path}/b`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`DELETE ${path}/b`, { as: 'admin' })).status).toBe(204)
    const missing = await ask(`GET ${path}/b`, { as: 'admin' })
    expect([missing.status, missing.body.error.message]).toEqual([404, 'Could not find project tag: b.'])
    expect((await ask(`DELETE ${path}/b`, { as: 'admin' })).status).toBe(404)
  })

  test('are refused when they hold a comma, are there already, or are too many', async () => {
    expect((await ask(`PUT ${path}/a%2Cb`, { as: 'admin' })).status).toBe(400)
    expect((await ask(`PUT ${path}/a`, { as: 'admin' })).status).toBe(400)
    await ask(`PUT ${path}`, { as: 'admin', body: { tags: Array.from({ length: 80 }, (_, n) => `t${n}`) } })
    expect((await ask(`PUT ${path}/one-more`, { as: 'admin' })).status).toBe(400)
  })
})

describe('who may', () => {
  test.each([
    ['GET /v3/projects', 403, 200, 200],
    ['POST /v3/projects', 403, 201, 403],
    ['GET /v3/projects/none', 403, 404, 404],
    ['PATCH /v3/projects/none', 403, 404, 403],
    ['DELETE /v3/projects/none', 403, 404, 403],
    ['GET /v3/projects/none/tags', 403, 404, 404],
    ['PUT /v3/projects/none/tags', 403, 404, 403],
    ['DELETE /v3/projects/none/tags', 403, 404, 403],
    ['GET /v3/projects/none/tags/x', 403, 404, 404],
    ['PUT /v3/projects/none/tags/x', 403, 404, 403],
    ['DELETE /v3/projects/none/tags/x', 403, 404, 403],
    ['GET /v3/users/u-m/projects', 200, 200, 200],
  ])('%s: a stranger never, a member %i, an admin %i, a reader of the system %i', async (route, member, admin, reader) => {
    const body = route.endsWith('/tags') ? { tags: [] } : { project: { name: 'p' } }
    const wish = /^P\w+ .*(projects|none|tags)$/.test(route) ? { body } : {}
    expect((await ask(route, wish)).status).toBe(401)
    expect((await ask(route, { as: 'member', ...wish })).status).toBe(member)
    expect((await ask(route, { as: 'admin', ...wish })).status).toBe(admin)
    expect((await ask(route, { as: 'system-reader', ...wish })).status).toBe(reader)
  })

  test('a member sees the project of its token', async () => {
    await at.db.transaction({ requestId: 'req-1', why: 'test' }, tx =>
      tx.change([], sql =>
        sql
          .insertInto('project')
          .values({
            id: 'p-demo',
            name: 'demo',
            name_folded: 'demo',
            domain_id: 'default',
            parent_id: 'default',
            is_domain: 0,
            enabled: 1,
            description: '',
            options: '{}',
            extra: '{}',
          })
          .execute(),
      ),
    )
    expect((await ask('GET /v3/projects/p-demo', { as: 'member' })).status).toBe(200)
    expect((await ask('HEAD /v3/projects/p-demo', { as: 'member' })).status).toBe(200)
    expect((await ask('GET /v3/projects/default', { as: 'member' })).status).toBe(403)
    expect((await ask('GET /v3/users/somebody/projects', { as: 'reader' })).status).toBe(403)
  })
})
