import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
import { maybe, nullable, flag, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Role } from '../../roles/role.ts'
import { endpoint, listView, view } from '../../versions.ts'
import { type Actor, type Assignment, system, type Target } from '../assignment.ts'
import type { AssignmentLogic, Parties } from '../logic/assignments.ts'

const shown = shows<Role>()
// biome-ignore format: a table of fields
const roleView = view('role', {
  id:          shown(text(), role => role.id),
  name:        shown(text(), role => role.name),
  domain_id:   shown(nullable(text()), role => role.domainId),
  description: shown(nullable(text()), role => role.description),
  options:     shown(object({ immutable: maybe(flag) }), role => role.options),
  links:       shown(object({ self: text() }), (role, { base }) => ({ self: `${base}/v3/roles/${role.id}` })),
}, role => role.extra)

/** One family of routes: whose roles, on what, and whether they hold there or below. */
interface Family {
  readonly actor: Actor['type']
  readonly target: Target['type']
  readonly inherited: boolean
}

const families: readonly Family[] = [
  { target: 'project', actor: 'user', inherited: false },
  { target: 'project', actor: 'group', inherited: false },
  { target: 'domain', actor: 'user', inherited: false },
  { target: 'domain', actor: 'group', inherited: false },
  { target: 'project', actor: 'user', inherited: true },
  { target: 'project', actor: 'group', inherited: true },
  { target: 'domain', actor: 'user', inherited: true },
  { target: 'domain', actor: 'group', inherited: true },
  { target: 'system', actor: 'user', inherited: false },
  { target: 'system', actor: 'group', inherited: false },
]

/** The routes by which single assignments are given, checked, listed and taken: the same four for every family. */
export const grantRoutes = (assignments: AssignmentLogic): readonly Endpoint[] => families.flatMap(family => routesOf(family, assignments))

// biome-ignore format: a table per route
function routesOf(family: Family, assignments: AssignmentLogic): readonly Endpoint[] {
  const { actor, target, inherited } = family
  const { one, all } = pathsOf(family)
  const policies = policiesOf(family)
  const whose = `${actor === 'user' ? 'a user' : 'a group'} ${target === 'system' ? 'on the system' : inherited ? `on all projects below a ${target}` : `on a ${target}`}`
  const about = ({ params }: Asked) => assignments.parties(actorOf(family, params), targetOf(family, params), ids(params)['role_id'])
  const ruleTarget = (asked: Asked & { about: Parties }) => ({ ...ids(asked.params), target: ruleTargetOf(asked.about) })

  const list = endpoint(`GET ${all}`, {
    summary: `List the roles given to ${whose}`,
    policy:  policies.list,
    status:  200,
    view:    listView('roles', roleView),
    about,
    target:  ruleTarget,
    run:     async ({ params }) => ({ items: await assignments.rolesGiven(actorOf(family, params), targetOf(family, params), inherited) }),
  })

  const check = endpoint(`GET ${one}`, {
    summary: `Check that a role is given to ${whose}`,
    policy:  policies.check,
    status:  204,
    about,
    target:  ruleTarget,
    run:     ({ params }) => assignments.check(assignmentOf(family, params)),
  })

  const give = endpoint(`PUT ${one}`, {
    summary: `Give a role to ${whose}`,
    policy:  policies.give,
    status:  204,
    about,
    target:  ruleTarget,
    run:     ({ params, cause }) => assignments.give(assignmentOf(family, params), cause),
  })

  const take = endpoint(`DELETE ${one}`, {
    summary: `Take a role from ${whose}`,
    policy:  policies.take,
    status:  204,
    about:   ({ params }) => assignments.parties(actorOf(family, params), targetOf(family, params), ids(params)['role_id'], { mayBeGone: true }),
    target:  ruleTarget,
    run:     ({ params, cause }) => assignments.take(assignmentOf(family, params), cause),
  })

  // Keystone lists what is inherited from a domain only.
  return inherited && target === 'project' ? [check, give, take] : [list, check, give, take]
}

interface Asked {
  readonly params: unknown
}

/** The paths are put together, so their parameters are known by name only. */
const ids = (params: unknown) => params as Readonly<Record<string, string | undefined>>

function pathsOf({ actor, target, inherited }: Family): { one: string; all: string } {
  const where = target === 'system' ? '/system' : `/${target}s/{${target}_id}`
  const roles = `/v3${inherited ? '/OS-INHERIT' : ''}${where}/${actor}s/{${actor}_id}/roles`
  const end = inherited ? '/inherited_to_projects' : ''
  return { one: `${roles}/{role_id}${end}`, all: `${roles}${end}` }
}

const policiesOf = ({ actor, target }: Family) =>
  target === 'system'
    ? {
        list: `identity:list_system_grants_for_${actor}`,
        check: `identity:check_system_grant_for_${actor}`,
        give: `identity:create_system_grant_for_${actor}`,
        take: `identity:revoke_system_grant_for_${actor}`,
      }
    : { list: 'identity:list_grants', check: 'identity:check_grant', give: 'identity:create_grant', take: 'identity:revoke_grant' }

const actorOf = ({ actor }: Family, params: unknown): Actor => ({ type: actor, id: ids(params)[`${actor}_id`] ?? '' })

const targetOf = ({ target }: Family, params: unknown): Target =>
  target === 'system' ? system : { type: target, id: ids(params)[`${target}_id`] ?? '' }

const assignmentOf = (family: Family, params: unknown): Assignment => ({
  actor: actorOf(family, params),
  target: targetOf(family, params),
  roleId: ids(params)['role_id'] ?? '',
  inherited: family.inherited,
})

const ruleTargetOf = ({ user, group, project, domain, role }: Parties) => ({
  ...(user ? { user: { id: user.id, domain_id: user.domainId } } : {}),
  ...(group ? { group: { id: group.id, domain_id: group.domainId } } : {}),
  ...(project ? { project: { id: project.id, domain_id: project.domainId } } : {}),
  ...(domain ? { domain } : {}),
  ...(role ? { role: { id: role.id, name: role.name, domain_id: role.domainId } } : {}),
})
