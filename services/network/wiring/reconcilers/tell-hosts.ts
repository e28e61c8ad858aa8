import { type Heartbeat, heartbeat, type PortNews, portDown, portUp, type WiringDone } from '@kilonova/network-agent/contract/messages.ts'
import type { HostWiring } from '@kilonova/network-agent/contract/wiring.ts'
import type { Bus, Serving } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { together } from '@kilonova/platform/together.ts'
import type { WiringStore } from '../store.ts'
import { type DhcpPortPlan, dhcpPortPlan } from '../wiring/dhcp-ports.ts'
import { type RouterPortPlan, routerPortPlan } from '../wiring/router-ports.ts'
import { type Sight, sightOf } from '../wiring/sight.ts'
import { hostWiring, type WiringRules } from '../wiring/wiring.ts'
import { touchedBy } from '../wiring/touched.ts'
import { type ToldHost, tellHost } from './host.ts'
import { keptLandscape, type Noted } from './kept.ts'
import { pending } from './pending.ts'
import { roll } from './roll.ts'

export interface Rooms {
  readonly bus: Bus
  readonly clock: Clock
  readonly log: Log
  readonly store: WiringStore
  readonly rules: WiringRules
  readonly changes: {
    head(): Promise<number>
    follow(since: number, options: { signal: AbortSignal }): AsyncIterable<Noted & { readonly offset: number }>
  }
  readonly setStatus: (portIds: readonly string[], status: 'ACTIVE' | 'DOWN', cause: Cause) => Promise<unknown>
  /** Says of floating addresses whether they are served. */
  readonly serveFloating: (ids: readonly string[], status: 'ACTIVE' | 'DOWN', cause: Cause) => Promise<unknown>
  /** Notes that the agents of hosts live. */
  readonly heard: (beats: readonly Heartbeat[], cause: Cause) => Promise<unknown>
  /** Makes, moves and removes the ports of DHCP servers. */
  readonly serveDhcp: (plan: DhcpPortPlan, cause: Cause) => Promise<unknown>
  /** Says of routers' ports where they are. */
  readonly bindRouters: (plan: RouterPortPlan, cause: Cause) => Promise<unknown>
  readonly newCause: (why: string) => Cause
  /** A host that was silent for so long is told nothing and serves nothing. */
  readonly silentMs: number
}

export interface Telling {
  stop(): Promise<void>
}

/** Changes come in bursts. */
const gatherMs = 10
/** That hosts live is written down for many at once; who has nothing else to say can wait longer for it. */
const gatherBeatsMs = 250
const beatsAtOnce = 100
const againMs = 1_000

/**
 * Tells every host how it is to be wired: the whole to an agent that has just begun, then what changed, as the change log tells. Nothing is
 * looked for at intervals; what could not be told is told when the host is heard of again.
 */
