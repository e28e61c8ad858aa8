import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openCompute } from '@kilonova/compute/main.ts'
import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import { openFakeDriver, openHypervisorAgent, openLibvirtDriver } from '@kilonova/hypervisor/main.ts'
import { identityOptions, openIdentity } from '@kilonova/identity/main.ts'
import { type Broker, openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import type { FollowOptions, LoggedChange } from '@kilonova/platform/changes/change.ts'
import { type Chance, seededChance } from '@kilonova/platform/chance.ts'
import { type Clock, systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { type Log, openLog } from '@kilonova/platform/log/log.ts'
import { type Hop, hopsOf } from '@kilonova/platform/log/trace.ts'
import { startPlacement } from './placement.ts'
import { type Client, clientOf } from './client.ts'
import { type Conductor, startConductor } from './conductor.ts'

type FakeHost = Parameters<typeof openFakeDriver>[0]
export type FakeHypervisor = ReturnType<typeof openFakeDriver>

export interface CloudWish {
  /** Called `host1`, `host2`, …; one unless told. */
  readonly hosts?: number
  /** Processes that carry out what the API recorded; one unless told. */
  readonly conductors?: number
  readonly clock?: Clock
  readonly chance?: Chance
  /** `fake` unless told; libvirt has one host, this machine. */
  readonly hypervisor?: 'fake' | { readonly libvirt: { readonly instancesDir: string } }
  /** How a fake host is: its size, its faults, how long its acts take. */
  readonly fake?: (host: string) => Partial<FakeHost>
  /** Where the services keep their tables; in memory unless told. */
  readonly databases?: { readonly identity?: string; readonly compute?: string; readonly placement?: string }
  /** The number of its first server, which makes the name on the host; 1 unless told. Another cloud may use the same libvirt. */
  readonly firstNumber?: number
  /** What `theImage` is made of; the fake hypervisor does not look. */
  readonly imagePath?: string
}

/** A whole cloud in this process: real tokens, real tasks, real messages. Only the hypervisors are pretended, unless told otherwise. */
export interface StoryCloud {
  /** One of the users a cloud begins with, on the project of the same name, over HTTP. Signs in at the first request. */
  as(name: 'admin' | 'demo'): Client
  /** The compute service's changes from its beginning, then as they happen. */
  follow(options?: FollowOptions): AsyncIterable<LoggedChange>
  /** Waits for the change that says `act` of a server; gives the acts up to it. */
  sees(serverId: string, act: string): Promise<readonly string[]>
  /** What the fake hosts hold, in the order of their names. */
  readonly hosts: readonly FakeHypervisor[]
  readonly conductors: readonly Conductor[]
  startConductor(): Promise<Conductor>
  /** A request's way: what the logs tell, with the changes it brought about. */
  trace(requestId: string): Promise<readonly Hop[]>
  /** For a real port: `listen` mounts it. */
  readonly compute: Awaited<ReturnType<typeof openCompute>>
  close(): Promise<void>
}

/** The image there is. */
export const theImage = '5c242396-3c7b-4bc6-bec1-3df8eb57d53d'
/** The same for another kind of processor. */
export const foreignImage = '5c242396-3c7b-4bc6-bec1-3df8eb57d53e'

export const nothingLeft = { domains: [], directories: [], bridges: [], bases: [theImage] }

export async function startCloud(wish: CloudWish = {}): Promise<StoryCloud> {
  const rooms = roomsOf(wish)
  const keyDir = await mkdtemp(join(tmpdir(), 'kilonova-story-'))
  const closers: (() => Promise<void>)[] = [() => rm(keyDir, { recursive: true, force: true })]
  const close = () => untilDone(rooms.clock, inTurn(closers.toReversed()))
  try {
    return await open(wish, rooms, { keyDir, closers, close })
  } catch (error) {
    await close()
    throw error
  }
}

interface Rooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly broker: Broker
  /** Every line that was logged, as JSON. */
  readonly lines: string[]
  logOf(daemon: string): Log
}

function roomsOf({ clock = systemClock, chance = seededChance(1) }: CloudWish): Rooms {
  const lines: string[] = []
  const write = (text: string) => void lines.push(text)
  return { clock, chance, broker: openBroker(), lines, logOf: daemon => openLog({ daemon, terminal: 'json', clock, write }) }
}

interface Ends {
  readonly keyDir: string
  readonly closers: (() => Promise<void>)[]
  readonly close: () => Promise<void>
}

async function open(wish: CloudWish, rooms: Rooms, { keyDir, closers, close }: Ends): Promise<StoryCloud> {
  const { clock, chance, broker, lines, logOf } = rooms
  const closing = <Open extends { close(): Promise<void> }>(opened: Open): Open => {
    closers.push(() => opened.close())
    return opened
  }
  const aBus = async (daemon: string) => closing(await openBus({ inProcess: broker, clock, chance, log: logOf(daemon) }))

  const identity = closing(await openIdentity(identityWish(wish, rooms, keyDir)))
  const names = Array.from({ length: wish.hosts ?? 1 }, (_, at) => `host${at + 1}`)
  const hosts: FakeHypervisor[] = []
  for (const host of names) {
    const log = logOf('nova-compute')
    const driver = await openDriver(wish, { host, clock, log }, hosts)
    const bus = await aBus('nova-compute')
    closing(await openHypervisorAgent({ host, bus, driver, clock, chance, log }))
  }
  const placement = closing(await startPlacement({ url: wish.databases?.placement, clock, chance }))
  const metadata = { secret: 'of this story', vendor: {}, domain: 'novalocal' }
  const shared = { imageDir: keyDir, images: imagesOf(wish), hosts: names, metadata, clock, chance, logOf }
  const compute = closing(
    await openCompute({
      ...shared,
      placement: placement.room,
      databaseUrl: wish.databases?.compute ?? 'sqlite://',
      bus: await aBus('nova-api'),
      tokens: identity.tokens,
      host: 'controller',
      daemons: ['nova-api'],
    }),
  )
  if (wish.firstNumber !== undefined) await countFrom(compute.database, wish.firstNumber)
  const conductors: Conductor[] = []
  const begin = async () => {
    const started = closing(
      await startConductor({
        ...shared,
        broker,
        databases: compute.databases,
        placement: placement.database,
        host: `conductor${conductors.length + 1}`,
      }),
    )
    conductors.push(started)
    return started
  }
  for (let count = 0; count < (wish.conductors ?? 1); count++) await begin()

  const { changes } = compute.database
  const clients = new Map<string, Client>()
  return {
    as(name) {
      const known = clients.get(name) ?? clientOf({ identity: identity.door, compute: compute.door }, { name, password: passwords[name] })
      clients.set(name, known)
      return known
    },
    follow: options => changes.follow(0, options),
    async sees(serverId, act) {
      const acts: string[] = []
      for await (const change of changes.follow(0, { id: serverId })) {
        acts.push(change.act)
        if (change.act === act) break
      }
      return acts
    },
    hosts,
    conductors,
    startConductor: begin,
    async trace(requestId) {
      const made = (await changes.read(0, { limit: 1_000 })).filter(({ cause }) => cause.requestId === requestId)
      const told = made.map(({ at, kind, act }) => ({ time: at, daemon: 'nova', hop: 'change', what: `${kind} ${act}` }))
      return [...hopsOf(lines, requestId), ...told].sort((a, b) => a.time.localeCompare(b.time))
    },
    compute,
    close,
  }
}

const passwords = { admin: 'the administrator’s', demo: 'the demo user’s' }

function identityWish({ databases }: CloudWish, { clock, chance, logOf }: Rooms, keyDir: string) {
  const settings = readConfig(identityOptions, readSources({ flags: ['identity.password_hash_rounds=4'] })).values
  return {
    databaseUrl: databases?.identity ?? 'sqlite://',
    settings,
    keyDir,
    beginning: {
      region: 'RegionOne',
      adminPassword: passwords.admin,
      demoPassword: passwords.demo,
      serviceUsers: [],
      catalog: [{ name: 'nova', type: 'compute', description: 'OpenStack Compute', url: 'http://cloud:8774/v2.1' }],
    },
    clock,
    chance,
    log: logOf('keystone'),
  }
}

async function openDriver({ hypervisor = 'fake', fake }: CloudWish, host: FakeHost & { readonly log: Log }, hosts: FakeHypervisor[]) {
  if (hypervisor !== 'fake') return openLibvirtDriver({ ...host, ...hypervisor.libvirt })
  const driver = openFakeDriver({ ...host, ...fake?.(host.host) })
  hosts.push(driver)
  return driver
}

const countFrom = ({ transaction }: StoryCloud['compute']['database'], first: number) =>
  transaction({ requestId: 'req-story', why: 'a story counts its servers apart' }, async tx => {
    await tx.change([], sql =>
      sql
        .updateTable('instance_counter')
        .set({ last: first - 1 })
        .execute(),
    )
  })

const imagesOf = ({ imagePath = '/nowhere/guest.qcow2' }: CloudWish) => ({
  async find(id: string): Promise<(GuestImage & { readonly properties: Readonly<Record<string, string>> }) | undefined> {
    const image = { id, format: 'qcow2' as const, source: { from: 'file' as const, path: imagePath } }
    if (id === foreignImage) return { ...image, properties: { hw_architecture: 'aarch64' } }
    return id === theImage ? { ...image, properties: {} } : undefined
  },
})

async function inTurn(closers: readonly (() => Promise<void>)[]): Promise<void> {
  for (const close of closers) await close()
}

/** On a virtual clock somebody must let the time pass that others wait for. */
async function untilDone(clock: Clock & { advance?(ms: number): Promise<void> }, work: Promise<void>): Promise<void> {
  let isDone = false
  const done = work.finally(() => {
    isDone = true
  })
  while (clock.advance && !isDone) await clock.advance(10)
  return done
}
