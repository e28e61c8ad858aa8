import type { Cause } from '@kilonova/platform/cause.ts'
import type { ImageBrowser } from '@kilonova/image/contract/browse.ts'
import type { NetworkDoor } from '@kilonova/network/contract/ports.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { freshness } from '@kilonova/platform/changes/freshness.ts'
import { remembering } from '@kilonova/platform/changes/remembering.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { type Log, silentLog } from '@kilonova/platform/log/log.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { aggregateLogic } from '../aggregates/logic.ts'
import { aggregateStore } from '../aggregates/store.ts'
import { cacheImages, type CacheWish } from '../aggregates/tasks/cache-images.ts'
import { zoneLogic } from '../availability-zones/logic.ts'
import { cellLogic } from '../cells/logic.ts'
import { mappingStore } from '../cells/store.ts'
import { makeCertificate } from '../drivers/certificate-maker.ts'
import { keyMaker } from '../drivers/key-maker.ts'
import { keypairLogic } from '../keypairs/logic.ts'
import { keypairStore } from '../keypairs/store.ts'
import { signer } from '../drivers/signer.ts'
import { type Rooms as MetadataRooms, metadataLogic } from '../metadata-service/logic.ts'
import { interfaceLogic } from '../server-interfaces/logic.ts'
import { networkAsker } from '../clients/networks.ts'
import { projectAsker } from '../clients/projects.ts'
import { projectLogic } from '../projects/logic.ts'
import { vendorAsker, type VendorToken } from '../clients/vendors.ts'
import { networkProxyLogic } from '../network-proxies/logic.ts'
import { imageProxyLogic } from '../image-proxies/logic.ts'
import { passwordLogic } from '../server-passwords/logic.ts'
import { passwordStore } from '../server-passwords/store.ts'
import { externalEventLogic } from '../external-events/logic.ts'
import { eventStore } from '../external-events/store.ts'
import { occupantStore } from '../hypervisors/store.ts'
import { hypervisorLogic } from '../hypervisors/logic.ts'
import { serviceLogic } from '../services/logic.ts'
import { serviceStore } from '../services/store.ts'
import { serverGroupLogic } from '../server-groups/logic.ts'
import { serverGroupStore } from '../server-groups/store.ts'
import { flavorLogic } from '../flavors/logic.ts'
import { flavorStore, touchesFlavors } from '../flavors/store.ts'
import { instanceActionLogic } from '../instance-actions/logic.ts'
import { instanceActionStore } from '../instance-actions/store.ts'
import { serverMigrationLogic } from '../server-migrations/logic.ts'
import { serverMigrationStore } from '../server-migrations/store.ts'
import { reasonLogic } from '../scheduler/logic/rehearse.ts'
import { digest } from '../drivers/digest.ts'
import { type Rooms as ServerRooms, serverLogic } from '../servers/logic.ts'
import { serverStore } from '../servers/store.ts'
import { bootDeadlineMs } from '../servers/tasks/boot.ts'
import type { ComputeRules } from '../options.ts'
import type { Databases } from './databases.ts'
import { buildLimits } from './limits.ts'
import { buildScheduling, type SchedulingWish } from './scheduling.ts'

export interface LogicWish extends Pick<ServerRooms, 'images' | 'keeper' | 'hypervisors' | 'record' | 'outcomeOf'> {
  readonly databases: Databases
  readonly placement: PlacementRoom
  readonly rules: () => ComputeRules
  /** What plug-ins add to the scheduler's. */
  readonly added?: SchedulingWish['added']
  readonly metadata?: MetadataWish | undefined
  readonly browser?: ImageBrowser | undefined
  /** Where the network service's own API is, for what callers ask of it through compute. */
  readonly networkUrl?: string | undefined
  /** Where the identity service's own API is; without it every name of a project is believed. */
  readonly identityUrl?: string | undefined
  readonly network?: Pick<NetworkDoor, 'ports'> | undefined
  /** Where hosts put copies of disks on their way to the image service. */
  readonly snapshotDir?: string | undefined
  /** Where it is told that a neighbour cannot be asked. */
  readonly log?: Pick<Log, 'warn'> | undefined
  readonly clock: Clock
  readonly chance: Chance
}

/** What an operator says about what guests are told. */
export interface MetadataWish extends Pick<MetadataRooms, 'vendor' | 'domain'> {
  /** Shared with the proxies of the network. */
  readonly secret: string
  /** Under whom programs of vendor data are asked; under nobody unless told. */
  readonly vendorToken?: VendorToken | undefined
}
const usualMetadata: MetadataWish = { secret: '', vendor: {}, domain: 'novalocal' }

export const cellStores = ({ cell1, cell0 }: Databases) => ({
  cell1: { store: serverStore(cell1), write: cell1.transaction },
  cell0: { store: serverStore(cell0), write: cell0.transaction },
})

/** What an operator says about servers, in the words of their logic. */
const settingsOf = ({ DEFAULT: said, api }: ComputeRules, snapshotDir = '/var/lib/nova/instances/snapshots') => ({
  passwordLength: said.password_length,
  showsPasswords: api.enable_instance_password,
  forcesConfigDrive: said.force_config_drive,
  shutdownMs: said.shutdown_timeout * 1000,
  buildMs: said.instance_build_timeout * 1000 || bootDeadlineMs,
  rescueMs: said.rescue_timeout * 1000,
  reclaimMs: said.reclaim_instance_interval * 1000,
  offloadMs: said.shelved_offload_time * 1000,
  snapshotDir,
  resizesToSameHost: said.allow_resize_to_same_host,
  confirmMs: said.resize_confirm_window * 1000,
})

