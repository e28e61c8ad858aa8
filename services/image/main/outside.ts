import { type OpenStore, storeLogic, type StoreLogic } from '../stores/logic.ts'
import type { StagingArea } from '../stores/store.ts'
import type { Intake, Web } from '../content/content.ts'
import type { ImageCache } from '../cache/cache.ts'
import { imageCache } from '../drivers/files/image-cache.ts'
import { fileStore, stagingArea } from '../drivers/files/file-store.ts'
import { httpStore } from '../drivers/http-store.ts'
import { lentTokens } from '../drivers/lent-tokens.ts'
import { otherRegions } from '../drivers/other-regions.ts'
import type { LentTokens, OtherRegions } from '../imports/import.ts'
import { hashers } from '../drivers/intake/hashing.ts'
import { intake } from '../drivers/intake/intake.ts'
import { web } from '../drivers/web.ts'
import type { ImageWish } from '../main.ts'

export interface Outside {
  readonly intake: Intake
  readonly hashing: ReturnType<typeof hashers>
  readonly web: Web
  readonly regions: OtherRegions
  readonly lent: LentTokens
  readonly staging: StagingArea
  readonly stores: StoreLogic
  readonly cache: ImageCache | undefined
  readonly cachesDownloads: boolean
}

/** Files, threads and the network. */
export function openDrivers({ settings, homeDir, clock, facts, ownPorts = [] }: ImageWish): Outside {
  const { image_format: format, import_filtering_opts: filter, DEFAULT: general } = settings
  const algorithm = general.hashing_algorithm
  const cachesDownloads = /cach/.test(settings.paste_deploy.flavor)
  const cacheDir = general.image_cache_dir ?? (cachesDownloads ? `${homeDir}/image-cache` : undefined)
  const hashing = hashers(['md5', algorithm])
  const reaching = web({
    schemes: { allowed: filter.allowed_schemes, disallowed: filter.disallowed_schemes },
    hosts: { allowed: filter.allowed_hosts, disallowed: filter.disallowed_hosts },
    ports: { allowed: filter.allowed_ports, disallowed: filter.disallowed_ports },
    ownPorts,
  })
  return {
    hashing,
    web: reaching,
    lent: lentTokens(),
    regions: otherRegions({
      addressOf: async ({ userId, projectId, region, interface: wanted }) =>
        facts?.findEndpoint({ userId, projectId: projectId ?? undefined, serviceType: 'image', region, interface: wanted }),
      prefixes: settings.glance_download_properties.extra_properties,
    }),
    cachesDownloads,
    cache:
      cacheDir === undefined
        ? undefined
        : imageCache({
            dir: cacheDir,
            maxBytes: general.image_cache_max_size,
            stallMs: general.image_cache_stall_time,
            now: clock.now,
          }),
    staging: stagingArea(general.node_staging_uri?.replace(/^file:\/\//, '').replace(/\/+$/, '') ?? `${homeDir}/staging`),
    stores: storeLogic(openStores(settings, reaching)),
    intake: intake(hashing, {
      algorithm,
      mustMatch: format.require_image_format_match,
      unrecognizedLimit: format.unrecognized_limit,
      maxVirtualBytes: general.max_virtual_size,
      vmdkTypes: format.vmdk_allowed_types,
    }),
  }
}

function openStores({ DEFAULT: { enabled_backends }, glance_store: said }: ImageWish['settings'], reaching: Web): readonly OpenStore[] {
  const named = enabled_backends.map(one => one.split(':').map(word => word.trim()))
  const usual = said.default_backend ?? named.find(([, type]) => type !== 'http')?.[0]
  const dirs = new Map(said.filesystem_store_datadirs.map(one => [one.slice(0, one.indexOf(':')), one.slice(one.indexOf(':') + 1)]))
  return named.map(([id = '', type = 'file']) => {
    if (type !== 'file' && type !== 'http')
      throw new Error(`[DEFAULT] enabled_backends = ${id}:${type}: a store is of the type file or http`)
    const dir = dirs.get(id) ?? (id === usual ? said.filesystem_store_datadir : `/var/lib/glance/${id}`)
    const properties = type === 'http' ? {} : { data_dir: dir, chunk_size: 2 ** 20, thin_provisioning: false }
    const store = { id, type, description: '', isDefault: id === usual, isReadOnly: type === 'http', properties } as const
    return { store, driver: type === 'http' ? httpStore(reaching) : fileStore(dir) }
  })
}
