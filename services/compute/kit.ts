import type { GuestImage, GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import type { Plugin } from '@kilonova/platform/plugins/find.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { startPlacement } from '@kilonova/stories/kit/placement.ts'
import { type TestDoor, testDoor, usualCallers } from '@kilonova/stories/kit/door.ts'
import type { HypervisorClient } from './clients/hypervisor.ts'
import { spell } from './faults.ts'
import { mappingStore } from './cells/store.ts'
import { type Databases, migrations, openDatabases } from './main/databases.ts'
import { admitPlugins } from './main/plugins.ts'
import { buildLogics, cellStores, type LogicWish } from './main/logics.ts'
import { type ComputeRules, ruleOptions } from './options.ts'
import { instanceActionLogic } from './instance-actions/logic.ts'
import { instanceActionStore } from './instance-actions/store.ts'
import { serverMigrationStore } from './server-migrations/store.ts'
import type { TaskRooms } from './servers/tasks/rooms.ts'
import { routes } from './routes.ts'
import type { Server } from './servers/server.ts'
import { serverStore } from './servers/store.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' }

/** For tests: an empty compute database in memory. */
export const emptyDatabase = (): Promise<Database<Tables>> =>
  openDatabase<Tables>({ url: 'sqlite://', service: 'compute', migrations, clock: systemClock, log: silentLog })

/** For tests: the three empty databases in memory. */
export const emptyDatabases = (): Promise<Databases> =>
  openDatabases({ databaseUrl: 'sqlite://', clock: systemClock, chance: seededChance(1) }, silentLog)

/** For tests: what an operator says about hosts and limits, the defaults but for what is given as `section.key=value`. */
export const rulesOf = (...flags: readonly string[]): ComputeRules => readConfig(ruleOptions, readSources({ flags })).values

/** Where servers go that never found a host. */
export const burialIn = ({ api, cell0 }: Databases): TaskRooms['burial'] => ({
  store: serverStore(cell0),
  write: cell0.transaction,
  moved: (id, why) => api.transaction(why, tx => mappingStore(api).move(tx, id, 'cell0')),
})

/** The `n`th example server, for tests. */
export const aServer = (n: number, more: Partial<Server> = {}): Server => ({
  id: `da0e8cfc-46f9-416d-a828-${n.toString(16).padStart(12, '0')}`,
  number: n,
  name: `vm${n}`,
  description: null,
  projectId: 'p-demo',
  userId: 'u-m',
  imageId: theImage.id,
  flavor: {
    id: '1',
    name: 'm1.tiny',
    memoryMb: 512,
    vcpus: 1,
    diskGb: 1,
    swapMb: 0,
    ephemeralGb: 0,
    description: null,
    rxtxFactor: 1,
    isPublic: true,
    isDisabled: false,
    extraSpecs: {},
  },
  ...{ hostname: `vm${n}`, oldFlavor: null, newFlavor: null, metadata: {}, systemMetadata: {}, tags: [] },
  ...{ vmState: 'building', taskState: 'scheduling', powerState: 'nostate', progress: 0, fault: null, lockedBy: null, lockedReason: null },
  ...{ host: null, node: null, availabilityZone: null, request: { hints: {}, count: 1, networks: 'none', securityGroups: [] } },
  ...{ reservationId: `r-${n}`, launchIndex: 0, keyName: null, publicKey: null, userData: null, hasConfigDrive: false, rootDevice: null },
  ...{ diskConfig: 'MANUAL', accessIpV4: null, accessIpV6: null, trustedCertificates: null, dropsAtShutdown: false, nics: [] },
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
  ...{ launchedAt: null, terminatedAt: null, deletedAt: null, isDeleted: false },
  ...more,
})

export const theImage: GuestImage = {
  id: '5c242396-3c7b-4bc6-bec1-3df8eb57d53d',
  format: 'qcow2',
  source: { from: 'file', path: '/nowhere' },
}
export const oneImage = { find: async (id: string) => (id === theImage.id ? theImage : undefined) }

/** Hosts of which only the guests' names and powers are pretended. */
export interface FakeHosts extends HypervisorClient {
  readonly guests: Map<string, { readonly host: string; readonly state: GuestState }>
  /** Those whose disks are kept for a resize. */
  readonly kept: Set<string>
  /** Those that were plugged in later, by their MACs: into which guest. */
  readonly cables: Map<string, string>
}

