import { optional } from '@kilonova/platform/http/fields.ts'
import { nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { RegionLogic, Wish } from './logic.ts'
import type { Region } from './region.ts'

// biome-ignore format: a table of fields
const fields = {
  description:      optional(nullable(text())),
  parent_region_id: optional(nullable(text({ max: 255 }))),
}
const createBody = body('region', { id: optional(nullable(text({ max: 255 }))), ...fields }, { extra: 'keep' })
const updateBody = body('region', fields, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

const shown = shows<Region>()
// biome-ignore format: a table of fields
const regionView = view('region', {
  id:               shown(text(), region => region.id),
  description:      shown(text(), region => region.description),
  parent_region_id: shown(nullable(text()), region => region.parentRegionId),
  links:            shown(object({ self: text() }), (region, { base }) => ({ self: `${base}/v3/regions/${region.id}` })),
}, region => region.extra)

// biome-ignore format: a table per route
export const regionApi = (regions: RegionLogic) => [
  endpoint('GET /v3/regions', {
    summary: 'List the regions',
    policy:  'identity:list_regions',
    query:   query({ parent_region_id: optional(text()) }),
    status:  200,
    view:    listView('regions', regionView),
    run:     async ({ query }) => ({ items: await regions.list({ parentRegionId: query.parent_region_id }) }),
  }),

  endpoint('POST /v3/regions', {
    summary: 'Create a region',
    policy:  'identity:create_region',
    body:    createBody,
    status:  201,
    view:    regionView,
    run:     ({ body, cause }) => regions.create({ ...wishOf(body), id: body.id ?? undefined }, cause),
  }),

  endpoint('PUT /v3/regions/{region_id}', {
    summary: 'Create a region under an id of one’s own',
    policy:  'identity:create_region',
    body:    createBody,
    status:  201,
    view:    regionView,
    run({ params, body, cause }) {
      if (body.id != null && body.id !== params.region_id) throw new Refusal('invalid', 'Conflicting region IDs specified: the body’s is not the URL’s.')
      return regions.create({ ...wishOf(body), id: params.region_id }, cause)
    },
  }),

  endpoint('GET /v3/regions/{region_id}', {
    summary: 'Show a region',
    policy:  'identity:get_region',
    status:  200,
    view:    regionView,
    run:     ({ params }) => regions.get(params.region_id),
  }),

  endpoint('PATCH /v3/regions/{region_id}', {
    summary: 'Change a region',
    policy:  'identity:update_region',
    body:    updateBody,
    status:  200,
    view:    regionView,
    run({ params, body, cause }) {
      mustSaySomething(body)
      return regions.update(params.region_id, wishOf(body), cause)
    },
  }),

  endpoint('DELETE /v3/regions/{region_id}', {
    summary: 'Delete a region and those below it',
    policy:  'identity:delete_region',
    status:  204,
    run:     ({ params, cause }) => regions.delete(params.region_id, cause),
  }),
]

// biome-ignore format: a table of fields
const wishOf = (wished: Wished): Wish => ({
  description:    wished.description === null ? '' : wished.description,
  parentRegionId: wished.parent_region_id,
  extra:          createBody.undeclared(wished),
})
