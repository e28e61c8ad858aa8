import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, decimal, dictionary, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { body, endpoint, listView, view } from '../versions.ts'
import type { ReasonLogic } from './logic/rehearse.ts'
import type { Rehearsal } from './logic/scheduling.ts'
import { ownerSentence } from './logic/words.ts'
import type { Decision } from './scheduler/decision.ts'

const shown = shows<Decision>()
const rankedShape = list(object({ host: text(), weight: decimal() }))
const refusedShape = list(object({ host: text(), filter: text(), kind: text(), reason: text() }))
type Refused = Decision['refused'][number]
const refusedOf = ({ host, from, kind, says }: Refused) => ({ host, filter: from, kind, reason: says })

// biome-ignore format: a table of fields
const decisionView = view('decision', {
  id:         shown(text(), one => one.id),
  request_id: shown(text(), one => one.requestId),
  created_at: shown(text(), one => one.at),
  host:       shown(nullable(text()), one => one.host),
  message:    shown(nullable(text()), one => one.says),
  ranked:     shown(rankedShape, one => one.ranked),
  refused:    shown(refusedShape, one => one.refused.map(refusedOf)),
})

// biome-ignore format: a table of fields
const wishBody = body('scheduling', {
  flavorRef:         required(text()),
  imageRef:          optional(nullable(text())),
  project_id:        optional(text()),
  availability_zone: optional(text()),
  host:              optional(text()),
  scheduler_hints:   optional(dictionary(anything)),
})

const pictured = shows<Rehearsal>()
const roomyShape = list(object({ host: text(), weight: decimal(), fits: integer() }))
// biome-ignore format: a table of fields
const pictureView = view('scheduling', {
  host:    pictured(nullable(text()), one => one.ranked[0]?.host.host ?? null),
  message: pictured(nullable(text()), one => (one.ranked.length > 0 ? null : ownerSentence(one.request, one.refused))),
  fits:    pictured(integer(), one => one.headroom.inAll),
  ranked:  pictured(roomyShape, ({ ranked, headroom }) =>
             ranked.map(({ host: { host }, weight }) => ({ host, weight, fits: headroom.onHosts.get(host) ?? 0 }))),
  refused: pictured(refusedShape, one => one.refused.map(({ host, objection }) => refusedOf({ host, ...objection }))),
})

/** Why servers are where they are, and where one would go. OpenStack has no such routes. */
// biome-ignore format: a table per route
export const schedulingApi = (reasons: ReasonLogic) => [
  endpoint('GET /v2.1/servers/{server_id}/scheduling', {
    summary: 'Say why a server is on its host, or on none: every decision of late, with what spoke against the other hosts',
    policy:  'os_compute_api:scheduling:show',
    status:  200,
    view:    listView('decisions', decisionView),
    run:     async ({ params }) => ({ items: await reasons.decisionsOf(params.server_id) }),
  }),

  endpoint('POST /v2.1/scheduling', {
    summary: 'Say where a server would go now, and how many such servers there is room for, with nothing made and nothing held',
    policy:  'os_compute_api:scheduling:rehearse',
    body:    wishBody,
    status:  200,
    view:    pictureView,
    run:     ({ body: wish, caller, cause }) =>
               reasons.rehearse({
                 ...{ flavorId: wish.flavorRef, imageId: wish.imageRef ?? undefined, caller, userId: caller.userId ?? '' },
                 ...{ projectId: wish.project_id ?? caller.projectId ?? '', zone: wish.availability_zone, host: wish.host, hints: wish.scheduler_hints },
               }, cause),
  }),
]
