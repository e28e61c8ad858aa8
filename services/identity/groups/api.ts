import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, id, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { inexactFilters } from '../filters/filter.ts'
import type { UserLogic } from '../users/logic.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { Group } from './group.ts'
import type { GroupLogic, Wish } from './logic.ts'

const name = text({ min: 1, max: 255, pattern: '\\S' })

// biome-ignore format: a table of fields
const fields = {
  id:          optional(anything),
  domain_id:   optional(id),
  description: optional(nullable(text())),
}
const createBody = body('group', { name: required(name), ...fields }, { extra: 'keep' })
const updateBody = body('group', { name: optional(name), ...fields }, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<Group>()
// biome-ignore format: a table of fields
const cells = {
  id:          shown(text(), group => group.id),
  name:        shown(text(), group => group.name),
  domain_id:   shown(text(), group => group.domainId),
  description: shown(text(), group => group.description),
  links:       shown(object({ self: text() }), (group, { base }) => ({ self: `${base}/v3/groups/${group.id}` })),
}
const groupView = view<Group>('group', cells, group => group.extra)

/** Memberships that a federated sign-in gives for a while are not kept yet: none ends. */
const heldView = view<Group>('group', { ...cells, membership_expires_at: shown(nullable(text()), () => null) }, group => group.extra)

// biome-ignore format: a table per route
export const groupApi = (groups: GroupLogic, users: Pick<UserLogic, 'get'>) => {
  const about = ({ params }: { params: { group_id: string } }) => groups.get(params.group_id)
  const target = ({ about }: { about: Group }) => ({ target: { group: forPolicy(about) } })
  const aboutMember = async ({ params }: { params: { group_id: string; user_id: string } }) =>
    ({ group: await groups.get(params.group_id), user: await users.get(params.user_id) })
  const memberTarget = ({ about }: { about: { group: Owned; user: Owned } }) =>
    ({ target: { group: forPolicy(about.group), user: forPolicy(about.user) } })
  return [
  endpoint('GET /v3/groups', {
    summary: 'List the groups',
    policy:  'identity:list_groups',
    target:  ({ caller }) => ({ target: { group: { domain_id: caller.domainId } } }),
    query:   query({ domain_id: optional(text()), name: optional(text()) }),
    status:  200,
    view:    listView('groups', groupView),
    run:     ({ query, caller }) =>
      groups.list({ domainIds: domainsOf(query, caller), name: query.name }, inexactFilters(query, ['name'])),
  }),

  endpoint('POST /v3/groups', {
    summary: 'Create a group',
    policy:  'identity:create_group',
    body:    createBody,
    target:  ({ body }) => ({ target: { group: body } }),
    status:  201,
    view:    groupView,
    run:     ({ body, caller, cause }) =>
      groups.create({ ...wishOf(body), name: body.name, domainId: body.domain_id ?? caller.domainId }, cause),
  }),

  endpoint('GET /v3/groups/{group_id}', {
    summary: 'Show a group',
    policy:  'identity:get_group',
    about, target,
    status:  200,
    view:    groupView,
    run:     ({ about }) => about,
  }),

  endpoint('PATCH /v3/groups/{group_id}', {
    summary: 'Change a group',
    policy:  'identity:update_group',
    about, target,
    body:    updateBody,
    status:  200,
    view:    groupView,
    run:     ({ params, body, cause }) => groups.update(params.group_id, checked(params.group_id, body), cause),
  }),

  endpoint('DELETE /v3/groups/{group_id}', {
    summary: 'Delete a group',
    policy:  'identity:delete_group',
    about, target,
    status:  204,
    run:     ({ params, cause }) => groups.delete(params.group_id, cause),
  }),

  endpoint('GET /v3/groups/{group_id}/users/{user_id}', {
    summary: 'Check whether a user is in a group',
    policy:  'identity:check_user_in_group',
    about:   aboutMember,
    target:  memberTarget,
    status:  204,
    run:     ({ params }) => groups.mustHaveMember(params.group_id, params.user_id),
  }),

  endpoint('PUT /v3/groups/{group_id}/users/{user_id}', {
    summary: 'Add a user to a group',
    policy:  'identity:add_user_to_group',
    about:   aboutMember,
    target:  memberTarget,
    status:  204,
    run:     ({ params, cause }) => groups.addMember(params.group_id, params.user_id, cause),
  }),

  endpoint('DELETE /v3/groups/{group_id}/users/{user_id}', {
    summary: 'Remove a user from a group',
    policy:  'identity:remove_user_from_group',
    about:   aboutMember,
    target:  memberTarget,
    status:  204,
    run:     ({ params, cause }) => groups.removeMember(params.group_id, params.user_id, cause),
  }),

  endpoint('GET /v3/users/{user_id}/groups', {
    summary: 'List the groups a user is in',
    policy:  'identity:list_groups_for_user',
    about:   ({ params }) => users.get(params.user_id),
    target:  ({ about, params }) => ({ target: { user: forPolicy(about) }, user_id: params.user_id }),
    query:   query({ name: optional(text()) }),
    status:  200,
    view:    listView('groups', heldView),
    run:     ({ params, query, caller }) =>
      groups.list({ domainIds: domainsOf({}, caller), name: query.name, userId: params.user_id }, inexactFilters(query, ['name'])),
  }),
]}

interface Owned {
  readonly id: string
  readonly domainId: string
}
const forPolicy = ({ id, domainId }: Owned) => ({ id, domain_id: domainId })

/** A caller whose token speaks for one domain sees that one only. */
const domainsOf = (query: { domain_id?: string | undefined }, caller: Caller) =>
  [query.domain_id, caller.domainId].filter(domainId => domainId !== undefined)

// biome-ignore format: a table of fields
function wishOf(wished: Wished): Wish {
  const { links: _, ...extra } = updateBody.undeclared(wished)
  return {
    name:        wished.name,
    domainId:    wished.domain_id,
    description: wished.description === null ? '' : wished.description,
    extra,
  }
}

function checked(id: string, wished: Wished): Wish {
  mustSaySomething(wished)
  if (wished.id != null && wished.id !== id) throw new Refusal('invalid', 'Cannot change ID')
  return wishOf(wished)
}