/** A host of this name has so much memory; what is not named does not answer. */
export function fakeHosts(memoryMb: Readonly<Record<string, number>>): FakeHosts {
  const guests: FakeHosts['guests'] = new Map()
  const kept = new Set<string>()
  const cables: FakeHosts['cables'] = new Map()
  const mustAnswer = (host: string): void => {
    if (memoryMb[host] === undefined) throw new Refusal('unavailable', `Nobody answers at compute.${host}`)
  }
  const find = (host: string, uuid: string): GuestState => {
    mustAnswer(host)
    const found = guests.get(uuid)
    if (found?.host !== host) throw new Refusal('not-found', `Instance ${uuid} could not be found.`)
    return found.state
  }
  const put = (host: string, { uuid, name }: { uuid: string; name: string }, power: GuestState['power']): GuestState => {
    mustAnswer(host)
    const state: GuestState = { uuid, name, power }
    guests.set(uuid, { host, state })
    return state
  }
  const turn = (power: GuestState['power']) => async (host: string, uuid: string) => put(host, find(host, uuid), power)
  const powered = (power: 'on' | 'off') => (power === 'on' ? 'running' : 'shutdown')
  return {
    ...{ guests, kept, cables, stop: turn('shutdown'), pause: turn('paused'), unpause: turn('running'), suspend: turn('suspended') },
    start: async (host, guest) => put(host, guest, 'running'),
    reboot: async (host, { guest }) => put(host, guest, 'running'),
    resume: async (host, guest) => put(host, guest, 'running'),
    rescue: async (host, { guest }) => put(host, guest, 'running'),
    unrescue: async (host, guest) => put(host, guest, 'running'),
    rebuild: async (host, { guest, power }) => put(host, guest, powered(power)),
    async prepareResize(host, { uuid }) {
      put(host, find(host, uuid), 'shutdown')
      kept.add(uuid)
      return {}
    },
    finishResize: async (host, { guest, power }) => put(host, guest, powered(power)),
    async confirmResize(host, { uuid }) {
      mustAnswer(host)
      return { dropped: kept.delete(uuid) }
    },
    async revertResize(host, { guest, power }) {
      kept.delete(guest.uuid)
      return put(host, guest, powered(power))
    },
    async snapshot(host, { uuid, format }) {
      find(host, uuid)
      return { format, sizeBytes: 5, virtualSizeBytes: 10, sha512: 'aa' }
    },
    async diagnostics(host, uuid) {
      find(host, uuid)
      const traffic = { octets: 1, packets: 1, errors: 0, drops: 0 }
      return {
        ...{ driver: 'libvirt', hypervisor: 'qemu', hypervisorOs: 'linux', power: 'running', hasConfigDrive: false },
        cpus: [{ id: 0, timeNs: 17_300_000_000, utilisation: null }],
        nics: [{ tap: 'tap6a790b22-29', macAddress: 'fa:16:3e:00:00:01', received: traffic, sent: traffic }],
        disks: [{ device: 'vda', readBytes: 262_144, readRequests: 112, writeBytes: 5_778_432, writeRequests: 488, errors: null }],
        ...{ memory: { maximumMb: 512, usedMb: 128 }, memoryCounts: { actual: 524_288 } },
      }
    },
    setPassword: async (host, { guest }) => void find(host, guest.uuid),
    injectNmi: async (host, uuid) => void find(host, uuid),
    async attachInterface(host, { guest, nic }) {
      find(host, guest.uuid)
      cables.set(nic.macAddress, guest.uuid)
    },
    async detachInterface(host, { uuid, macAddress }) {
      find(host, uuid)
      return { detached: cables.delete(macAddress) }
    },
    async destroy(host, uuid) {
      mustAnswer(host)
      kept.delete(uuid)
      return { destroyed: guests.get(uuid)?.host === host && guests.delete(uuid) }
    },
    state: async (host, uuid) => find(host, uuid),
    async cacheImages(host, images) {
      mustAnswer(host)
      return Object.fromEntries(images.map(({ id }) => [id, null]))
    },
    list: async host => [...guests.values()].filter(guest => guest.host === host).map(({ state }) => state),
    async consoleLog(host, uuid, lines) {
      const { name } = find(host, uuid)
      return `${name} booting\nlogin: `
        .split('\n')
        .slice(-(lines ?? 0))
        .join('\n')
    },
    uptime: async host => `10:00:00 up 3 days on ${host}`,
    async facts(host) {
      mustAnswer(host)
      return plainFacts({ host, vcpus: 4, memoryMb: memoryMb[host] ?? 0, diskGb: 100 })
    },
  }
}

