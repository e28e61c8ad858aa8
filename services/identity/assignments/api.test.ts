import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'
import { impliedRoleApi } from '../implied-roles/api.ts'
import { impliedRoleLogic } from '../implied-roles/logic.ts'
import { impliedRoleStore } from '../implied-roles/store.ts'
import { roleApi } from '../roles/api.ts'
import { roleLogic } from '../roles/logic.ts'
import { roleStore } from '../roles/store.ts'
import { assignmentApi } from './api/assignments.ts'
import { type AssignmentLogic, assignmentLogic } from './logic/assignments.ts'
import { assignmentStore } from './store.ts'

let at: Bench
let ask: Bench['ask']
let assignments: AssignmentLogic
const role: Record<string, string> = {}

/** Domains `default` and `d2`; projects `top` with `child` below it, and `far` in `d2`; users `ann` and `bob`; ann's group `staff`. */
beforeEach(async () => {
  at = await bench(({ db, write, chance }) => {
    const implied = impliedRoleLogic({
      store: impliedRoleStore(db),
      write,
      prohibited: ['admin'],
      roles: { get: id => roles.get(id), listByIds: ids => roles.listByIds(ids) },
    })
    assignments = assignmentLogic({
      store: assignmentStore(db),
      write,
      roles: { get: id => roles.get(id), listByIds: ids => roles.listByIds(ids) },
    })
    const roles = roleLogic({ store: roleStore(db), write, chance, others: [implied, assignments] })
    return [...roleApi(roles), ...impliedRoleApi(implied), ...assignmentApi(assignments)]
  })
  ask = at.ask
  const project = (id: string, domain_id: string, parent_id: string) => ({
    id,
    name: id,
    name_folded: id,
    domain_id,
    parent_id,
    is_domain: domain_id === '',
    enabled: true,
    description: '',
    options: '{}',
    extra: '{}',
  })
  const user = (id: string, domain_id = 'default') => ({
    id,
    name: id,
    name_folded: id,
    domain_id,
    default_project_id: null,
    enabled: true,
    options: '{}',
    extra: '{}',
    created_at: '',
    last_active_at: null,
    failed_auth_count: 0,
    failed_auth_at: null,
  })
  await at.db.transaction({ requestId: 'req-test', why: 'test' }, tx =>
    tx.change([], async sql => {
      await sql
        .insertInto('project')
        .values([
          project('default', '', ''),
          project('d2', '', ''),
          project('top', 'default', 'default'),
          project('child', 'default', 'top'),
          project('far', 'd2', 'd2'),
        ])
        .execute()
      await sql
        .insertInto('user')
        .values([user('ann'), user('bob'), user('cleo', 'd2')])
        .execute()
      const staff = { id: 'staff', name: 'staff', name_folded: 'staff', domain_id: 'default', description: '', extra: '{}' }
      await sql.insertInto('user_group').values(staff).execute()
      await sql.insertInto('membership').values({ user_id: 'ann', group_id: 'staff' }).execute()
    }),
  )
  for (const name of ['member', 'reader'])
    role[name] = (await ask('POST /v3/roles', { as: 'admin', body: { role: { name } } })).body.role.id
})
afterEach(() => at.close())

const put = (path: string) => ask(`PUT /v3/${path}`, { as: 'admin' })
const list = async (query: string, as = 'admin') => (await ask(`GET /v3/role_assignments${query}`, { as })).body.role_assignments

const targets = [
  ['projects/top/users/ann', ''],
  ['projects/top/groups/staff', ''],
  ['domains/default/users/ann', ''],
  ['domains/default/groups/staff', ''],
  ['system/users/ann', ''],
  ['system/groups/staff', ''],
  ['OS-INHERIT/projects/top/users/ann', '/inherited_to_projects'],
  ['OS-INHERIT/projects/top/groups/staff', '/inherited_to_projects'],
  ['OS-INHERIT/domains/default/users/ann', '/inherited_to_projects'],
  ['OS-INHERIT/domains/default/groups/staff', '/inherited_to_projects'],
]

