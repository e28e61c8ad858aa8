import { answer } from '@kilonova/platform/http/endpoint.ts'
import { required } from '@kilonova/platform/http/fields.ts'
import { integer, list, uuid } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { canonicalUuid } from '../resource-providers/resource-provider.ts'
import { body, endpoint, modified, plainBody, since, view } from '../versions.ts'
import type { AggregateLogic, Grouped } from './logic.ts'

const aggregates = list(uuid, { unique: true })
const bareBody = plainBody<readonly string[]>(null, aggregates.schema)
const setBody = body(null, { aggregates: required(aggregates), resource_provider_generation: required(integer()) })

const shown = shows<Grouped>()
const groupedView = view(null, {
  aggregates: shown(aggregates, one => one.aggregates),
  resource_provider_generation: since(
    '1.19',
    shown(integer(), ({ provider }) => provider.generation),
  ),
})

// biome-ignore format: a table per route
export const aggregateApi = (logic: AggregateLogic, clock: Pick<Clock, 'now'>) => [
  since('1.1', endpoint('GET /resource_providers/{uuid}/aggregates', {
    summary: 'List the aggregates a provider is in',
    policy:  'placement:resource_providers:aggregates:list',
    status:  200,
    view:    groupedView,
    run:     async ({ params, at }) => answer(await logic.ofProvider(params.uuid), { headers: at(modified(clock.now())) ?? {} }),
  })),

  { from: '1.1', to: '1.18', what: endpoint('PUT /resource_providers/{uuid}/aggregates', {
    summary: 'Set the aggregates a provider is in',
    policy:  'placement:resource_providers:aggregates:update',
    body:    bareBody,
    status:  200,
    view:    groupedView,
    run:     async ({ params, body, cause, at }) =>
      answer(await logic.set(params.uuid, body.map(canonicalUuid), undefined, cause), { headers: at(modified(clock.now())) ?? {} }),
  }) },

  since('1.19', endpoint('PUT /resource_providers/{uuid}/aggregates', {
    summary: 'Set the aggregates a provider is in, under its generation',
    policy:  'placement:resource_providers:aggregates:update',
    body:    setBody,
    status:  200,
    view:    groupedView,
    run:     async ({ params, body, cause, at }) =>
      answer(await logic.set(params.uuid, body.aggregates.map(canonicalUuid), body.resource_provider_generation, cause), { headers: at(modified(clock.now())) ?? {} }),
  })),
]
