import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, name, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { fits } from '../filters/filter.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { ServiceLogic } from './logic.ts'
import type { Service } from './service.ts'

// biome-ignore format: a table of fields
const fields = {
  id:          optional(text()),
  name:        optional(name),
  description: optional(nullable(text())),
  enabled:     optional(flag),
}
const type = text({ min: 1, max: 255 })
const createBody = body('service', { ...fields, type: required(type) }, { extra: 'keep' })
const updateBody = body('service', { ...fields, type: optional(type) }, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<Service>()
// biome-ignore format: a table of fields
const serviceView = view('service', {
  id:          shown(text(), service => service.id),
  type:        shown(text(), service => service.type),
  name:        shown(text(), service => service.name),
  description: shown(text(), service => service.description ?? undefined),
  enabled:     shown(flag,   service => service.enabled),
  links:       shown(object({ self: text() }), (service, { base }) => ({ self: `${base}/v3/services/${service.id}` })),
}, service => service.extra)

// biome-ignore format: a table per route
export const serviceApi = (services: ServiceLogic) => [
  endpoint('GET /v3/services', {
    summary: 'List the services',
    policy:  'identity:list_services',
    query:   query({ type: optional(text()), name: optional(text()) }),
    status:  200,
    view:    listView('services', serviceView),
    run:     async ({ query }) => ({ items: (await services.list()).filter(fits(query, { type: one => one.type, name: one => one.name })) }),
  }),

  endpoint('POST /v3/services', {
    summary: 'Create a service',
    policy:  'identity:create_service',
    body:    createBody,
    status:  201,
    view:    serviceView,
    run:     ({ body, cause }) => services.create({ ...wishOf(body), type: body.type }, cause),
  }),

  endpoint('GET /v3/services/{service_id}', {
    summary: 'Show a service',
    policy:  'identity:get_service',
    status:  200,
    view:    serviceView,
    run:     ({ params }) => services.get(params.service_id),
  }),

  endpoint('PATCH /v3/services/{service_id}', {
    summary: 'Change a service',
    policy:  'identity:update_service',
    body:    updateBody,
    status:  200,
    view:    serviceView,
    run({ params, body, cause }) {
      mustSaySomething(body)
      return services.update(params.service_id, { ...wishOf(body), id: body.id }, cause)
    },
  }),

  endpoint('DELETE /v3/services/{service_id}', {
    summary: 'Delete a service and its endpoints',
    policy:  'identity:delete_service',
    status:  204,
    run:     ({ params, cause }) => services.delete(params.service_id, cause),
  }),
]

// biome-ignore format: a table of fields
const wishOf = (wished: Wished) => ({
  type:        wished.type,
  name:        wished.name,
  description: wished.description,
  enabled:     wished.enabled,
  extra:       updateBody.undeclared(wished),
})