describe.each(targets)('%s', (where, end) => {
  const path = () => `/v3/${where}/roles/${role['member']}${end}`

  test('is given a role, twice with the same outcome, is checked, and loses it', async () => {
    expect((await ask(`GET ${path()}`, { as: 'admin' })).status).toBe(404)
    expect((await ask(`PUT ${path()}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`PUT ${path()}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`GET ${path()}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`HEAD ${path()}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`DELETE ${path()}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`DELETE ${path()}`, { as: 'admin' })).status).toBe(404)
  })

  test('is not given a role that is not there', async () => {
    expect((await ask(`PUT /v3/${where}/roles/none${end}`, { as: 'admin' })).status).toBe(404)
  })

  test('is refused to a stranger and to a member', async () => {
    for (const method of ['GET', 'PUT', 'DELETE']) {
      expect((await ask(`${method} ${path()}`)).status).toBe(401)
      expect((await ask(`${method} ${path()}`, { as: 'member' })).status).toBe(403)
    }
  })
})

describe.each(targets.filter(([where = '']) => !where.startsWith('OS-INHERIT/projects')))('%s', (where, end) => {
  test('lists its roles', async () => {
    await ask(`PUT /v3/${where}/roles/${role['member']}${end}`, { as: 'admin' })
    const route = `GET /v3/${where}/roles${end}`
    expect((await ask(route)).status).toBe(401)
    expect((await ask(route, { as: 'member' })).status).toBe(403)
    const { body } = await ask(route, { as: 'admin' })
    expect(body.roles).toMatchObject([
      { id: role['member'], name: 'member', links: { self: `http://cloud:5000/v3/roles/${role['member']}` } },
    ])
  })
})

describe('giving a role', () => {
  test('refuses users, groups, projects and domains that are not there', async () => {
    const { body } = await put(`projects/top/users/none/roles/${role['member']}`)
    expect(body.error.message).toBe('Could not find user: none.')
    expect((await put(`projects/none/users/ann/roles/${role['member']}`)).status).toBe(404)
    expect((await put(`domains/top/users/ann/roles/${role['member']}`)).status).toBe(404)
    expect((await put(`domains/default/groups/none/roles/${role['member']}`)).status).toBe(404)
  })

  test('of one domain is refused elsewhere', async () => {
    const own = (await ask('POST /v3/roles', { as: 'admin', body: { role: { name: 'own', domain_id: 'd2' } } })).body.role.id
    expect((await put(`projects/far/users/ann/roles/${own}`)).status).toBe(204)
    expect((await put(`projects/top/users/ann/roles/${own}`)).status).toBe(403)
    expect((await put(`system/users/ann/roles/${own}`)).status).toBe(400)
  })

  test('ends with the role', async () => {
    await put(`projects/top/users/ann/roles/${role['member']}`)
    await ask(`DELETE /v3/roles/${role['member']}`, { as: 'admin' })
    expect(await list('')).toEqual([])
  })

  test('is told as a change that concerns the user, and nobody in particular for a group', async () => {
    await put(`projects/top/users/ann/roles/${role['member']}`)
    await put(`projects/top/groups/staff/roles/${role['member']}`)
    const changes = (await at.db.changes.read(0)).filter(change => change.kind === 'identity.assignment')
    expect(changes.map(({ userId, projectId }) => [userId ?? null, projectId])).toEqual([
      ['ann', 'top'],
      [null, 'top'],
    ])
  })
})

describe('listing assignments', () => {
  beforeEach(async () => {
    await put(`projects/top/users/ann/roles/${role['reader']}`)
    await put(`domains/default/groups/staff/roles/${role['member']}`)
    await put(`system/users/bob/roles/${role['reader']}`)
    await put(`OS-INHERIT/domains/default/groups/staff/roles/${role['member']}/inherited_to_projects`)
  })

  test('shows each with its scope and a link to itself', async () => {
    const all = await list('')
    expect(all).toHaveLength(4)
    expect(all).toContainEqual({
      role: { id: role['reader'] },
      user: { id: 'ann' },
      scope: { project: { id: 'top' } },
      links: { assignment: `http://cloud:5000/v3/projects/top/users/ann/roles/${role['reader']}` },
    })
    expect(all).toContainEqual({
      role: { id: role['reader'] },
      user: { id: 'bob' },
      scope: { system: { all: true } },
      links: { assignment: `http://cloud:5000/v3/system/users/bob/roles/${role['reader']}` },
    })
    expect(all).toContainEqual({
      role: { id: role['member'] },
      group: { id: 'staff' },
      scope: { domain: { id: 'default' }, 'OS-INHERIT:inherited_to': 'projects' },
      links: { assignment: `http://cloud:5000/v3/OS-INHERIT/domains/default/groups/staff/roles/${role['member']}/inherited_to_projects` },
    })
  })

  test.each([
    ['?user.id=ann', 1],
    ['?group.id=staff', 2],
    ['?scope.project.id=top', 1],
    ['?scope.domain.id=default', 2],
    ['?scope.domain.id=default&scope.OS-INHERIT:inherited_to=projects', 1],
    ['?scope.system=all', 1],
    ['?user.id=bob&scope.system=all', 1],
    ['?user.id=ann&scope.system=all', 0],
    ['?user.id=nobody', 0],
  ])('%s narrows them to %i', async (query, count) => {
    expect(await list(query)).toHaveLength(count)
  })

  test('narrows them to one role', async () => {
    expect(await list(`?role.id=${role['reader']}`)).toHaveLength(2)
  })

  test.each([
    '?scope.domain.id=default&scope.project.id=top',
    '?scope.domain.id=default&scope.system=all',
    '?scope.project.id=top&scope.system=all',
    '?user.id=ann&group.id=staff',
    '?effective&group.id=staff',
    '?effective&scope.domain.id=default&scope.OS-INHERIT:inherited_to=projects',
    '?include_subtree',
  ])('refuses %s, which makes no sense', async query => {
    expect((await ask(`GET /v3/role_assignments${query}`, { as: 'admin' })).status).toBe(400)
  })

  test('with names says who and where, within which domain', async () => {
    const [one] = await list('?user.id=ann&include_names=true')
    const domain = { id: 'default', name: 'default' }
    expect(one).toMatchObject({
      role: { id: role['reader'], name: 'reader' },
      user: { id: 'ann', name: 'ann', domain },
      scope: { project: { id: 'top', name: 'top', domain } },
    })
  })

  test('in effect shows the members of groups on every project below, with the way there', async () => {
    const all = await list('?effective&user.id=ann&scope.project.id=child')
    expect(all).toEqual([
      {
        role: { id: role['member'] },
        user: { id: 'ann' },
        scope: { project: { id: 'child' }, 'OS-INHERIT:inherited_to': 'projects' },
        links: {
          assignment: `http://cloud:5000/v3/OS-INHERIT/domains/default/groups/staff/roles/${role['member']}/inherited_to_projects`,
          membership: 'http://cloud:5000/v3/groups/staff/users/ann',
        },
      },
    ])
  })

  test('in effect shows implied roles and the role they come from', async () => {
    await ask(`PUT /v3/roles/${role['member']}/implies/${role['reader']}`, { as: 'admin' })
    const all = await list('?effective&user.id=ann&scope.domain.id=default')
    expect(all.map((one: { role: object }) => one.role)).toEqual([{ id: role['member'] }, { id: role['reader'] }])
    expect(all[1].links).toEqual({
      assignment: `http://cloud:5000/v3/domains/default/groups/staff/roles/${role['member']}`,
      membership: 'http://cloud:5000/v3/groups/staff/users/ann',
      prior_role: `http://cloud:5000/v3/prior_role/${role['reader']}/implies/${role['member']}`,
    })
  })

  test('with the subtree shows the projects below as well', async () => {
    await put(`projects/child/users/bob/roles/${role['member']}`)
    expect(await list('?scope.project.id=top')).toHaveLength(1)
    expect(await list('?scope.project.id=top&include_subtree=true')).toHaveLength(2)
  })

  test('shows an administrator of a domain that domain only', async () => {
    await put(`projects/far/users/ann/roles/${role['reader']}`)
    expect(await list('', 'domain-admin')).toHaveLength(3)
  })

  test('a role inherited from a project holds below it and not on it', async () => {
    await put(`OS-INHERIT/projects/top/users/bob/roles/${role['member']}/inherited_to_projects`)
    const all = await list('?effective&user.id=bob')
    expect(all.map((one: { scope: object }) => one.scope)).toEqual([{ project: { id: 'child' }, 'OS-INHERIT:inherited_to': 'projects' }])
  })
})

describe('what a user may reach', () => {
  test('follows groups and inheritance', async () => {
    await put(`OS-INHERIT/domains/default/groups/staff/roles/${role['member']}/inherited_to_projects`)
    await put(`domains/d2/users/ann/roles/${role['member']}`)
    await put(`system/groups/staff/roles/${role['reader']}`)
    expect([...(await assignments.projectsOf('ann'))].sort()).toEqual(['child', 'top'])
    expect(await assignments.domainsOf('ann')).toEqual(['d2'])
    expect(await assignments.systemRolesOf('ann')).toEqual([role['reader']])
    expect(await assignments.projectsOf('bob')).toEqual([])
  })

  test('is not reached by a role that only its domain knows, but by what that implies', async () => {
    const own = (await ask('POST /v3/roles', { as: 'admin', body: { role: { name: 'own', domain_id: 'default' } } })).body.role.id
    await put(`projects/top/users/bob/roles/${own}`)
    expect(await assignments.projectsOf('bob')).toEqual([])
    expect(await assignments.rolesOn('bob', 'top', { withDomainRoles: true })).toEqual([own])
    await ask(`PUT /v3/roles/${own}/implies/${role['reader']}`, { as: 'admin' })
    expect(await assignments.projectsOf('bob')).toEqual(['top'])
    expect(await assignments.rolesOn('bob', 'top')).toEqual([role['reader']])
  })
})

describe('who may', () => {
  test.each([
    ['member', 403],
    ['reader', 403],
    ['admin', 200],
    ['system-reader', 200],
    ['domain-admin', 200],
  ])('list assignments: %s gets %i', async (as, status) => {
    expect((await ask('GET /v3/role_assignments')).status).toBe(401)
    expect((await ask('GET /v3/role_assignments', { as })).status).toBe(status)
  })
})
