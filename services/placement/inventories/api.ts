import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { decimal, dictionary, integer, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { className, inventoryFields, stock, stockOf, termsOf } from '../versions/shapes.ts'
import { body, endpoint, latestOf, modified, since, until, view } from '../versions.ts'
import type { Inventory } from './inventory.ts'
import type { InventoryLogic, Stocked } from './logic.ts'

const createBody = body(null, {
  ...inventoryFields,
  resource_class: required(text({ pattern: className })),
  resource_provider_generation: optional(integer()),
})
const updateBody = body(null, { ...inventoryFields, resource_provider_generation: required(integer()) })
const replaceBody = body(null, {
  resource_provider_generation: required(stock.resource_provider_generation),
  inventories: required(stock.inventories),
})

// biome-ignore format: a table of fields
const shape = object({
  total: integer(), reserved: integer(), min_unit: integer(), max_unit: integer(), step_size: integer(), allocation_ratio: decimal(),
})
// biome-ignore format: a table of fields
const shownAs = (inventory: Inventory) => ({
  total:            inventory.total,
  reserved:         inventory.reserved,
  min_unit:         inventory.minUnit,
  max_unit:         inventory.maxUnit,
  step_size:        inventory.stepSize,
  allocation_ratio: inventory.allocationRatio,
})

const shown = shows<Stocked>()
const generation = shown(integer(), ({ provider }) => provider.generation)
const allView = view(null, {
  resource_provider_generation: generation,
  inventories: shown(dictionary(shape), ({ inventories }) => Object.fromEntries(inventories.map(one => [one.resourceClass, shownAs(one)]))),
})

const ofFirst =
  (read: (inventory: Inventory) => number) =>
  ({ inventories: [one] }: Stocked) =>
    one ? read(one) : undefined
// biome-ignore format: a table of fields
const oneView = view(null, {
  total:            shown(integer(), ofFirst(one => one.total)),
  reserved:         shown(integer(), ofFirst(one => one.reserved)),
  min_unit:         shown(integer(), ofFirst(one => one.minUnit)),
  max_unit:         shown(integer(), ofFirst(one => one.maxUnit)),
  step_size:        shown(integer(), ofFirst(one => one.stepSize)),
  allocation_ratio: shown(decimal(), ofFirst(one => one.allocationRatio)),
  resource_provider_generation: generation,
})

const mayReserveAll = [until('1.25', { mayReserveAll: false }), since('1.26', { mayReserveAll: true })]
const strictest = { mayReserveAll: false }

// biome-ignore format: a table per route
export const inventoryApi = (inventories: InventoryLogic, clock: Pick<Clock, 'now'>) => {
  const dated = (stocked: Stocked) => modified(latestOf(stocked.inventories.map(one => one.changedAt), clock.now()))
  return [
    endpoint('GET /resource_providers/{uuid}/inventories', {
      summary: 'List what a provider has',
      policy:  'placement:resource_providers:inventories:list',
      status:  200,
      view:    allView,
      async run({ params, at }) {
        const found = await inventories.list(params.uuid)
        return answer(found, { headers: at(dated(found)) ?? {} })
      },
    }),

    endpoint('POST /resource_providers/{uuid}/inventories', {
      summary: 'Give a provider something of a further class',
      policy:  'placement:resource_providers:inventories:create',
      body:    createBody,
      status:  201,
      view:    oneView,
      async run({ params, body, cause, base, at }) {
        const { resource_class: name } = body
        const made = await inventories.create(params.uuid, name, termsOf(body), at(mayReserveAll) ?? strictest, cause)
        return answer(made, { headers: { ...at(dated(made)), location: `${base}/resource_providers/${params.uuid}/inventories/${name}` } })
      },
    }),

    endpoint('PUT /resource_providers/{uuid}/inventories', {
      summary: 'Set all that a provider has',
      policy:  'placement:resource_providers:inventories:update',
      body:    replaceBody,
      status:  200,
      view:    allView,
      async run({ params, body, cause, at }) {
        const wished = stockOf(body.inventories)
        const made = await inventories.replace(params.uuid, body.resource_provider_generation, wished, at(mayReserveAll) ?? strictest, cause)
        return answer(made, { headers: at(dated(made)) ?? {} })
      },
    }),

    until('1.4', endpoint('DELETE /resource_providers/{uuid}/inventories', {
      summary: 'Is not done before 1.5',
      policy:  'placement:resource_providers:inventories:delete',
      status:  405,
      run() {
        throw new Refusal('not-allowed', 'The method specified is not allowed for this resource.')
      },
    })),

    since('1.5', endpoint('DELETE /resource_providers/{uuid}/inventories', {
      summary: 'Take away all that a provider has',
      policy:  'placement:resource_providers:inventories:delete',
      status:  204,
      run:     ({ params, cause }) => inventories.deleteAll(params.uuid, cause),
    })),

    endpoint('GET /resource_providers/{uuid}/inventories/{resource_class}', {
      summary: 'Show what a provider has of one class',
      policy:  'placement:resource_providers:inventories:show',
      status:  200,
      view:    oneView,
      async run({ params, at }) {
        const found = await inventories.get(params.uuid, params.resource_class)
        return answer(found, { headers: at(dated(found)) ?? {} })
      },
    }),

    endpoint('PUT /resource_providers/{uuid}/inventories/{resource_class}', {
      summary: 'Change what a provider has of one class',
      policy:  'placement:resource_providers:inventories:update',
      body:    updateBody,
      status:  200,
      view:    oneView,
      async run({ params, body, cause, at }) {
        const wish = { resourceClass: params.resource_class, generation: body.resource_provider_generation, terms: termsOf(body) }
        const made = await inventories.update(params.uuid, wish, at(mayReserveAll) ?? strictest, cause)
        return answer(made, { headers: at(dated(made)) ?? {} })
      },
    }),

    endpoint('DELETE /resource_providers/{uuid}/inventories/{resource_class}', {
      summary: 'Take away what a provider has of one class',
      policy:  'placement:resource_providers:inventories:delete',
      status:  204,
      run:     ({ params, cause }) => inventories.delete(params.uuid, params.resource_class, cause),
    }),
  ]
}
