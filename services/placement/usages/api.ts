import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { dictionary, integer, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { InventoryLogic, Stocked } from '../inventories/logic.ts'
import { endpoint, modified, query, since, view } from '../versions.ts'
import type { UsageLogic } from './logic.ts'
import type { Usage } from './usage.ts'

const amounts = dictionary(integer())
const providerView = view(null, {
  resource_provider_generation: shows<Stocked>()(integer(), ({ provider }) => provider.generation),
  usages: shows<Stocked>()(amounts, ({ inventories }) => Object.fromEntries(inventories.map(one => [one.resourceClass, one.used]))),
})

const id = text({ min: 1, max: 255 })
// biome-ignore format: a table of fields
const ofWhom = query({
  project_id:    required(id),
  user_id:       optional(id),
  consumer_type: since('1.38', optional(text({ min: 1, max: 255, pattern: '^[A-Z0-9_]+$|^all|^unknown$' }))),
}, { extra: 'refuse' })

const totalView = view(null, { usages: shows<Readonly<Record<string, number>>>()(amounts, sums => sums) })
const byTypeView = view(null, {
  usages: shows<readonly Usage[]>()(dictionary(amounts), usages =>
    Object.fromEntries(usages.map(({ consumerType, consumerCount, used }) => [consumerType, { ...used, consumer_count: consumerCount }])),
  ),
})

// biome-ignore format: a table per route
export const usageApi = (usages: UsageLogic, inventories: InventoryLogic, clock: Pick<Clock, 'now'>) => [
  endpoint('GET /resource_providers/{uuid}/usages', {
    summary: 'Show how much is taken of what a provider has',
    policy:  'placement:resource_providers:usages',
    status:  200,
    view:    providerView,
    run:     async ({ params, at }) => answer(await inventories.list(params.uuid), { headers: at(modified(clock.now())) ?? {} }),
  }),

  { from: '1.9', to: '1.37', what: endpoint('GET /usages', {
    summary: 'Show what a project or one of its users takes',
    policy:  'placement:usages',
    query:   ofWhom,
    status:  200,
    view:    totalView,
    target:  ({ query }) => ({ project_id: query.project_id }),
    run:     async ({ query, at }) =>
      answer(await usages.total({ projectId: query.project_id, userId: query.user_id }), { headers: at(modified(clock.now())) ?? {} }),
  }) },

  since('1.38', endpoint('GET /usages', {
    summary: 'Show what a project or one of its users takes, by type of consumer',
    policy:  'placement:usages',
    query:   ofWhom,
    status:  200,
    view:    byTypeView,
    target:  ({ query }) => ({ project_id: query.project_id }),
    run:     async ({ query, at }) =>
      answer(await usages.byType({ projectId: query.project_id, userId: query.user_id }, query.consumer_type), { headers: at(modified(clock.now())) ?? {} }),
  })),
]