export async function tellHosts(rooms: Rooms): Promise<Telling> {
  const { bus, clock, log, changes, newCause } = rooms
  const kept = keptLandscape(rooms.store)
  const hosts = new Map<string, ToldHost>()
  const ended = new AbortController()
  const working = new Set<Promise<unknown>>()
  let seen = 0
  let settling: Promise<void> | undefined
  let isAsked = false
  const lively = roll(clock, rooms.silentMs)
  const noted = (ms: number) => together<Heartbeat>(clock, { ms, most: beatsAtOnce, keyOf: ({ host }) => host }, noteBeats)
  const [soon, later] = [noted(gatherMs), noted(gatherBeatsMs)] as const

  const left = pending(touched => {
    for (const state of hosts.values()) if (touched === 'all' || touched.has(state.beat.host)) state.isStale = true
  })
  const living = () => {
    const now = lively.living()
    return [...hosts.values()].filter(({ beat }) => now.has(beat.host))
  }
  const sight = (): Sight =>
    sightOf(
      kept.land(),
      living().map(({ beat: { host, facts } }) => ({
        ...{ host, tunnelIp: facts.tunnelIp },
        physicalNetworks: Object.keys({ ...facts.interfaceMappings, ...facts.bridgeMappings }),
      })),
      kept.groupings(),
    )

  /** Whether a host came back, or fell silent, since it was last looked: who lives is in the wiring of all. */
  function hasOthers(): boolean {
    const isOther = lively.hasOthers()
    if (isOther) left.everything()
    return isOther
  }

  /** Once more, after what is under way. */
  function settle(): void {
    isAsked = true
    settling ??= (async () => {
      while (isAsked && !ended.signal.aborted) {
        await clock.sleep(gatherMs, ended.signal).catch(() => {})
        isAsked = false
        await look().catch(error => log.warn('the wiring of hosts could not be looked at', { error }))
      }
      settling = undefined
    })()
  }

  async function look(): Promise<void> {
    const cause = newCause('wire the hosts')
    const renewed = await kept.refresh().catch(error => {
      left.everything()
      throw error
    })
    const revision = seen
    hasOthers()
    const now = sight()
    left.note(touchedBy(renewed, now))
    await place(now, cause)
    const lost = renewed.flatMap(one => (one.rows === 'routers' && one.after?.hosts.length === 0 ? one.after.floatingIps : []))
    const unserved = lost.filter(one => one.isActive).map(one => one.id)
    if (unserved.length > 0) await rooms.serveFloating(unserved, 'DOWN', cause)
    for (const state of living()) {
      if (state.isTelling || (state.told && !state.isStale)) continue
      state.isTelling = true
      state.isStale = false
      background(tell(state, { wiring: hostWiring(state.beat.host, now, rooms.rules), revision }, cause))
    }
  }

  /** What is placed changes tables, and is told when the change log tells it. */
  async function place(now: Sight, cause: Cause): Promise<void> {
    const names = living().map(({ beat }) => beat.host)
    const plan = dhcpPortPlan(now, names, left.networks)
    const routed = routerPortPlan(now, left.routers)
    left.placed(plan, routed)
    if (plan.make.length + plan.change.length + plan.remove.length > 0) await rooms.serveDhcp(plan, cause)
    if (routed.bind.length > 0) await rooms.bindRouters(routed, cause)
  }

  /** A slow host keeps none of the others waiting; what changed meanwhile it is told afterwards. */
  async function tell(state: ToldHost, wanted: { wiring: HostWiring; revision: number }, cause: Cause): Promise<void> {
    const isTold = await tellHost(state, wanted, { bus, log, done }, cause).finally(() => {
      state.isTelling = false
    })
    if (isTold && state.isStale) settle()
  }

  /** Ports of the network's own servers are up when their host is wired; guests' ports when their cables are plugged in. */
  async function done(_host: string, wiring: HostWiring, { portsUp, troubles }: WiringDone, cause: Cause): Promise<void> {
    const failed = new Set(troubles.map(({ subject }) => subject))
    const servers = [
      ...wiring.dhcp.filter(({ networkId, port }) => !failed.has(networkId) && !failed.has(port.id)).map(({ port }) => port.id),
      ...wiring.routers.flatMap(router =>
        failed.has(router.id)
          ? []
          : [...router.interfaces, ...(router.gateway ? [router.gateway] : []), ...(router.extraGateways ?? [])].map(port => port.portId),
      ),
    ]
    await setStatus([...portsUp, ...servers], 'ACTIVE', cause)
    const fresh = newlyServed(wiring, failed)
    if (fresh.length > 0) await rooms.serveFloating(fresh, 'ACTIVE', cause)
  }

  /** Floating addresses of routers that are wired, and of which nobody was told yet. */
  function newlyServed({ routers }: HostWiring, failed: ReadonlySet<string>): readonly string[] {
    return routers.flatMap(({ id, floatingIps }) => {
      const known = new Map(
        kept
          .land()
          .routers.get(id)
          ?.floatingIps.map(one => [one.id, one.isActive]),
      )
      return failed.has(id) ? [] : floatingIps.filter(one => known.get(one.id) === false).map(one => one.id)
    })
  }

  async function setStatus(ids: readonly string[], status: 'ACTIVE' | 'DOWN', cause: Cause): Promise<void> {
    const { ports } = kept.land()
    const other = ids.filter(id => ports.get(id) === undefined || ports.get(id)?.status !== status)
    if (other.length > 0) await rooms.setStatus(other, status, cause)
  }

  /** A port that moved is pulled out where it was; that says nothing about where it is now. */
  async function hearOfPort({ host, portId }: PortNews, status: 'ACTIVE' | 'DOWN', cause: Cause): Promise<void> {
    const [port] = await rooms.store.ports([portId])
    if (port?.bindingHostId === host && port.status !== status) await rooms.setStatus([portId], status, cause)
  }

  async function hear(beat: Heartbeat): Promise<void> {
    const before = hosts.get(beat.host)
    lively.heard(beat.host)
    if (before && !isSame(before.beat.facts, beat.facts)) left.everything()
    if (before) before.beat = beat
    else hosts.set(beat.host, { beat, told: undefined, isTelling: false, isStale: true })
    const state = hosts.get(beat.host)
    // An agent that began anew, or that missed an answer, knows something else than it was told.
    if (state && !state.isTelling && beat.revision !== state.told?.revision) state.told = undefined
    await (state?.told ? later : soon)(beat)
    if (!state?.told || kept.isStale() || hasOthers()) settle()
  }

  async function noteBeats(beats: readonly Heartbeat[]): Promise<void> {
    if (ended.signal.aborted) return
    const failed = (error: unknown) => log.warn('that network agents live could not be noted', { error })
    const noting = rooms.heard(beats, newCause('note which network agents live')).catch(failed)
    working.add(noting)
    await noting.finally(() => working.delete(noting))
  }

  async function followLog(): Promise<void> {
    while (!ended.signal.aborted) {
      try {
        seen = await changes.head()
        await kept.load()
        left.everything()
        settle()
        for await (const change of changes.follow(seen, { signal: ended.signal })) {
          seen = change.offset
          kept.note(change)
          if (kept.isStale()) settle()
        }
      } catch (error) {
        log.warn('the changes of networks could not be followed', { error })
        await clock.sleep(againMs, ended.signal).catch(() => {})
      }
    }
  }

  function background(work: Promise<unknown>): void {
    const mine = work.catch(error => log.warn('a host could not be wired', { error })).finally(() => working.delete(mine))
    working.add(mine)
  }

  const listening: readonly Serving[] = [
    await bus.listen(heartbeat, hear),
    await bus.listen(portUp, (news, cause) => hearOfPort(news, 'ACTIVE', cause)),
    await bus.listen(portDown, (news, cause) => hearOfPort(news, 'DOWN', cause)),
  ]
  const following = followLog()
  return {
    stop: async () => {
      ended.abort()
      await Promise.all(listening.map(each => each.stop()))
      await following
      await settling
      await Promise.all(working)
    },
  }
}

const isSame = (one: object, other: object) => JSON.stringify(one) === JSON.stringify(other)
