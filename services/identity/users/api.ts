import { open } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, flag, id, list, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { inexactFilters, saysYes } from '../filters/filter.ts'
import type { GroupLogic } from '../groups/logic.ts'
import { isoMicros } from '../tokens/token.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { UserLogic, Wish } from './logic.ts'
import type { UserFilter } from './store.ts'
import type { User } from './user.ts'

const name = text({ min: 1, max: 255, pattern: '\\S' })
const switchable = maybe(nullable(flag))
const options = object({
  ignore_change_password_upon_first_use: switchable,
  ignore_password_expiry: switchable,
  ignore_lockout_failure_attempts: switchable,
  lock_password: switchable,
  ignore_user_inactivity: switchable,
  multi_factor_auth_enabled: switchable,
  multi_factor_auth_rules: maybe(nullable(list(list(text(), { min: 1, unique: true }), { unique: true }))),
})
const federated = object(
  { idp_id: text(), protocols: list(object({ protocol_id: text(), unique_id: text() }, { extra: 'keep' }), { min: 1 }) },
  { extra: 'keep' },
)

// biome-ignore format: a table of fields
const fields = {
  id:                 optional(anything),
  domain_id:          optional(id),
  default_project_id: optional(nullable(id)),
  enabled:            optional(flag),
  description:        optional(nullable(text())),
  password:           optional(nullable(text())),
  options:            optional(options),
  federated:          optional(list(federated)),
}
const createBody = body('user', { name: required(name), ...fields }, { extra: 'keep' })
const updateBody = body('user', { name: optional(name), ...fields }, { extra: 'keep' })
const passwordBody = body('user', { original_password: required(text()), password: required(text()) })
type Wished = NonNullable<(typeof updateBody)['type']>

// biome-ignore format: a table of fields
const listQuery = query({
  domain_id:           optional(text()),
  enabled:             optional(text()),
  name:                optional(text()),
  password_expires_at: optional(list(text())),
  idp_id:              optional(text()),
  protocol_id:         optional(text()),
  unique_id:           optional(text()),
})
type ListQuery = NonNullable<(typeof listQuery)['type']>

const shown = shows<User>()
// biome-ignore format: a table of fields
const cells = {
  id:                  shown(text(), user => user.id),
  name:                shown(text(), user => user.name),
  domain_id:           shown(text(), user => user.domainId),
  default_project_id:  shown(text(), user => user.defaultProjectId ?? undefined),
  enabled:             shown(flag, user => user.enabled),
  password_expires_at: shown(nullable(text()), user => user.passwordExpiresAt?.replace(/Z$/, '') ?? null),
  options:             shown(options, user => user.options),
  links:               shown(object({ self: text() }), (user, { base }) => ({ self: `${base}/v3/users/${user.id}` })),
}
const userView = view<User>('user', cells, user => user.extra)

/** NOTE: the answer to a change alone repeats the free attributes below `extra`, as Keystone's does. */
const updatedView = view<User>('user', { ...cells, extra: shown(object({}, { extra: 'keep' }), user => user.extra) }, user => user.extra)

