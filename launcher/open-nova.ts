import { join } from 'node:path'
import { metadataOptions, ruleOptions } from '@kilonova/compute/options.ts'
import { ownToken } from '@kilonova/identity/contract/remote-validator.ts'
import { hypervisorOptions } from '@kilonova/hypervisor/options.ts'
import { httpClient } from '@kilonova/platform/http/client.ts'
import { ConfigError } from '@kilonova/platform/sql/config-error.ts'
import { hasBroker } from './apart.ts'
import type { OpenService, Rooms } from './cloud.ts'
import { doorWish } from './doors.ts'
import { imageDoorOf } from './elsewhere.ts'
import { thisHost } from './host.ts'
import { type Hypervisor, openHypervisor } from './hypervisor.ts'
import { metadataSecret, type Shared, tokensOf } from './openers.ts'
import { placementElsewhere } from './placement-elsewhere.ts'
import { identityUrlOf, vendorAccess } from './service-access.ts'

const ofTables = ['nova-api', 'nova-metadata', 'nova-conductor', 'nova-scheduler'] as const

/** The compute service, the guests of this host, or both. A host alone opens no database. */
export async function openNova(rooms: Rooms, shared: Shared): Promise<OpenService> {
  const hypervisor = rooms.here.has('nova-compute') ? await openHypervisor(rooms, shared.bus) : undefined
  const daemons = ofTables.filter(name => rooms.here.has(name))
  const service = daemons.length > 0 ? await openService(rooms, shared, daemons, hypervisor) : undefined
  const first = service && hypervisor && (await firstServerOf(rooms, shared))
  return {
    doors: service?.doors ?? {},
    health: async () => (await service?.compute.health()) ?? [],
    plugins: [...(service?.compute.plugins ?? []), ...(hypervisor?.plugins ?? [])],
    ...(first ? { begin: first.begin } : {}),
    close: async () => {
      await first?.stop()
      await service?.compute.close()
      await hypervisor?.close()
    },
  }
}

async function openService(
  rooms: Rooms,
  shared: Shared,
  daemons: readonly (typeof ofTables)[number][],
  hypervisor: Hypervisor | undefined,
) {
  const { openCompute } = await import('@kilonova/compute/main.ts')
  const told = rooms.config(metadataOptions)
  const compute = await openCompute({
    daemons,
    databaseUrl: rooms.databaseOf('nova').url,
    apiDatabaseUrl: rooms.settings.api_database.connection,
    bus: shared.bus,
    tokens: tokensOf(shared),
    finder: shared.images,
    keeper: shared.keeper,
    network: shared.network,
    browser: shared.browser,
    imageDoor: imageDoorOf(rooms),
    networkUrl: rooms.openings.find(({ name }) => name === 'neutron')?.url,
    identityUrl: identityUrlOf(rooms),
    snapshotDir: join(rooms.config(hypervisorOptions).DEFAULT.instances_path, 'snapshots'),
    placement: shared.placement ?? (await placementElsewhere(rooms)),
    rules: rooms.live(ruleOptions, 'nova-scheduler'),
    metadata: {
      ...{ secret: metadataSecret(rooms), vendor: vendorOf(told.api.vendordata_jsonfile_path), domain: told.api.dhcp_domain },
      vendorToken: vendorTokenOf(rooms),
    },
    imageDir: '/var/lib/glance/images',
    hosts: hypervisor?.hosts ?? [],
    callsRoll: hasBroker(rooms.settings),
    host: rooms.hostName,
    clock: rooms.clock,
    chance: rooms.chance,
    logOf: rooms.logOf,
    metrics: shared.metrics,
    door: doorWish(rooms.settings),
    plugins: rooms.plugins.filter(plugin => ['compute', 'scheduler'].includes(plugin.extends)),
  })
  const doors = {
    ...(daemons.includes('nova-api') ? { nova: compute } : {}),
    ...(daemons.includes('nova-metadata') ? { 'nova-metadata': { answer: compute.guestAnswer } } : {}),
  }
  return { compute, doors }
}

/** The first server of a cloud that is new and has all that it takes. */
async function firstServerOf(rooms: Rooms, { firstImage: image, firstServerSettled: settled }: Shared) {
  if (image === undefined || settled === undefined) return undefined
  const { firstServer } = await import('./first-server.ts')
  const client = (service: string) => {
    const door = rooms.openings.find(({ name }) => name === service)
    return httpClient({ url: door?.url ?? '' })
  }
  return firstServer({ ...rooms, client, image, settled })
}

function vendorTokenOf(rooms: Rooms) {
  const access = vendorAccess(rooms)
  return access && ownToken({ ...access, clock: rooms.clock })
}

function vendorOf(file: string | undefined): Readonly<Record<string, unknown>> {
  if (file === undefined) return {}
  const told = jsonIn(thisHost.readText(file) ?? '')
  if (typeof told !== 'object' || told === null || Array.isArray(told))
    throw new ConfigError(`[api] vendordata_jsonfile_path: ${file} holds no JSON object that can be read`)
  return { ...told }
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
