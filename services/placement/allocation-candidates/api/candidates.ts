import { answer } from '@kilonova/platform/http/endpoint.ts'
import { dictionary, integer, list, nullable, object, text, uuid, maybe } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { capacityOf } from '../../inventories/inventory.ts'
import type { Place } from '../../landscape/landscape.ts'
import { endpoint, modified, since, until, view } from '../../versions.ts'
import type { Candidate } from '../allocation-candidate.ts'
import type { CandidateLogic, Found } from '../logic/candidates.ts'
import { candidatesQuery, wishOf } from './wishes.ts'

interface Shown extends Found {
  /** The classes that were asked for. */
  readonly asked: ReadonlySet<string>
}

const amounts = dictionary(integer())
const shown = shows<Shown>()

const asList = shown(
  list(object({ allocations: list(object({ resource_provider: object({ uuid }), resources: amounts })) })),
  ({ candidates }) =>
    candidates.map(({ allocations }) => ({
      allocations: [...allocations].map(([uuid, resources]) => ({ resource_provider: { uuid }, resources })),
    })),
)

const byProvider = ({ allocations }: Candidate) => {
  const found: Record<string, { readonly resources: Readonly<Record<string, number>> }> = {}
  for (const [uuid, resources] of allocations) found[uuid] = { resources }
  return found
}
const given = dictionary(object({ resources: amounts }))
const asObject = shown(list(object({ allocations: given })), ({ candidates }) => candidates.map(one => ({ allocations: byProvider(one) })))
const withMappings = shown(list(object({ allocations: given, mappings: dictionary(list(uuid)) })), ({ candidates }) =>
  candidates.map(one => ({ allocations: byProvider(one), mappings: one.mappings })),
)

/** What summaries tell came version by version. */
interface Detail {
  readonly traits?: boolean
  readonly allResources?: boolean
  readonly tree?: boolean
}

// biome-ignore format: a table of fields
const summaryShape = object({
  resources:            dictionary(object({ capacity: integer(), used: integer() })),
  traits:               maybe(list(text())),
  parent_provider_uuid: maybe(nullable(uuid)),
  root_provider_uuid:   maybe(uuid),
})

function summaryOf(place: Place, asked: ReadonlySet<string>, { traits, allResources, tree }: Detail) {
  const resources: Record<string, { readonly capacity: number; readonly used: number }> = {}
  for (const [name, inventory] of place.stock)
    if (allResources || asked.has(name)) resources[name] = { capacity: Math.trunc(capacityOf(inventory)), used: inventory.used }
  return {
    resources,
    ...(traits ? { traits: [...place.traits] } : {}),
    ...(tree ? { parent_provider_uuid: place.parentUuid, root_provider_uuid: place.rootUuid } : {}),
  }
}

const summaries = (detail: Detail) =>
  shown(dictionary(summaryShape), ({ places, asked }) => {
    const found: Record<string, ReturnType<typeof summaryOf>> = {}
    for (const place of places) found[place.uuid] = summaryOf(place, asked, detail)
    return found
  })

// biome-ignore format: a table of fields
const candidatesView = view(null, {
  allocation_requests: [until('1.11', asList), since('1.12', asObject), since('1.34', withMappings)],
  provider_summaries: [
    until('1.16', summaries({})),
    since('1.17', summaries({ traits: true })),
    since('1.27', summaries({ traits: true, allResources: true })),
    since('1.29', summaries({ traits: true, allResources: true, tree: true })),
  ],
})

// biome-ignore format: a table per route
export const candidateApi = (candidates: CandidateLogic, clock: Pick<Clock, 'now'>) => [
  since('1.10', endpoint('GET /allocation_candidates', {
    summary: 'Find where a request could be met',
    policy:  'placement:allocation_candidates:list',
    query:   candidatesQuery,
    status:  200,
    view:    candidatesView,
    async run({ query, version, at }) {
      const wish = wishOf(query, version, at)
      const found = await candidates.find(wish)
      const asked = new Set(wish.groups.flatMap(({ resources }) => Object.keys(resources)))
      return answer({ ...found, asked }, { headers: at(modified(clock.now())) ?? {} })
    },
  })),
]
