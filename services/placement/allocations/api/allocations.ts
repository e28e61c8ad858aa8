import { answer, type Body } from '@kilonova/platform/http/endpoint.ts'
import { required } from '@kilonova/platform/http/fields.ts'
import { dictionary, integer, maybe, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { canonicalUuid } from '../../resource-providers/resource-provider.ts'
import type { ResourceProvider } from '../../resource-providers/resource-provider.ts'
import { claimRungs, claimsAt, type SaidClaims, stockOf, stocks } from '../../versions/shapes.ts'
import { body, endpoint, latestOf, modified, since, until, view } from '../../versions.ts'
import { type Allocation, unknownType } from '../allocation.ts'
import type { AllocationLogic, Taking } from '../logic/allocations.ts'
import { claimBody, claimOf, claimsBody, claimsOf, type Nobody } from './claims.ts'

const amounts = dictionary(integer())
const resourcesOf = (allocations: readonly Allocation[]) =>
  Object.fromEntries(allocations.map(({ resourceClass, used }) => [resourceClass, used]))

const taking = shows<Taking>()
// biome-ignore format: a table of fields
const consumerView = view(null, {
  allocations:         taking(dictionary(object({ generation: integer(), resources: amounts })), ({ allocations, providers }) =>
    Object.fromEntries([...Map.groupBy(allocations, one => one.providerUuid)].map(([uuid, ofOne]) => [
      uuid, { generation: providers.find(one => one.uuid === uuid)?.generation ?? 0, resources: resourcesOf(ofOne) }]))),
  project_id:          since('1.12', taking(text(), ({ consumer }) => consumer?.projectId)),
  user_id:             since('1.12', taking(text(), ({ consumer }) => consumer?.userId)),
  consumer_generation: since('1.28', taking(integer(), ({ consumer }) => consumer?.generation)),
  consumer_type:       since('1.38', taking(text(), ({ consumer }) => consumer && (consumer.type ?? unknownType))),
})

interface TakenFrom {
  readonly provider: ResourceProvider
  readonly allocations: readonly (Allocation & { readonly generation: number })[]
}
const takenFrom = shows<TakenFrom>()
const byConsumer = (isTold: boolean) =>
  takenFrom(dictionary(object({ resources: amounts, consumer_generation: maybe(integer()) })), ({ allocations }) =>
    Object.fromEntries(
      [...Map.groupBy(allocations, one => one.consumerUuid)].map(([uuid, ofOne]) => [
        uuid,
        { resources: resourcesOf(ofOne), ...(isTold ? { consumer_generation: ofOne[0]?.generation } : {}) },
      ]),
    ),
  )
const providerView = view(null, {
  allocations: [until('1.27', byConsumer(false)), since('1.28', byConsumer(true))],
  resource_provider_generation: takenFrom(integer(), ({ provider }) => provider.generation),
})

const stocksBody = body(null, { inventories: required(stocks) })
const reshaperBody: Body<NonNullable<(typeof stocksBody)['type']> & { readonly allocations: SaidClaims }> = {
  root: null,
  rungs: claimRungs,
  undeclared: stocksBody.undeclared,
  schema: version => {
    const { properties, ...rest } = stocksBody.schema(version)
    return { ...rest, properties: { ...Object(properties), allocations: claimsAt(version) }, required: ['inventories', 'allocations'] }
  },
}

// biome-ignore format: a table per route
export const allocationApi = (allocations: AllocationLogic, nobody: Nobody, clock: Pick<Clock, 'now'>) => {
  const dated = (shown: readonly Allocation[]) => modified(latestOf(shown.map(one => one.changedAt), clock.now()))
  return [
    endpoint('GET /resource_providers/{uuid}/allocations', {
      summary: 'List what is taken of a provider, by consumer',
      policy:  'placement:resource_providers:allocations:list',
      status:  200,
      view:    providerView,
      async run({ params, at }) {
        const found = await allocations.ofProvider(params.uuid)
        return answer(found, { headers: at(dated(found.allocations)) ?? {} })
      },
    }),

    endpoint('GET /allocations/{consumer_uuid}', {
      summary: 'List what a consumer takes, by provider',
      policy:  'placement:allocations:list',
      status:  200,
      view:    consumerView,
      async run({ params, at }) {
        const found = await allocations.ofConsumer(params.consumer_uuid)
        return answer(found, { headers: at(dated(found.allocations)) ?? {} })
      },
    }),

    endpoint('PUT /allocations/{consumer_uuid}', {
      summary: 'Set what a consumer takes',
      policy:  'placement:allocations:update',
      body:    claimBody,
      status:  204,
      async run({ params, body, cause }) {
        const claim = claimOf(params.consumer_uuid, body, nobody)
        await allocations.claim([claim], why => `Unable to allocate inventory for consumer ${claim.consumerUuid}: ${why}`, cause)
      },
    }),

    since('1.13', endpoint('POST /allocations', {
      summary: 'Set what several consumers take, all or nothing',
      policy:  'placement:allocations:manage',
      body:    claimsBody,
      status:  204,
      run:     ({ body, cause }) => allocations.claim(claimsOf(body, nobody), why => `Unable to allocate inventory ${why}`, cause),
    })),

    endpoint('DELETE /allocations/{consumer_uuid}', {
      summary: 'Release all that a consumer takes',
      policy:  'placement:allocations:delete',
      status:  204,
      run:     ({ params, cause }) => allocations.release(params.consumer_uuid, cause),
    }),

    since('1.30', endpoint('POST /reshaper', {
      summary: 'Move inventories, and what is taken of them, between providers in one step',
      policy:  'placement:reshaper:reshape',
      body:    reshaperBody,
      status:  204,
      run({ body, cause }) {
        const reshapings = Object.entries(body.inventories).map(([uuid, one]) => ({
          providerUuid: canonicalUuid(uuid),
          generation:   one.resource_provider_generation,
          stock:        stockOf(one.inventories),
        }))
        return allocations.reshape(reshapings, claimsOf(body.allocations, nobody), cause)
      },
    })),
  ]
}
