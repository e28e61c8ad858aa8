import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, decimal, dictionary, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Images } from '../clients/images.ts'
import type { FlavorLogic } from '../flavors/logic.ts'
import { body, endpoint, listView, view } from '../versions.ts'
import type { Picture } from './logic/look.ts'
import type { SchedulingLogic } from './logic/scheduling.ts'
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

const pictured = shows<Picture>()
// biome-ignore format: a table of fields
const pictureView = view('scheduling', {
  host:    pictured(nullable(text()), one => one.ranked[0]?.host.host ?? null),
  message: pictured(nullable(text()), one => (one.ranked.length > 0 ? null : ownerSentence(one.request, one.refused))),
  ranked:  pictured(rankedShape, one => one.ranked.map(({ host, weight }) => ({ host: host.host, weight }))),
  refused: pictured(refusedShape, one => one.refused.map(({ host, objection }) => refusedOf({ host, ...objection }))),
})

export interface Rooms {
  readonly scheduling: SchedulingLogic
  readonly flavors: Pick<FlavorLogic, 'get'>
  readonly images: Images
}

/** Nobody holds anything under it: a rehearsal is of no server. */
const nobody = '00000000-0000-0000-0000-000000000000'

/** Why servers are where they are, and where one would go. OpenStack has no such routes. */
// biome-ignore format: a table per route
export const schedulingApi = ({ scheduling, flavors, images }: Rooms) => [
  endpoint('GET /v2.1/servers/{server_id}/scheduling', {
    summary: 'Say why a server is on its host, or on none: every decision of late, with what spoke against the other hosts',
    policy:  'os_compute_api:scheduling:show',
    status:  200,
    view:    listView('decisions', decisionView),
    run:     async ({ params }) => ({ items: await scheduling.decisionsOf(params.server_id) }),
  }),

  endpoint('POST /v2.1/scheduling', {
    summary: 'Say where a server would go now, with nothing made and nothing held',
    policy:  'os_compute_api:scheduling:rehearse',
    body:    wishBody,
    status:  200,
    view:    pictureView,
    async run({ body: wish, caller, cause }) {
      const flavor = await flavors.get(wish.flavorRef).catch(() => {
        throw new Refusal('invalid', `Flavor ${wish.flavorRef} could not be found.`)
      })
      const image = wish.imageRef ? await images.find(wish.imageRef, caller) : undefined
      if (wish.imageRef && !image) throw new Refusal('invalid', 'Can not find requested image')
      const ask = {
        ...{ consumerId: nobody, projectId: wish.project_id ?? caller.projectId ?? '', userId: caller.userId ?? '', flavor },
        image: image && { id: image.id, diskFormat: image.diskFormat, properties: image.properties ?? {} },
        ...{ zone: wish.availability_zone, host: wish.host, hints: wish.scheduler_hints },
      }
      return scheduling.rehearse(ask, cause)
    },
  }),
]
