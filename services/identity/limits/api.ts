import { declarations } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { either, id, integer, list, maybe, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { fits } from '../filters/filter.ts'
import { mostOfAnything } from '../registered-limits/registered-limit.ts'
import { body, endpoint, listView, query, versions, view } from '../versions.ts'
import { type Limit, models } from './limit.ts'
import type { LimitLogic, OwnedLimit } from './logic.ts'

const amount = integer({ min: -1, max: mostOfAnything })
const description = nullable(text())

// biome-ignore format: a table of fields
const fields = {
  service_id:     id,
  region_id:      maybe(text()),
  resource_name:  text({ min: 1, max: 255 }),
  resource_limit: amount,
  description:    maybe(description),
}
const ofProject = object({ ...fields, project_id: id })
const ofDomain = object({ ...fields, domain_id: id })
const createBody = body(null, { limits: required(list(either(ofProject, ofDomain), { min: 1 })) }, { extra: 'keep' })
const updateBody = body('limit', { resource_limit: optional(amount), description: optional(description) })

const shown = shows<Limit>()
// biome-ignore format: a table of fields
export const limitView = view('limit', {
  id:             shown(text(),           limit => limit.id),
  project_id:     shown(nullable(text()), limit => limit.projectId),
  domain_id:      shown(nullable(text()), limit => limit.domainId),
  service_id:     shown(text(),           limit => limit.serviceId),
  region_id:      shown(nullable(text()), limit => limit.regionId),
  resource_name:  shown(text(),           limit => limit.resourceName),
  resource_limit: shown(integer(),        limit => limit.resourceLimit),
  description:    shown(description,      limit => limit.description),
  links:          shown(object({ self: text() }), (limit, { base }) => ({ self: `${base}/v3/limits/${limit.id}` })),
})

const shownModel = shows<LimitLogic['model']>()
// biome-ignore format: a table of fields
const modelView = view('model', {
  name:        shownModel(oneOf(...Object.keys(models)), model => model.name),
  description: shownModel(text(),                        model => model.description),
})

/** The list of what was created has no links. */
const { listView: bareListView } = declarations(versions, (root, items) => ({ [root]: items }))

// biome-ignore format: a table of filters
const filters = {
  service_id:    (limit: Limit) => limit.serviceId,
  region_id:     (limit: Limit) => limit.regionId,
  resource_name: (limit: Limit) => limit.resourceName,
  project_id:    (limit: Limit) => limit.projectId,
  domain_id:     (limit: Limit) => limit.domainId,
}

// biome-ignore format: a table per route
export const limitApi = (limits: LimitLogic) => [
  endpoint('GET /v3/limits/model', {
    summary: 'Show how limits of domains and projects bear on each other',
    policy:  'identity:get_limit_model',
    status:  200,
    view:    modelView,
    run:     () => limits.model,
  }),

  endpoint('GET /v3/limits', {
    summary: 'List the limits the caller’s scope covers',
    policy:  'identity:list_limits',
    query:   query({
      service_id:    optional(text()),
      region_id:     optional(text()),
      resource_name: optional(text()),
      project_id:    optional(text()),
      domain_id:     optional(text()),
    }),
    status:  200,
    view:    listView('limits', limitView),
    run:     async ({ query, caller }) => {
      const found = await limits.listFor(caller, { projectId: query.project_id, domainId: query.domain_id })
      return { items: found.filter(fits(query, filters)) }
    },
  }),

  endpoint('POST /v3/limits', {
    summary: 'Create limits of projects and domains, all or none',
    policy:  'identity:create_limits',
    body:    createBody,
    status:  201,
    view:    bareListView('limits', limitView),
    run:     async ({ body, cause }) => ({ items: await limits.create(body.limits.map(wishOf), cause) }),
  }),

  endpoint('GET /v3/limits/{limit_id}', {
    summary: 'Show a limit',
    policy:  'identity:get_limit',
    about:   ({ params }) => limits.get(params.limit_id),
    target:  ({ about }) => targetOf(about),
    status:  200,
    view:    limitView,
    run:     ({ about }) => about.limit,
  }),

  endpoint('PATCH /v3/limits/{limit_id}', {
    summary: 'Change a limit',
    policy:  'identity:update_limit',
    body:    updateBody,
    status:  200,
    view:    limitView,
    run:     ({ params, body, cause }) =>
      limits.update(params.limit_id, { resourceLimit: body.resource_limit, description: body.description }, cause),
  }),

  endpoint('DELETE /v3/limits/{limit_id}', {
    summary: 'Delete a limit: the registered one holds again',
    policy:  'identity:delete_limit',
    status:  204,
    run:     ({ params, cause }) => limits.delete(params.limit_id, cause),
  }),
]

/** What policy knows of a limit. */
const targetOf = ({ limit: { id, projectId, domainId }, projectDomainId }: OwnedLimit) => ({
  target: {
    limit: {
      id,
      project_id: projectId,
      domain_id: domainId,
      ...(projectId === null ? {} : { project: { id: projectId, domain_id: projectDomainId } }),
      ...(domainId === null ? {} : { domain: { id: domainId } }),
    },
  },
})

type Wished = NonNullable<(typeof ofProject)['type']> | NonNullable<(typeof ofDomain)['type']>

// biome-ignore format: a table of fields
const wishOf = (wished: Wished) => ({
  serviceId:     wished.service_id,
  regionId:      wished.region_id,
  resourceName:  wished.resource_name,
  resourceLimit: wished.resource_limit,
  description:   wished.description,
  ...('project_id' in wished ? { projectId: wished.project_id } : { domainId: wished.domain_id }),
})
