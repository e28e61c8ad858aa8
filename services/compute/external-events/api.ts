import { answer } from '@kilonova/platform/http/endpoint.ts'
import { required } from '@kilonova/platform/http/fields.ts'
import { integer, list, maybe, object, oneOf, text, uuid } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { body, endpoint, since, view } from '../versions.ts'
import type { Outcome } from './external-event.ts'
import type { ExternalEventLogic } from './logic.ts'

const ofNetwork = ['network-changed', 'network-vif-plugged', 'network-vif-unplugged', 'network-vif-deleted'] as const
const events = <const Names extends readonly string[]>(...names: Names) =>
  required(
    list(
      object({
        server_uuid: uuid,
        name: oneOf(...ofNetwork, ...names),
        status: maybe(oneOf('failed', 'completed', 'in-progress')),
        tag: maybe(text({ max: 255 })),
      }),
      { min: 1 },
    ),
  )
// biome-ignore format: a table of fields
const eventsBody = body(null, {
  events: [events(),
           since('2.51', events('volume-extended')),
           since('2.76', events('volume-extended', 'power-update')),
           since('2.82', events('volume-extended', 'power-update', 'accelerator-request-bound')),
           since('2.93', events('volume-extended', 'power-update', 'accelerator-request-bound', 'volume-reimaged'))],
})

const outcomeShape = object({ server_uuid: text(), name: text(), tag: maybe(text()), status: text(), code: integer() })
const outcomesView = view(null, {
  events: shows<readonly Outcome[]>()(list(outcomeShape), all =>
    all.map(({ event: { serverId, name, tag }, code }) => ({
      ...{ server_uuid: serverId, name, ...(tag === undefined ? {} : { tag }) },
      status: code === 200 ? 'completed' : 'failed',
      code,
    })),
  ),
})

// biome-ignore format: a table per route
export const externalEventApi = (events: ExternalEventLogic) => [
  endpoint('POST /v2.1/os-server-external-events', {
    summary: 'Tell what happened to servers outside of compute',
    policy:  'os_compute_api:os-server-external-events:create',
    body:    eventsBody,
    status:  200,
    view:    outcomesView,
    async run({ body, cause }) {
      const told = body.events ?? []
      const outcomes = await events.take(told.map(({ server_uuid, ...event }) => ({ ...event, serverId: server_uuid })), cause)
      return answer(outcomes, { status: outcomes.every(({ code }) => code === 200) ? 200 : 207 })
    },
  }),
]
