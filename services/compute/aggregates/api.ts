import { optional, required } from '@kilonova/platform/http/fields.ts'
import { dictionary, flag, integer, list, nullable, object, text, uuid } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, listView, since, view } from '../versions.ts'
import { type Aggregate, zoneOf } from './aggregate.ts'
import type { AggregateLogic } from './logic.ts'

const name = text({ min: 1, max: 255, pattern: '^\\S(.*\\S)?$' })
const zone = text({ min: 1, max: 255, pattern: '^[^\\s:]([^:]*[^\\s:])?$' })
const host = { host: required(text({ min: 1, max: 255, pattern: '^[a-zA-Z0-9-._]*$' })) }

const shown = shows<Aggregate>()
const time = (iso: string) => iso.replace('Z', '000')
// biome-ignore format: a table of fields
const freshFields = {
  id:                shown(integer(), one => one.id),
  name:              shown(text(), one => one.name),
  availability_zone: shown(nullable(text()), one => zoneOf(one) ?? null),
  created_at:        shown(text(), one => time(one.createdAt)),
  updated_at:        shown(nullable(text()), one => (one.updatedAt === null ? null : time(one.updatedAt))),
  deleted:           shown(flag, () => false),
  deleted_at:        shown(nullable(text()), () => null),
  uuid:              since('2.41', shown(text(), one => one.uuid)),
}
const freshView = view('aggregate', freshFields)
const aggregateView = view('aggregate', {
  ...freshFields,
  hosts: shown(list(text()), one => one.hosts),
  metadata: shown(dictionary(text()), one => one.metadata),
})

// biome-ignore format: a table per route
export const aggregateApi = (aggregates: AggregateLogic) => [
  endpoint('GET /v2.1/os-aggregates', {
    summary: 'List the groups of hosts',
    policy:  'os_compute_api:os-aggregates:index',
    status:  200,
    view:    listView('aggregates', aggregateView),
    run:     async () => ({ items: await aggregates.list() }),
  }),

  endpoint('POST /v2.1/os-aggregates', {
    summary: 'Group hosts',
    policy:  'os_compute_api:os-aggregates:create',
    body:    body('aggregate', { name: required(name), availability_zone: optional(nullable(zone)) }),
    status:  200,
    view:    freshView,
    run:     ({ body, cause }) => aggregates.create(body.name, body.availability_zone ?? undefined, cause),
  }),

  endpoint('GET /v2.1/os-aggregates/{aggregate_id}', {
    summary: 'Show a group of hosts',
    policy:  'os_compute_api:os-aggregates:show',
    status:  200,
    view:    aggregateView,
    run:     ({ params }) => aggregates.get(params.aggregate_id),
  }),

  endpoint('PUT /v2.1/os-aggregates/{aggregate_id}', {
    summary: 'Rename a group of hosts, or put it into a zone',
    policy:  'os_compute_api:os-aggregates:update',
    body:    body('aggregate', { name: optional(name), availability_zone: optional(nullable(zone)) }),
    status:  200,
    view:    aggregateView,
    run({ params, body, cause }) {
      if (Object.keys(body).length === 0) throw new Refusal('invalid', 'Invalid input for field/attribute aggregate: {} does not have enough properties')
      return aggregates.update(params.aggregate_id, { name: body.name, zone: body.availability_zone ?? undefined }, cause)
    },
  }),

  endpoint('DELETE /v2.1/os-aggregates/{aggregate_id}', {
    summary: 'Ungroup hosts',
    policy:  'os_compute_api:os-aggregates:delete',
    status:  200,
    run:     ({ params, cause }) => aggregates.delete(params.aggregate_id, cause),
  }),

  endpoint('POST /v2.1/os-aggregates/{aggregate_id}/images', {
    summary: 'Let the hosts of a group fetch images before servers need them',
    policy:  'compute:aggregates:images',
    since:   '2.81',
    body:    body(null, { cache: required(list(object({ id: uuid }), { min: 1 })) }),
    status:  202,
    run:     ({ params, body, cause }) => aggregates.cacheImages(params.aggregate_id, body.cache.map(({ id }) => id), cause),
  }),

  endpoint('POST /v2.1/os-aggregates/{aggregate_id}/action', {
    summary: 'Add a host to a group',
    policy:  'os_compute_api:os-aggregates:add_host',
    action:  'add_host',
    body:    body('add_host', host),
    status:  200,
    view:    aggregateView,
    run:     ({ params, body, cause }) => aggregates.addHost(params.aggregate_id, body.host, cause),
  }),

  endpoint('POST /v2.1/os-aggregates/{aggregate_id}/action', {
    summary: 'Take a host out of a group',
    policy:  'os_compute_api:os-aggregates:remove_host',
    action:  'remove_host',
    body:    body('remove_host', host),
    status:  200,
    view:    aggregateView,
    run:     ({ params, body, cause }) => aggregates.removeHost(params.aggregate_id, body.host, cause),
  }),

  endpoint('POST /v2.1/os-aggregates/{aggregate_id}/action', {
    summary: 'Say something of a group of hosts',
    policy:  'os_compute_api:os-aggregates:set_metadata',
    action:  'set_metadata',
    body:    body('set_metadata', { metadata: required(dictionary(nullable(text({ max: 255 })), { key: '^[a-zA-Z0-9-_:. ]{1,255}$' })) }),
    status:  200,
    view:    aggregateView,
    run:     ({ params, body, cause }) => aggregates.setMetadata(params.aggregate_id, body.metadata, cause),
  }),
]