/** The rooms of the labours of servers: one host, and whatever asks for one gets the first that has the memory. */
export function fakeTaskRooms(databases: Databases, memoryMb: Readonly<Record<string, number>>) {
  const { cell1 } = databases
  const hypervisors = fakeHosts(memoryMb)
  const clock = virtualClock()
  const claims = new Map<string, string>()
  const moves = serverMigrationStore(cell1)
  const kept = new Map<string, 'queued' | 'active'>()
  const offloads: string[] = []
  const forgotten: string[] = []
  const actions = instanceActionLogic({ stores: [instanceActionStore(cell1)], clock, chance: seededChance(1) })
  const rooms: TaskRooms = {
    ...{
      store: serverStore(cell1),
      write: cell1.transaction,
      images: oneImage,
      hypervisors,
      clock,
      burial: burialIn(databases),
      moves,
      actions,
    },
    scheduling: {
      async claim({ consumerId, flavor, ignoredHosts = [] }) {
        const [host] = Object.entries(memoryMb).find(([name, mb]) => mb >= flavor.memoryMb && !ignoredHosts.includes(name)) ?? []
        if (host === undefined) throw new Refusal('conflict', 'No valid host was found.', { code: 'NoValidHost' })
        claims.set(consumerId, host)
        return { host, node: host }
      },
      release: async id => void claims.delete(id),
      async moveClaim(from, to) {
        const host = claims.get(from)
        if (host !== undefined) claims.set(to, host)
        claims.delete(from)
      },
    },
    keeper: {
      create: async ({ id }) => void (kept.has(id) || kept.set(id, 'queued')),
      fill: async id => void kept.set(id, 'active'),
      discard: async () => {},
      delete: async id => void kept.delete(id),
      list: async () => [...kept.keys()].map(id => ({ id, name: null, createdAt: '' })),
    },
    offload: async (_, { serverId }) => void offloads.push(serverId),
    leaveGroups: async () => {},
    isAway: async () => false,
    mostAttempts: () => 1,
    plugging: () => ({ timeoutMs: 1000, isFatal: true }),
    bootAgain: async () => {},
    forgetMove: async (_, { moveId }) => void forgotten.push(moveId),
    zoneOf: async () => 'nova',
    driveOf: async () => ({}),
    shutdownMs: () => 60_000,
  }
  return { ...rooms, hypervisors, claims, moves, actions, kept, forgotten }
}

type BuiltLogics = Awaited<ReturnType<typeof buildLogics>>

export interface Bench extends TestDoor {
  readonly db: Database<Tables>
  readonly databases: Databases
  readonly logics: Awaited<ReturnType<typeof buildLogics>>
  readonly hosts: FakeHosts
  readonly placement: PlacementRoom
  /** The labours recorded so far: `boot <id>`. */
  readonly labours: readonly string[]
  /** Writes servers as if they had been made. */
  insert(...servers: readonly Server[]): Promise<void>
  /** Puts a server where a labour would have left it. */
  put(server: Server): Promise<void>
}

/** The whole door over an empty database, whose labours are only noted. Callers are of the test's making: `member` of p-demo, `other` of p-other. */
export async function bench(
  more: Partial<Pick<LogicWish, 'metadata' | 'images' | 'rules' | 'browser' | 'network' | 'outcomeOf'>> = {},
  among: (logics: BuiltLogics) => BuiltLogics = built => built,
  plugins: readonly Plugin[] = [],
): Promise<Bench> {
  const databases = await emptyDatabases()
  const placement = await startPlacement()
  const { cell1: db } = databases
  const { store, write } = cellStores(databases).cell1
  const hosts = fakeHosts({ host1: 8192 })
  const labours: string[] = []
  const usual = rulesOf()
  const rules = () => usual
  const logics = await buildLogics(
    {
      ...{ databases, images: oneImage, hypervisors: hosts, clock: systemClock, chance: seededChance(1) },
      record: async (_, { name }, { key }) => {
        labours.push(`${name.replace(/^server\./, '')} ${key}`)
        return key
      },
      outcomeOf: async () => ({ state: 'done', saved: {}, fault: undefined }),
      placement: placement.room,
      rules,
      ...more,
    },
    cause,
  )
  const rooms = { database: db, clock: systemClock, chance: seededChance(2), log: silentLog }
  const added = await admitPlugins({ ...logics, ...rooms, plugins, endpoints: routes(logics) })
  const door = await testDoor({
    versions,
    microversions: { service: 'compute', legacyHeader: 'X-OpenStack-Nova-API-Version' },
    endpoints: [...routes(among(logics)), ...added.endpoints],
    spell,
    policies: added.policies,
    foreign: 'absent',
    callers: { ...usualCallers, other: { ...usualCallers['member'], userId: 'u-o', projectId: 'p-other', roles: ['member', 'reader'] } },
  })
  return {
    db,
    logics,
    databases,
    hosts,
    placement: placement.room,
    labours,
    ask: door.ask,
    insert: (...servers) =>
      write(cause, async tx => {
        for (const server of servers) await store.insert(tx, server)
      }),
    put: server => write(cause, async tx => void (await store.update(tx, server, 'put there by a test'))),
    close: async () => {
      await door.close()
      await placement.close()
      await Promise.all(Object.values(databases).map(one => one.close()))
    },
  }
}
