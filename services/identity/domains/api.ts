import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, flag, list, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { inexactFilters, saysYes } from '../filters/filter.ts'
import type { AssignmentLogic } from '../assignments/logic/assignments.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { Domain } from './domain.ts'
import type { DomainLogic, Wish } from './logic.ts'

const name = text({ min: 1, max: 64, pattern: '\\S' })

// biome-ignore format: a table of fields
const fields = {
  id:          optional(anything),
  enabled:     optional(flag),
  description: optional(nullable(text())),
  tags:        optional(list(text({ min: 1, max: 255, pattern: '^[^,/]*$' }), { max: 80, unique: true })),
  options:     optional(object({ immutable: maybe(nullable(flag)) })),
}
const createBody = body('domain', { name: required(name), explicit_domain_id: optional(nullable(text())), ...fields }, { extra: 'keep' })
const updateBody = body('domain', { name: optional(name), ...fields }, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<Domain>()
// biome-ignore format: a table of fields
const domainView = view<Domain>('domain', {
  id:          shown(text(), domain => domain.id),
  name:        shown(text(), domain => domain.name),
  enabled:     shown(flag, domain => domain.enabled),
  description: shown(text(), domain => domain.description),
  tags:        shown(list(text()), domain => domain.tags),
  options:     shown(object({ immutable: maybe(flag) }), domain => domain.options),
  links:       shown(object({ self: text() }), (domain, { base }) => ({ self: `${base}/v3/domains/${domain.id}` })),
}, domain => domain.extra)

// biome-ignore format: a table per route
export const domainApi = (domains: DomainLogic, assignments: Pick<AssignmentLogic, 'domainsOf'>) => {
  const about = ({ params }: { params: { domain_id: string } }) => domains.get(params.domain_id)
  const target = ({ about }: { about: Domain }) => ({ target: { domain: { id: about.id } } })
  return [
  endpoint('GET /v3/domains', {
    summary: 'List the domains',
    policy:  'identity:list_domains',
    query:   query({ name: optional(text()), enabled: optional(text()) }),
    status:  200,
    view:    listView('domains', domainView),
    run:     ({ query }) => domains.list({ name: query.name, enabled: saysYes(query.enabled) }, inexactFilters(query, ['name'])),
  }),

  endpoint('GET /v3/auth/domains', {
    summary: 'List the domains for which the caller could ask a token',
    policy:  'identity:get_auth_domains',
    status:  200,
    view:    listView('domains', domainView),
    run:     async ({ caller }) => domains.list({ ids: await assignments.domainsOf(caller.userId ?? ''), enabled: true }),
  }),

  endpoint('POST /v3/domains', {
    summary: 'Create a domain',
    policy:  'identity:create_domain',
    body:    createBody,
    status:  201,
    view:    domainView,
    run:     ({ body: { explicit_domain_id, ...body }, cause }) =>
      domains.create({ ...wishOf(body), name: body.name, id: explicitId(explicit_domain_id) }, cause),
  }),

  endpoint('GET /v3/domains/{domain_id}', {
    summary: 'Show a domain',
    policy:  'identity:get_domain',
    about, target,
    status:  200,
    view:    domainView,
    run:     ({ about }) => about,
  }),

  endpoint('PATCH /v3/domains/{domain_id}', {
    summary: 'Change a domain',
    policy:  'identity:update_domain',
    about, target,
    body:    updateBody,
    status:  200,
    view:    domainView,
    run:     ({ params, body, cause }) => domains.update(params.domain_id, checked(params.domain_id, body), cause),
  }),

  endpoint('DELETE /v3/domains/{domain_id}', {
    summary: 'Delete a disabled domain and everything in it',
    policy:  'identity:delete_domain',
    about, target,
    status:  204,
    run:     ({ params, cause }) => domains.delete(params.domain_id, cause),
  }),
]}

function explicitId(id: string | null | undefined): string | undefined {
  if (id != null && !/^[0-9a-f]{32}$/.test(id)) throw new Refusal('invalid', 'Domain ID does not conform to required UUID format.')
  return id ?? undefined
}

// biome-ignore format: a table of fields
function wishOf(wished: Wished): Wish {
  const { links: _, ...extra } = updateBody.undeclared(wished)
  return {
    name:        wished.name,
    enabled:     wished.enabled,
    description: wished.description === null ? '' : wished.description,
    tags:        wished.tags,
    options:     wished.options,
    extra,
  }
}

function checked(id: string, wished: Wished): Wish {
  mustSaySomething(wished)
  if (wished.id != null && wished.id !== id) throw new Refusal('invalid', 'Cannot change ID')
  return wishOf(wished)
}