// biome-ignore format: a table per route
export const userApi = (users: UserLogic, groups: Pick<GroupLogic, 'get'>) => {
  const about = ({ params }: { params: { user_id: string } }) => users.get(params.user_id)
  const target = ({ about, params }: { about: User; params: { user_id: string } }) =>
    ({ target: { user: { id: about.id, domain_id: about.domainId } }, user_id: params.user_id })
  return [
  endpoint('GET /v3/users', {
    summary: 'List the users',
    policy:  'identity:list_users',
    target:  ({ caller }) => ({ target: { domain_id: caller.domainId } }),
    query:   listQuery,
    status:  200,
    view:    listView('users', userView),
    run:     ({ query, caller }) =>
      isFederated(query) ? { items: [] } : users.list(filterOf(query, caller), inexactFilters(query, ['name'])),
  }),

  endpoint('POST /v3/users', {
    summary: 'Create a user',
    policy:  'identity:create_user',
    body:    createBody,
    target:  ({ body }) => ({ target: { user: body } }),
    status:  201,
    view:    userView,
    run:     ({ body, caller, cause }) =>
      users.create({ ...wishOf(body), name: body.name, domainId: body.domain_id ?? caller.domainId }, cause),
  }),

  endpoint('GET /v3/users/{user_id}', {
    summary: 'Show a user',
    policy:  'identity:get_user',
    about, target,
    status:  200,
    view:    userView,
    run:     ({ about }) => about,
  }),

  endpoint('PATCH /v3/users/{user_id}', {
    summary: 'Change a user',
    policy:  'identity:update_user',
    about, target,
    body:    updateBody,
    status:  200,
    view:    updatedView,
    run:     ({ params, body, cause }) => users.update(params.user_id, checked(params.user_id, body), cause),
  }),

  endpoint('DELETE /v3/users/{user_id}', {
    summary: 'Delete a user',
    policy:  'identity:delete_user',
    about, target,
    status:  204,
    run:     ({ params, cause }) => users.delete(params.user_id, cause),
  }),

  endpoint('POST /v3/users/{user_id}/password', {
    summary: 'Change one’s own password',
    policy:  open('the old password proves who asks, also when it has expired and gives no token any more'),
    body:    passwordBody,
    status:  204,
    run:     ({ params, body, cause }) =>
      users.changePassword(params.user_id, { original: body.original_password, password: body.password }, cause),
  }),

  endpoint('GET /v3/groups/{group_id}/users', {
    summary: 'List the users in a group',
    policy:  'identity:list_users_in_group',
    about:   ({ params }) => groups.get(params.group_id),
    target:  ({ about }) => ({ target: { group: { id: about.id, domain_id: about.domainId } } }),
    query:   listQuery,
    status:  200,
    view:    listView('users', userView),
    run:     ({ params, query, caller }) =>
      users.list({ ...filterOf(query, caller), groupId: params.group_id }, inexactFilters(query, ['name'])),
  }),
]}

/** No user comes from an identity provider yet, so none is found by one. */
const isFederated = ({ idp_id, protocol_id, unique_id }: ListQuery) => [idp_id, protocol_id, unique_id].some(one => one !== undefined)

/** A caller whose token speaks for one domain sees that one only. */
const filterOf = (query: ListQuery, caller: Caller): UserFilter => ({
  domainIds: [query.domain_id, caller.domainId].filter(domainId => domainId !== undefined),
  name: query.name,
  enabled: saysYes(query.enabled),
  passwordExpires: (query.password_expires_at ?? []).map(expiryFilter),
})

const comparisons = { lt: '<', lte: '<=', eq: '=', neq: '!=', gte: '>=', gt: '>' } as const

/** `lt:2016-11-06T15:32:17Z`; without an operator the times are equal. */
function expiryFilter(filter: string) {
  const [, operator = 'eq', time = ''] = filter.match(/^(?:(\w{2,3}):)?(.*)$/s) ?? []
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?$/.test(time) || Number.isNaN(Date.parse(time)))
    throw new Refusal(
      'invalid',
      'Timestamp not in expected format. The server could not comply with the request since it is either malformed or otherwise incorrect. The client is assumed to be in error.',
    )
  if (!Object.hasOwn(comparisons, operator))
    throw new Refusal(
      'invalid',
      `The given operator ${operator} is not valid. It must be one of the following: 'eq', 'neq', 'lt', 'lte', 'gt', or 'gte'.`,
    )
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(time) ? time : `${time}Z`
  return { compare: comparisons[operator as keyof typeof comparisons], at: isoMicros(Date.parse(zoned)) }
}

/** What a client may send back of a user it was shown without it becoming a free attribute; and secrets under names not meant for them. */
const neverKept = ['links', 'password_expires_at', 'original_password', 'extra']

// biome-ignore format: a table of fields
function wishOf(wished: Wished): Wish {
  const [provider] = wished.federated ?? []
  if (provider) throw new Refusal('invalid', `Could not find Identity Provider: ${provider.idp_id}`)
  const free = Object.entries(updateBody.undeclared(wished)).filter(([attribute]) => !neverKept.includes(attribute))
  return {
    name:             wished.name,
    domainId:         wished.domain_id,
    defaultProjectId: wished.default_project_id,
    enabled:          wished.enabled,
    password:         wished.password,
    options:          wished.options,
    extra:            { ...Object.fromEntries(free), ...given({ description: wished.description }) },
  }
}

function checked(id: string, wished: Wished): Wish {
  mustSaySomething(wished)
  if (wished.id != null && wished.id !== id) throw new Refusal('invalid', 'Cannot change ID')
  return wishOf(wished)
}
