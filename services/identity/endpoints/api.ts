import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { fits } from '../filters/filter.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import { audiences, type Endpoint } from './endpoint.ts'
import type { EndpointLogic } from './logic.ts'

const audience = oneOf(...audiences)
const url = text({ max: 225, pattern: '^[a-zA-Z0-9+.-]+:.+' })

// biome-ignore format: a table of fields
const fields = {
  id:        optional(text()),
  region_id: optional(text()),
  region:    optional(text()),
  enabled:   optional(flag),
}
// biome-ignore format: a table of fields
const createBody = body('endpoint', {
  ...fields,
  interface:  required(audience),
  service_id: required(text()),
  url:        required(url),
}, { extra: 'keep' })
// biome-ignore format: a table of fields
const updateBody = body('endpoint', {
  ...fields,
  interface:  optional(audience),
  service_id: optional(text()),
  url:        optional(url),
}, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<Endpoint>()
// biome-ignore format: a table of fields
export const endpointView = view('endpoint', {
  id:         shown(text(),           endpoint => endpoint.id),
  interface:  shown(audience,         endpoint => endpoint.interface),
  region:     shown(nullable(text()), endpoint => endpoint.regionId),
  region_id:  shown(nullable(text()), endpoint => endpoint.regionId),
  service_id: shown(text(),           endpoint => endpoint.serviceId),
  url:        shown(text(),           endpoint => endpoint.url),
  enabled:    shown(flag,             endpoint => endpoint.enabled),
  links:      shown(object({ self: text() }), (endpoint, { base }) => ({ self: `${base}/v3/endpoints/${endpoint.id}` })),
}, endpoint => endpoint.extra)

// biome-ignore format: a table of filters
const filters = {
  interface:  (one: Endpoint) => one.interface,
  service_id: (one: Endpoint) => one.serviceId,
  region_id:  (one: Endpoint) => one.regionId,
}

// biome-ignore format: a table per route
export const endpointApi = (endpoints: EndpointLogic) => [
  endpoint('GET /v3/endpoints', {
    summary: 'List the endpoints',
    policy:  'identity:list_endpoints',
    query:   query({ interface: optional(text()), service_id: optional(text()), region_id: optional(text()) }),
    status:  200,
    view:    listView('endpoints', endpointView),
    run:     async ({ query }) => ({ items: (await endpoints.list({ serviceId: query.service_id })).filter(fits(query, filters)) }),
  }),

  endpoint('POST /v3/endpoints', {
    summary: 'Create an endpoint',
    policy:  'identity:create_endpoint',
    body:    createBody,
    status:  201,
    view:    endpointView,
    run:     ({ body, cause }) =>
      endpoints.create({ ...wishOf(body), serviceId: body.service_id, interface: body.interface, url: body.url }, cause),
  }),

  endpoint('GET /v3/endpoints/{endpoint_id}', {
    summary: 'Show an endpoint',
    policy:  'identity:get_endpoint',
    status:  200,
    view:    endpointView,
    run:     ({ params }) => endpoints.get(params.endpoint_id),
  }),

  endpoint('PATCH /v3/endpoints/{endpoint_id}', {
    summary: 'Change an endpoint',
    policy:  'identity:update_endpoint',
    body:    updateBody,
    status:  200,
    view:    endpointView,
    run({ params, body, cause }) {
      mustSaySomething(body)
      return endpoints.update(params.endpoint_id, { ...wishOf(body), id: body.id }, cause)
    },
  }),

  endpoint('DELETE /v3/endpoints/{endpoint_id}', {
    summary: 'Delete an endpoint',
    policy:  'identity:delete_endpoint',
    status:  204,
    run:     ({ params, cause }) => endpoints.delete(params.endpoint_id, cause),
  }),
]

// biome-ignore format: a table of fields
const wishOf = (wished: Wished) => ({
  serviceId: wished.service_id,
  interface: wished.interface,
  regionId:  wished.region_id,
  region:    wished.region,
  url:       wished.url,
  enabled:   wished.enabled,
  extra:     updateBody.undeclared(wished),
})
