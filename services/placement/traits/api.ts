import { Answer, answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { integer, list, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, latestOf, modified, query, since, view } from '../versions.ts'
import type { Marked, TraitFilter, TraitLogic } from './logic.ts'
import type { Trait } from './trait/trait.ts'

const setBody = body(null, {
  traits: required(list(text({ min: 1, max: 255 }))),
  resource_provider_generation: required(integer()),
})

const namesView = view(null, { traits: shows<readonly Trait[]>()(list(text()), traits => traits.map(one => one.name)) })
const markedView = view(null, {
  traits: shows<Marked>()(list(text()), one => one.traits),
  resource_provider_generation: shows<Marked>()(integer(), ({ provider }) => provider.generation),
})

// biome-ignore format: a table per route
export const traitApi = (traits: TraitLogic, clock: Pick<Clock, 'now'>) => [
  since('1.6', endpoint('GET /traits', {
    summary: 'List the traits',
    policy:  'placement:traits:list',
    query:   query({ name: optional(text()), associated: optional(text()) }, { extra: 'refuse' }),
    status:  200,
    view:    namesView,
    async run({ query, at }) {
      const found = await traits.list(filterOf(query))
      return answer(found, { headers: at(modified(latestOf(found.map(one => one.createdAt ?? 0), clock.now()))) ?? {} })
    },
  })),

  since('1.6', endpoint('GET /traits/{name}', {
    summary: 'Ask whether there is a trait',
    policy:  'placement:traits:show',
    status:  204,
    async run({ params, at }) {
      const found = await traits.get(params.name)
      return new Answer<void>({ headers: at(modified(found.createdAt ?? clock.now())) ?? {} })
    },
  })),

  since('1.6', endpoint('PUT /traits/{name}', {
    summary: 'Create a trait of one’s own, or find that it is there',
    policy:  'placement:traits:update',
    status:  204,
    async run({ params, cause, base, at }) {
      if (params.name.length > 255 || !/^CUSTOM_[A-Z0-9_]+$/.test(params.name))
        throw new Refusal('invalid', 'The trait is invalid. A valid trait must be no longer than 255 characters, start with the prefix "CUSTOM_" and use following characters: "A"-"Z", "0"-"9" and "_"')
      const isNew = await traits.ensure(params.name, cause)
      const headers = { ...at(modified(clock.now())), location: `${base}/traits/${params.name}` }
      return new Answer<void>({ status: isNew ? 201 : 204, headers })
    },
  })),

  since('1.6', endpoint('DELETE /traits/{name}', {
    summary: 'Delete a trait of one’s own',
    policy:  'placement:traits:delete',
    status:  204,
    run:     ({ params, cause }) => traits.delete(params.name, cause),
  })),

  since('1.6', endpoint('GET /resource_providers/{uuid}/traits', {
    summary: 'List the traits of a provider',
    policy:  'placement:resource_providers:traits:list',
    status:  200,
    view:    markedView,
    run:     async ({ params, at }) => answer(await traits.ofProvider(params.uuid), { headers: at(modified(clock.now())) ?? {} }),
  })),

  since('1.6', endpoint('PUT /resource_providers/{uuid}/traits', {
    summary: 'Set the traits of a provider',
    policy:  'placement:resource_providers:traits:update',
    body:    setBody,
    status:  200,
    view:    markedView,
    run:     async ({ params, body, cause, at }) =>
      answer(await traits.setOfProvider(params.uuid, body.resource_provider_generation, body.traits, cause), { headers: at(modified(clock.now())) ?? {} }),
  })),

  since('1.6', endpoint('DELETE /resource_providers/{uuid}/traits', {
    summary: 'Take all traits from a provider',
    policy:  'placement:resource_providers:traits:delete',
    status:  204,
    run:     ({ params, cause }) => traits.clearProvider(params.uuid, cause),
  })),
]

/** `?name=in:A,B`, `?name=startswith:CUSTOM`, `?associated=true` */
function filterOf({ name, associated }: { readonly name?: string | undefined; readonly associated?: string | undefined }): TraitFilter {
  const colon = name?.indexOf(':') ?? 0
  if (colon < 0)
    throw new Refusal(
      'invalid',
      `Badly formatted name parameter. Expected name query string parameter in form: ?name=[in|startswith]:[name1,name2|prefix]. Got: "${name}"`,
    )
  const [how, value] = [name?.slice(0, colon), name?.slice(colon + 1) ?? '']
  const word = associated?.toLowerCase()
  if (word !== undefined && word !== 'true' && word !== 'false')
    throw new Refusal('invalid', 'The query parameter "associated" only accepts "true" or "false"')
  return {
    names: how === 'in' ? value.split(',') : undefined,
    prefix: how === 'startswith' ? value : undefined,
    associated: word === undefined ? undefined : word === 'true',
  }
}
