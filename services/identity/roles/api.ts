import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, maybe, name, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { inexactFilters } from '../filters/filter.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import { mustKeepId } from '../wishes/wish.ts'
import type { RoleLogic, Wish } from './logic.ts'
import type { Role } from './role.ts'

// biome-ignore format: a table of fields
const fields = {
  description: optional(text()),
  options:     optional(object({ immutable: maybe(nullable(flag)) })),
  domain_id:   optional(nullable(text({ max: 64 }))),
}
const createBody = body('role', { name: required(name), ...fields }, { extra: 'keep' })
const updateBody = body('role', { id: optional(nullable(text())), name: optional(name), ...fields }, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

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

// biome-ignore format: a table per route
export const roleApi = (roles: RoleLogic) => [
  endpoint('GET /v3/roles', {
    summary: 'List the roles of the cloud, or those of one domain',
    policy:  'identity:list_roles',
    query:   query({ name: optional(text()), domain_id: optional(text()) }),
    status:  200,
    view:    listView('roles', roleView),
    async run({ query, may }) {
      if (query.domain_id && !may('identity:list_domain_roles')) refuse('identity:list_domain_roles')
      return { items: await roles.list({ domainId: query.domain_id || null, name: query.name, inexact: inexactFilters(query, ['name']) }) }
    },
  }),

  endpoint('POST /v3/roles', {
    summary: 'Create a role of the cloud or of a domain',
    policy:  'identity:create_role',
    body:    createBody,
    status:  201,
    view:    roleView,
    run({ body, cause, may }) {
      if (body.domain_id && !may('identity:create_domain_role')) refuse('identity:create_domain_role')
      return roles.create({ ...wishOf(body), name: body.name, domainId: body.domain_id || null }, cause)
    },
  }),

  endpoint('GET /v3/roles/{role_id}', {
    summary: 'Show a role',
    policy:  'identity:get_role',
    status:  200,
    view:    roleView,
    about:   ({ params }) => roles.get(params.role_id),
    target:  ({ about }) => targetOf(about),
    run({ about, may }) {
      if (about.domainId !== null && !may('identity:get_domain_role', targetOf(about))) refuse('identity:get_domain_role')
      return about
    },
  }),

  endpoint('PATCH /v3/roles/{role_id}', {
    summary: 'Change a role',
    policy:  'identity:update_role',
    body:    updateBody,
    status:  200,
    view:    roleView,
    about:   ({ params }) => roles.get(params.role_id),
    target:  ({ about }) => targetOf(about),
    run({ about, body, cause, may }) {
      if (about.domainId !== null && !may('identity:update_domain_role', targetOf(about))) refuse('identity:update_domain_role')
      mustKeepId(about.id, body.id)
      if (Object.keys(body).length === 0) throw new Refusal('invalid', 'Invalid input for field/attribute role. Value: {}. {} does not have enough properties')
      return roles.update(about.id, { ...wishOf(body), domainId: body.domain_id }, cause)
    },
  }),

  endpoint('DELETE /v3/roles/{role_id}', {
    summary: 'Delete a role and every assignment of it',
    policy:  'identity:delete_role',
    status:  204,
    about:   ({ params }) => roles.get(params.role_id),
    target:  ({ about }) => targetOf(about),
    run({ about, cause, may }) {
      if (about.domainId !== null && !may('identity:delete_domain_role', targetOf(about))) refuse('identity:delete_domain_role')
      return roles.delete(about.id, cause)
    },
  }),
]

const targetOf = ({ id, name, domainId }: Role) => ({ role_id: id, target: { role: { id, name, domain_id: domainId } } })

const refuse = (policy: string): never => {
  throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${policy}.`, { extra: { policy } })
}

// biome-ignore format: a table of fields
const wishOf = (wished: Wished): Wish => ({
  name:        wished.name,
  description: wished.description,
  options:     wished.options,
  extra:       updateBody.undeclared(wished),
})
