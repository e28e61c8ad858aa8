import { optional } from '@kilonova/platform/http/fields.ts'
import { flag, maybe, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { type Showing, shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { saysYes } from '../../filters/filter.ts'
import { endpoint, listView, query, view } from '../../versions.ts'
import type { EffectiveAssignment } from '../assignment.ts'
import type { AssignmentLogic } from '../logic/assignments.ts'
import type { Names } from '../logic/list.ts'

/** An assignment, with the names of what it mentions where these were asked for. */
interface Entry {
  readonly assignment: EffectiveAssignment
  readonly names: Names | undefined
}

const within = object({ id: text(), name: text() })
const thing = object({ id: text(), name: maybe(text()), domain: maybe(within) })

const shown = shows<Entry>()
// biome-ignore format: a table of fields
const entryView = view('role_assignment', {
  role:  shown(thing, ({ assignment: { roleId }, names }) => named(roleId, names?.roles, names && { id: roleId, name: '' })),
  user:  shown(thing, ({ assignment: { actor }, names }) => actor.type === 'user' ? named(actor.id, names?.users, names && nobody(actor.id)) : undefined),
  group: shown(thing, ({ assignment: { actor }, names }) => actor.type === 'group' ? named(actor.id, names?.groups, names && nobody(actor.id)) : undefined),
  scope: shown(object({
           project: maybe(thing), domain: maybe(thing), system: maybe(object({ all: flag })), 'OS-INHERIT:inherited_to': maybe(oneOf('projects')),
         }), scopeOf),
  links: shown(object({ assignment: text(), membership: maybe(text()), prior_role: maybe(text()) }), linksOf),
})

const filters = query({
  'user.id': optional(text()),
  'group.id': optional(text()),
  'role.id': optional(text()),
  'scope.project.id': optional(text()),
  'scope.domain.id': optional(text()),
  'scope.system': optional(text()),
  'scope.OS-INHERIT:inherited_to': optional(text()),
  effective: optional(text()),
  include_names: optional(text()),
  include_subtree: optional(text()),
})
type Asked = NonNullable<(typeof filters)['type']>

// biome-ignore format: a table per route
export const listRoutes = (assignments: AssignmentLogic) => [
  endpoint('GET /v3/role_assignments', {
    summary: 'List who has which role on what',
    policy:  'identity:list_role_assignments',
    query:   filters,
    status:  200,
    view:    listView('role_assignments', entryView),
    target:  ({ caller }) => (caller.domainId === undefined ? {} : { target: { domain_id: caller.domainId } }),
    async run({ query, caller, may }) {
      const withSubtree = saysYes(query.include_subtree) ?? false
      if (withSubtree && !may('identity:list_role_assignments_for_tree', { target: { domain_id: caller.domainId ?? null } }))
        throw new Refusal('forbidden', 'You are not authorized to perform the requested action: identity:list_role_assignments_for_tree.')
      const found = await assignments.list({ ...questionOf(query), withSubtree, within: caller.domainId })
      const names = saysYes(query.include_names) ? await assignments.namesOf(found) : undefined
      return { items: found.map(assignment => ({ assignment, names })) }
    },
  }),
]

const questionOf = (asked: Asked) => ({
  userId: asked['user.id'] || undefined,
  groupId: asked['group.id'] || undefined,
  roleId: asked['role.id'] || undefined,
  projectId: asked['scope.project.id'] || undefined,
  domainId: asked['scope.domain.id'] || undefined,
  ofSystem: asked['scope.system'] === 'all',
  inherited: asked['scope.OS-INHERIT:inherited_to'] === undefined ? undefined : asked['scope.OS-INHERIT:inherited_to'] === 'projects',
  effective: saysYes(asked.effective) ?? false,
})

/** NOTE: who is gone but still has assignments is shown without a name, as Keystone does. */
const nobody = (id: string) => ({ id, name: '', domain: { id: '', name: '' } })

const named = (id: string, names: Names['users'] | undefined, otherwise: { id: string; name: string } | undefined) => {
  const found = names?.get(id)
  if (!found) return otherwise ?? { id }
  return { id, name: found.name, ...(found.domain ? { domain: found.domain } : {}) }
}

function scopeOf({ assignment: { target, inherited, viaTarget }, names }: Entry) {
  const reach = inherited || viaTarget ? ({ 'OS-INHERIT:inherited_to': 'projects' } as const) : {}
  if (target.type === 'system') return { system: { all: true } }
  return { [target.type]: named(target.id, names?.projects, undefined), ...reach }
}

/** Where the assignment itself is found, and by what ways it takes effect. */
function linksOf({ assignment }: Entry, { base }: Showing) {
  const { actor, roleId, inherited, viaGroupId, viaTarget, viaRoleId } = assignment
  const target = viaTarget ?? assignment.target
  const where = target.type === 'system' ? '/system' : `/${target.type}s/${target.id}`
  const whose = viaGroupId === undefined ? `/${actor.type}s/${actor.id}` : `/groups/${viaGroupId}`
  const path = `${where}${whose}/roles/${viaRoleId ?? roleId}`
  return {
    assignment: inherited || viaTarget ? `${base}/v3/OS-INHERIT${path}/inherited_to_projects` : `${base}/v3${path}`,
    ...(viaGroupId === undefined ? {} : { membership: `${base}/v3/groups/${viaGroupId}/users/${actor.id}` }),
    // NOTE: Keystone names the two roles in this order and under a path it does not serve; clients only compare it.
    ...(viaRoleId === undefined ? {} : { prior_role: `${base}/v3/prior_role/${roleId}/implies/${viaRoleId}` }),
  }
}
