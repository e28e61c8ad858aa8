import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { decimal, either, flag, integer, nullable, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { listView } from '../../versions.ts'
import type { May } from '@kilonova/platform/http/endpoint.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, query, since } from '../../versions.ts'
import { type Flavor, type FlavorFilter, flavorSorts } from '../flavor.ts'
import type { FlavorLogic } from '../logic.ts'
import { briefView, flavorView, seenBy } from './views.ts'

const listQuery = query({
  is_public: optional(text()),
  minRam: optional(text()),
  minDisk: optional(text()),
  sort_key: optional(text()),
  sort_dir: optional(oneOf('asc', 'desc')),
  limit: optional(integer({ min: 0 })),
  marker: optional(text()),
})
interface ListWish {
  readonly is_public?: string | undefined
  readonly minRam?: string | undefined
  readonly minDisk?: string | undefined
  readonly sort_key?: string | undefined
  readonly sort_dir?: 'asc' | 'desc' | undefined
  readonly limit?: number | undefined
  readonly marker?: string | undefined
}

const most = 2_147_483_647
const count = (min: number) => either(integer({ min, max: most }), text({ pattern: '^[0-9]+$', max: 10 }))

// biome-ignore format: a table of fields
const createBody = body('flavor', {
  name:  required(text({ min: 1, max: 255, pattern: '^\\S(.*\\S)?$' })),
  id:    optional(nullable(either(text({ min: 1, max: 255, pattern: '^(?! )[a-zA-Z0-9. _-]+(?<! )$' }), integer({ min: 0 })))),
  ram:   required(count(1)),
  vcpus: required(count(1)),
  disk:  required(count(0)),
  swap:  optional(count(0)),
  rxtx_factor: optional(either(decimal({ min: 0 }), text({ pattern: '^[0-9]+(\\.[0-9]+)?$' }))),
  'OS-FLV-EXT-DATA:ephemeral':  optional(count(0)),
  'os-flavor-access:is_public': optional(either(flag, oneOf('True', 'true', 'False', 'false', '1', '0'))),
  description: since('2.55', optional(nullable(text({ max: 65_535 })))),
})
const updateBody = body('flavor', { description: required(nullable(text({ max: 65_535 }))) })

/** A number the schema let through as text may still be none that fits. */
const numbered = (name: string, value: number | string | undefined, least: number): number => {
  const number = Number(value ?? 0)
  if (number < least || number > most) throw new Refusal('invalid', `Invalid input for field/attribute ${name}. Value: ${value}.`)
  return number
}

const seesSpecs = (may: May, { projectId }: Caller) => may('os_compute_api:os-flavor-extra-specs:index', { project_id: projectId })
const seesAll = (may: May) => may('os_compute_api:os-flavor-access')

function filterOf(asked: ListWish, caller: Caller, isOperator: boolean): FlavorFilter {
  const wanted = (name: 'minRam' | 'minDisk') => {
    const value = asked[name] ?? '0'
    if (!/^-?\d+$/.test(value)) throw new Refusal('invalid', `Invalid ${name} filter [${value}]`)
    return Number(value)
  }
  const sort = asked.sort_key ?? 'flavorid'
  if (!Object.hasOwn(flavorSorts, sort)) throw new Refusal('invalid', 'Sort key supplied was not valid.')
  return {
    isPublic: isOperator ? publicOf(asked.is_public) : true,
    projectId: caller.projectId,
    minMemoryMb: wanted('minRam'),
    minDiskGb: wanted('minDisk'),
    sortBy: flavorSorts[sort as keyof typeof flavorSorts],
    isDescending: asked.sort_dir === 'desc',
  }
}

function publicOf(word: string | undefined): boolean | undefined {
  if (word === undefined) return true
  const lower = word.toLowerCase()
  if (lower === 'none') return undefined
  if (['true', 't', '1', 'yes', 'on', 'y'].includes(lower)) return true
  if (['false', 'f', '0', 'no', 'off', 'n'].includes(lower)) return false
  throw new Refusal('invalid', `Invalid is_public filter [${word}]`)
}

function pageOf(found: readonly Flavor[], { limit = 1000, marker }: ListWish) {
  const after = marker === undefined ? -1 : found.findIndex(({ id }) => id === marker)
  if (marker !== undefined && after < 0) throw new Refusal('invalid', `marker [${marker}] not found`)
  const size = limit === 0 ? 1000 : Math.min(limit, 1000)
  const items = found.slice(after + 1, after + 1 + size)
  return { items, next: limit > 0 && after + 1 + size <= found.length && items.length === size ? items.at(-1)?.id : undefined }
}

// biome-ignore format: a table per route
export const flavorApi = (flavors: FlavorLogic) => {
  const page = async (caller: Caller, asked: ListWish, may: May) => {
    const { items, next } = pageOf(await flavors.list(filterOf(asked, caller, seesAll(may))), asked)
    const maySeeSpecs = seesSpecs(may, caller)
    return { items: items.map(flavor => seenBy(flavor, maySeeSpecs)), next }
  }
  return [
    endpoint('GET /v2.1/flavors', {
      summary: 'List the flavors',
      policy:  'os_compute_api:flavors',
      query:   listQuery,
      status:  200,
      view:    listView('flavors', briefView),
      run:     ({ caller, query, may }) => page(caller, query, may),
    }),

    endpoint('GET /v2.1/flavors/detail', {
      summary: 'List the flavors with all they say',
      policy:  'os_compute_api:flavors',
      query:   listQuery,
      status:  200,
      view:    listView('flavors', flavorView),
      run:     ({ caller, query, may }) => page(caller, query, may),
    }),

    endpoint('POST /v2.1/flavors', {
      summary: 'Create a flavor',
      policy:  'os_compute_api:os-flavor-manage:create',
      body:    createBody,
      status:  200,
      view:    flavorView,
      async run({ body, caller, cause, may }) {
        const id = body.id == null || body.id === 'auto' ? undefined : String(body.id)
        const flavor = await flavors.create({
          id, name: body.name, memoryMb: numbered('ram', body.ram, 1), vcpus: numbered('vcpus', body.vcpus, 1),
          diskGb: numbered('disk', body.disk, 0), swapMb: numbered('swap', body.swap, 0),
          ephemeralGb: numbered('OS-FLV-EXT-DATA:ephemeral', body['OS-FLV-EXT-DATA:ephemeral'], 0),
          rxtxFactor: Number(body.rxtx_factor ?? 1),
          isPublic: !['false', '0'].includes(String(body['os-flavor-access:is_public'] ?? true).toLowerCase()),
          description: body.description ?? null }, cause)
        return { flavor, maySeeSpecs: seesSpecs(may, caller) }
      },
    }),

    endpoint('GET /v2.1/flavors/{flavor_id}', {
      summary: 'Show a flavor',
      policy:  'os_compute_api:flavors',
      status:  200,
      view:    flavorView,
      run:     async ({ params, caller, may }) =>
                 ({ flavor: await flavors.getFor(params.flavor_id, caller.projectId, seesAll(may)), maySeeSpecs: seesSpecs(may, caller) }),
    }),

    endpoint('PUT /v2.1/flavors/{flavor_id}', {
      summary: 'Describe a flavor',
      policy:  'os_compute_api:os-flavor-manage:update',
      since:   '2.55',
      body:    updateBody,
      status:  200,
      view:    flavorView,
      run:     async ({ params, body, caller, cause, may }) =>
                 ({ flavor: await flavors.describe(params.flavor_id, body.description, cause), maySeeSpecs: seesSpecs(may, caller) }),
    }),

    endpoint('DELETE /v2.1/flavors/{flavor_id}', {
      summary: 'Delete a flavor',
      policy:  'os_compute_api:os-flavor-manage:delete',
      status:  202,
      async run({ params, cause }) {
        await flavors.delete(params.flavor_id, cause)
        return answer(undefined)
      },
    }),
  ]
}