/** So many flavors and projects they were given to are remembered. */
const mostRemembered = 20_000
const weigh = (found: object) => (Array.isArray(found) ? found.length : found instanceof Set ? found.size : 1)
const flavorMemory = ({ changes }: Databases['api']) =>
  remembering(freshness(changes), { touches: touchesFlavors, most: mostRemembered, weigh })

const vendorRulesOf = ({ api: said }: ComputeRules) => ({
  providers: said.vendordata_providers,
  targets: said.vendordata_dynamic_targets,
  timeoutMs: (said.vendordata_dynamic_connect_timeout + said.vendordata_dynamic_read_timeout) * 1000,
  isFatal: said.vendordata_dynamic_failure_fatal,
})

/** Large images on many hosts, one after the other. */
const dayMs = 86_400_000

/** What compute means, over its databases. */
export async function buildLogics({ databases, metadata = usualMetadata, ...rooms }: LogicWish, cause: Cause) {
  const { api, cell1 } = databases
  const { clock, chance } = rooms
  const write = api.transaction
  const cells = cellLogic({ store: mappingStore(api), write, cells: cellStores(databases) })
  const flavors = flavorLogic({ store: flavorStore(api, flavorMemory(api)), write, clock, chance })
  for (const ensure of [cells.ensureFirst, flavors.ensureFirst])
    await ensure(cause).catch(error => {
      // Another process of a new cloud did it at the same moment.
      if (!isUniqueViolation(error)) throw error
    })
  const { book: _, ...scheduling } = buildScheduling({ databases, ...rooms })
  const { mirror: mirrored, forget: forgotten } = scheduling.providers
  const services = serviceLogic({ store: serviceStore(cell1), write: cell1.transaction, clock, chance, mirrored, forgotten })
  const order = (input: CacheWish, key: string, why: Cause) =>
    cell1.transaction(why, tx => rooms.record(tx, cacheImages, { key, input, deadlineMs: dayMs, cause: why }))
  const aggregates = aggregateLogic({ store: aggregateStore(api), write, services, order, clock, chance, mirrored })
  const zones = zoneLogic({ services, aggregates, usualZone: () => rooms.rules().DEFAULT.default_availability_zone })
  const limits = buildLimits({ databases, ...rooms })
  const { quotas } = limits
  const keypairs = keypairLogic({ store: keypairStore(api), write, keys: { ...keyMaker, certify: makeCertificate }, quotas, clock })
  const serverGroups = serverGroupLogic({ store: serverGroupStore(api), write, clock, chance, quotas })
  const instanceActions = instanceActionLogic({ stores: [instanceActionStore(cell1), instanceActionStore(databases.cell0)], clock, chance })
  const serverMigrations = serverMigrationLogic({ store: serverMigrationStore(cell1), clock, chance })
  const servers = serverLogic({
    ...{
      ...rooms,
      cells,
      flavors,
      quotas,
      keypairs,
      services,
      digest,
      groups: serverGroups,
      actions: instanceActions,
      moves: serverMigrations,
    },
    zones: async () => (await zones.list(false)).flatMap(({ name, isAvailable }) => (isAvailable ? [name] : [])),
    settings: () => settingsOf(rooms.rules(), rooms.snapshotDir),
    unheard: (error, count) => rooms.log?.warn('the network service cannot be asked: servers are shown as it last told', { count, error }),
  })
  const passwords = passwordLogic({ store: passwordStore(cell1), write: cell1.transaction })
  const { secret, vendorToken, ...told } = metadata
  return {
    ...scheduling,
    ...limits,
    rules: rooms.rules,
    reasons: reasonLogic({ scheduling: scheduling.scheduling, flavors, images: rooms.images }),
    passwords,
    imageProxies: imageProxyLogic(rooms.browser),
    projects: projectLogic(rooms.identityUrl === undefined ? undefined : projectAsker(rooms.identityUrl, rooms.log ?? silentLog)),
    networkProxies: networkProxyLogic(rooms.networkUrl === undefined ? undefined : networkAsker(rooms.networkUrl)),
    interfaces: interfaceLogic(servers),
    externalEvents: externalEventLogic({ ...eventStore(cell1), write: cell1.transaction, servers }),
    clock,
    metadata: metadataLogic({
      find: servers.get,
      passwords,
      fresh: freshness(cell1.changes),
      signer: signer(secret),
      ports: rooms.network?.ports,
      vendorRules: () => vendorRulesOf(rooms.rules()),
      askVendors: vendorAsker(rooms.log ?? silentLog, vendorToken),
      ...told,
      clock,
      chance,
    }),
    aggregates,
    zones,
    instanceActions,
    serverMigrations,
    services,
    hypervisors: hypervisorLogic({ store: occupantStore(cell1), services, agents: rooms.hypervisors }),
    flavors,
    servers,
    keypairs,
    serverGroups,
    changes: cell1.changes,
  }
}
