import { LRUCache } from 'lru-cache'
import { isIn } from '../endpoint-groups/endpoint-group.ts'
import { fillUrl, type Filling, partsOf, type UrlParts } from '../endpoints/endpoint.ts'
import type { Catalog, CatalogEndpoint, CatalogReader } from './catalog.ts'
import type { CatalogStore, ServedEndpoint } from './store.ts'

export interface Rooms {
  readonly store: CatalogStore
  /** The part of platform/changes/freshness.ts that is used here. */
  readonly fresh: {
    catchUp(): Promise<void>
    on(see: (change: { readonly kind: string } | undefined) => void): void
  }
  /** What URLs may name besides the reader: `public_endpoint` and the like, from the configuration. */
  readonly filling?: Filling | undefined
  /** Whether a project that was given no endpoints of its own sees all; default true. */
  readonly allWithoutFilter?: boolean | undefined
}

const madeOf: ReadonlySet<string> = new Set([
  'identity.service',
  'identity.endpoint',
  'identity.endpoint_group',
  'identity.project_endpoint',
  'identity.project_endpoint_group',
])

/**
 * What a token's catalog says. Every token carries one and hardly anything changes it, so what it is made of is kept in memory, taken apart
 * so that only URLs are filled per reader; a change to any of its tables, here or in another process, drops it.
 */
export function catalogLogic({ store, fresh, filling = {}, allWithoutFilter = true }: Rooms) {
  let kept: Promise<Served> | undefined
  const built = new LRUCache<string, Catalog>({ max: 2_000 })
  fresh.on(change => {
    if (change !== undefined && !madeOf.has(change.kind)) return
    kept = undefined
    built.clear()
  })

  const served = async (): Promise<Served> => {
    await fresh.catchUp()
    const known = kept ?? load(store)
    kept = known
    try {
      return await known
    } catch (error) {
      if (kept === known) kept = undefined
      throw error
    }
  }

  return {
    async catalogFor({ userId, projectId }: CatalogReader): Promise<Catalog> {
      const { services, visibleTo } = await served()
      const key = `${userId} ${projectId ?? ''}`
      const known = built.get(key)
      if (known) return known
      const visible = projectId === undefined ? undefined : visibleTo(projectId)
      if (!visible && !allWithoutFilter) return []
      const project = projectId === undefined ? {} : { project_id: projectId, tenant_id: projectId }
      const values = { ...filling, user_id: userId, ...project }
      const catalog = services.map(({ endpoints, ...service }) => ({
        ...service,
        endpoints: endpoints.filter(({ shown }) => visible?.has(shown.id) ?? true).flatMap(one => filledFor(one, values)),
      }))
      // NOTE: Keystone leaves out a service without endpoints only where endpoints are filtered.
      const shown = visible ? catalog.filter(service => service.endpoints.length > 0) : catalog
      built.set(key, shown)
      return shown
    },
  }
}

export type CatalogLogic = ReturnType<typeof catalogLogic>

interface Served {
  readonly services: readonly { id: string; type: string; name: string; endpoints: readonly Template[] }[]
  /** The ids of the endpoints a project was given, of disabled ones too; nothing when it was given none. */
  visibleTo(projectId: string): ReadonlySet<string> | undefined
}

interface Template {
  readonly shown: CatalogEndpoint
  /** Nothing when the URL is the same for everybody. */
  readonly parts: UrlParts | undefined
}

async function load(store: CatalogStore): Promise<Served> {
  const [services, endpoints, direct, filtered] = await Promise.all([
    store.listServices(),
    store.listEndpoints(),
    store.listProjectEndpoints(),
    store.listProjectFilters(),
  ])
  const byService = Map.groupBy(
    endpoints.filter(endpoint => endpoint.enabled),
    endpoint => endpoint.serviceId,
  )
  const directly = Map.groupBy(direct, row => row.project_id)
  const byFilter = Map.groupBy(filtered, row => row.projectId)
  return {
    services: services.map(({ id, type, name }) => ({
      id,
      type,
      name: name ?? '',
      endpoints: (byService.get(id) ?? []).flatMap(templateOf),
    })),
    visibleTo(projectId) {
      const ids = new Set(directly.get(projectId)?.map(row => row.endpoint_id))
      for (const { filters } of byFilter.get(projectId) ?? [])
        for (const endpoint of endpoints) if (isIn(filters, endpoint)) ids.add(endpoint.id)
      return ids.size > 0 ? ids : undefined
    },
  }
}

function templateOf({ id, interface: audience, regionId, url }: ServedEndpoint): readonly Template[] {
  const parts = partsOf(url)
  if (!parts) return []
  const isFixed = parts.every(part => typeof part === 'string')
  const shown = { id, interface: audience, region: regionId, region_id: regionId, url: isFixed ? parts.join('') : url }
  return [{ shown, parts: isFixed ? undefined : parts }]
}

function filledFor({ shown, parts }: Template, values: Filling): readonly CatalogEndpoint[] {
  if (!parts) return [shown]
  const url = fillUrl(parts, values)
  return url === undefined ? [] : [{ ...shown, url }]
}
