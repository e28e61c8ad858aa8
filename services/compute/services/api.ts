import { optional, required } from '@kilonova/platform/http/fields.ts'
import { either, flag, integer, nullable, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ZoneLogic } from '../availability-zones/logic.ts'
import { body, endpoint, listView, query, since, view } from '../versions.ts'
import type { ServiceLogic, Turned } from './logic.ts'
import type { Service } from './service.ts'

interface Seen {
  readonly service: Service
  readonly isUp: boolean
  readonly zone: string
}
const shown = shows<Seen>()
// biome-ignore format: a table of fields
const serviceView = view('service', {
  id:              [shown(either(integer(), text()), ({ service }) => service.number), since('2.53', shown(text(), ({ service }) => service.id))],
  binary:          shown(text(), ({ service }) => service.binary),
  host:            shown(text(), ({ service }) => service.host),
  zone:            shown(text(), ({ zone }) => zone),
  status:          shown(text(), ({ service }) => statusOf(service)),
  state:           shown(text(), ({ isUp }) => (isUp ? 'up' : 'down')),
  updated_at:      shown(nullable(text()), ({ service }) => service.seenAt.replace('Z', '000')),
  disabled_reason: shown(nullable(text()), ({ service }) => service.disabledReason),
  forced_down:     since('2.11', shown(flag, ({ service }) => service.isForcedDown)),
})
const statusOf = ({ isDisabled }: Service) => (isDisabled ? 'disabled' : 'enabled')

const named = { host: required(text({ min: 1, max: 255 })), binary: required(text({ min: 1, max: 255 })) }
const reason = text({ min: 1, max: 255, pattern: '^\\S(.*\\S)?$' })
const turnedShown = shows<Service>()
const turnedCells = { host: turnedShown(text(), one => one.host), binary: turnedShown(text(), one => one.binary) }
const turnedView = view('service', { ...turnedCells, status: turnedShown(text(), statusOf) })

// biome-ignore format: a table per route
export const serviceApi = (services: ServiceLogic, zones: Pick<ZoneLogic, 'zoning'>) => {
  const seen = async (all: readonly Service[]): Promise<readonly Seen[]> => {
    const zoneOf = await zones.zoning()
    return all.map(service => ({ service, isUp: services.isUp(service), zone: zoneOf(service) }))
  }
  return [
    endpoint('GET /v2.1/os-services', {
      summary: 'List the processes of compute and the hosts they are on',
      policy:  'os_compute_api:os-services:list',
      query:   query({ host: optional(text()), binary: optional(text()) }),
      status:  200,
      view:    listView('services', serviceView),
      async run({ query: { host, binary } }) {
        const found = (await services.list()).filter(one => (host ?? one.host) === one.host && (binary ?? one.binary) === one.binary)
        return { items: await seen(found) }
      },
    }),

    endpoint('PUT /v2.1/os-services/enable', {
      summary: 'Let servers onto a host',
      policy:  'os_compute_api:os-services:update',
      until:   '2.52',
      body:    body(null, named),
      status:  200,
      view:    turnedView,
      run:     ({ body, cause }) => services.turnNamed(body.host, body.binary, { isDisabled: false, disabledReason: null }, cause),
    }),

    endpoint('PUT /v2.1/os-services/disable', {
      summary: 'Keep servers from a host',
      policy:  'os_compute_api:os-services:update',
      until:   '2.52',
      body:    body(null, named),
      status:  200,
      view:    turnedView,
      run:     ({ body, cause }) => services.turnNamed(body.host, body.binary, { isDisabled: true, disabledReason: null }, cause),
    }),

    endpoint('PUT /v2.1/os-services/disable-log-reason', {
      summary: 'Keep servers from a host, and say why',
      policy:  'os_compute_api:os-services:update',
      until:   '2.52',
      body:    body(null, { ...named, disabled_reason: required(reason) }),
      status:  200,
      view:    view('service', { ...turnedCells, status: turnedShown(text(), statusOf), disabled_reason: turnedShown(nullable(text()), one => one.disabledReason) }),
      run:     ({ body, cause }) => services.turnNamed(body.host, body.binary, { isDisabled: true, disabledReason: body.disabled_reason }, cause),
    }),

    endpoint('PUT /v2.1/os-services/force-down', {
      summary: 'Say that a host is down, or no longer',
      policy:  'os_compute_api:os-services:update',
      since:   '2.11',
      until:   '2.52',
      body:    body(null, { ...named, forced_down: optional(flag) }),
      status:  200,
      view:    view('service', { ...turnedCells, forced_down: turnedShown(flag, one => one.isForcedDown) }),
      run:     ({ body, cause }) => services.turnNamed(body.host, body.binary, { isForcedDown: body.forced_down ?? true }, cause),
    }),

    endpoint('PUT /v2.1/os-services/{service_id}', {
      summary: 'Enable or disable a process, or say that it is down',
      policy:  'os_compute_api:os-services:update',
      since:   '2.53',
      body:    body(null, { status: optional(oneOf('enabled', 'disabled')), disabled_reason: optional(reason), forced_down: optional(flag) }),
      status:  200,
      view:    serviceView,
      async run({ params, body, cause }) {
        if (body.status === undefined && body.forced_down === undefined)
          throw new Refusal('invalid', 'No updates were requested. Fields status or forced_down should be specified.')
        if (body.disabled_reason !== undefined && body.status !== 'disabled')
          throw new Refusal('invalid', 'Specifying disabled_reason requires that status is disabled.')
        const turned: Turned = {
          ...(body.status === undefined ? {} : { isDisabled: body.status === 'disabled', disabledReason: body.disabled_reason ?? null }),
          ...(body.forced_down === undefined ? {} : { isForcedDown: body.forced_down }) }
        const service = await services.turn(params.service_id, turned, cause)
        return { service, isUp: services.isUp(service), zone: (await zones.zoning())(service) }
      },
    }),

    endpoint('DELETE /v2.1/os-services/{service_id}', {
      summary: 'Forget a process that is no more',
      policy:  'os_compute_api:os-services:delete',
      status:  204,
      run:     ({ params, cause }) => services.delete(params.service_id, cause),
    }),
  ]
}
