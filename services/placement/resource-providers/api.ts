import { Answer, answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { integer, list, nullable, object, text, uuid } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { LandscapeLogic } from '../landscape/logic.ts'
import { type Conditions, noConditions, readMemberOf, readResources, readTraits } from '../requests/request.ts'
import type { ResourceClassLogic } from '../resource-classes/logic.ts'
import { unknownClassText } from '../resource-classes/resource-class/resource-class.ts'
import type { TraitLogic } from '../traits/logic.ts'
import { unknownTraitText } from '../traits/trait/trait.ts'
import { body, endpoint, grammarOf, latestOf, listView, modified, query, since, until, view } from '../versions.ts'
import type { ResourceProviderLogic } from './logic.ts'
import { canonicalUuid, type ResourceProvider } from './resource-provider.ts'

export interface Rooms {
  readonly providers: ResourceProviderLogic
  readonly landscape: LandscapeLogic
  readonly classes: ResourceClassLogic
  readonly traits: TraitLogic
  readonly clock: Pick<Clock, 'now'>
}

// biome-ignore format: a table of fields
const fields = {
  name:                 required(text({ max: 200 })),
  parent_provider_uuid: since('1.14', optional(nullable(uuid))),
}
const createBody = body(null, { ...fields, uuid: optional(uuid) })
const updateBody = body(null, fields)

const shown = shows<ResourceProvider>()
const links = (...rels: readonly string[]) =>
  shown(list(object({ rel: text(), href: text() })), (provider, { base }) => {
    const self = `${new URL(base).pathname.replace(/\/$/, '')}/resource_providers/${provider.uuid}`
    return [{ rel: 'self', href: self }, ...rels.map(rel => ({ rel, href: `${self}/${rel}` }))]
  })

// biome-ignore format: a table of fields
const providerView = view(null, {
  uuid:                 shown(uuid, provider => provider.uuid),
  name:                 shown(text(), provider => provider.name),
  generation:           shown(integer(), provider => provider.generation),
  parent_provider_uuid: since('1.14', shown(nullable(uuid), provider => provider.parentUuid)),
  root_provider_uuid:   since('1.14', shown(uuid, provider => provider.rootUuid)),
  links: [
    until('1.0',  links('inventories', 'usages')),
    since('1.1',  links('inventories', 'usages', 'aggregates')),
    since('1.6',  links('inventories', 'usages', 'aggregates', 'traits')),
    since('1.11', links('inventories', 'usages', 'aggregates', 'traits', 'allocations')),
  ],
})

// biome-ignore format: a table of fields
const listQuery = query({
  name:      optional(text()),
  uuid:      optional(uuid),
  member_of: since('1.3', optional(list(text()))),
  resources: since('1.4', optional(text())),
  in_tree:   since('1.14', optional(uuid)),
  required:  since('1.18', optional(list(text()))),
}, { extra: 'refuse' })

// biome-ignore format: a table per route
export const resourceProviderApi = ({ providers, landscape, classes, traits, clock }: Rooms) => [
  endpoint('GET /resource_providers', {
    summary: 'List the resource providers',
    policy:  'placement:resource_providers:list',
    query:   listQuery,
    status:  200,
    view:    listView('resource_providers', providerView),
    async run({ query, at }) {
      const grammar = grammarOf(at)
      const conditions: Conditions = {
        ...noConditions,
        ...(query.member_of ? readMemberOf(query.member_of, grammar) : {}),
        ...(query.required ? readTraits(query.required, grammar) : {}),
      }
      const resources = query.resources === undefined ? undefined : readResources(query.resources)
      const unknownClass = await classes.findUnknown(Object.keys(resources ?? {}))
      if (unknownClass !== undefined) throw new Refusal('invalid', `Invalid resource class in resources parameter: ${unknownClassText(unknownClass)}`)
      const unknownTrait = await traits.findUnknown([...conditions.required.flat(), ...conditions.forbidden])
      if (unknownTrait !== undefined) throw new Refusal('invalid', `Invalid trait(s) in "required" parameter: ${unknownTraitText(unknownTrait)}`)
      const items = await landscape.list({
        name:   query.name === '' ? undefined : query.name,
        uuid:   query.uuid && canonicalUuid(query.uuid),
        inTree: query.in_tree && canonicalUuid(query.in_tree),
        resources,
        conditions,
      })
      return answer({ items }, { headers: at(modified(latestOf(items.map(one => one.changedAt), clock.now()))) ?? {} })
    },
  }),

  until('1.19', endpoint('POST /resource_providers', {
    summary: 'Create a resource provider',
    policy:  'placement:resource_providers:create',
    body:    createBody,
    status:  201,
    run:     async ({ body, cause, base }) =>
      new Answer<void>({ headers: { location: urlOf(base, await providers.create(wishOf(body), cause)) } }),
  })),

  since('1.20', endpoint('POST /resource_providers', {
    summary: 'Create a resource provider',
    policy:  'placement:resource_providers:create',
    body:    createBody,
    status:  200,
    view:    providerView,
    async run({ body, cause, base, at }) {
      const provider = await providers.create(wishOf(body), cause)
      return answer(provider, { headers: { ...at(modified(provider.changedAt)), location: urlOf(base, provider) } })
    },
  })),

  endpoint('GET /resource_providers/{uuid}', {
    summary: 'Show a resource provider',
    policy:  'placement:resource_providers:show',
    status:  200,
    view:    providerView,
    async run({ params, at }) {
      const provider = await providers.get(params.uuid)
      return answer(provider, { headers: at(modified(provider.changedAt)) ?? {} })
    },
  }),

  endpoint('PUT /resource_providers/{uuid}', {
    summary: 'Rename a resource provider, or put it below another one',
    policy:  'placement:resource_providers:update',
    body:    updateBody,
    status:  200,
    view:    providerView,
    async run({ params, body, cause, at }) {
      const provider = await providers.update(params.uuid, wishOf(body), at(since('1.37', true)) ?? false, cause)
      return answer(provider, { headers: at(modified(provider.changedAt)) ?? {} })
    },
  }),

  endpoint('DELETE /resource_providers/{uuid}', {
    summary: 'Delete a resource provider',
    policy:  'placement:resource_providers:delete',
    status:  204,
    run:     ({ params, cause }) => providers.delete(params.uuid, cause),
  }),
]

type Wished = NonNullable<(typeof updateBody)['type']> & { readonly uuid?: string | undefined }

const wishOf = ({ name, uuid, parent_provider_uuid: parent }: Wished) => ({
  name,
  uuid: uuid === undefined ? undefined : canonicalUuid(uuid),
  parentUuid: parent == null ? parent : canonicalUuid(parent),
})

const urlOf = (base: string, { uuid }: ResourceProvider) => `${base}/resource_providers/${uuid}`
