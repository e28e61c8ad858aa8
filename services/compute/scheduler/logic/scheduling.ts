import { concurrentUpdate, type Held } from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type ClaimAsk, type Claimed, noValidHost, type Scheduling } from '../scheduler.ts'
import type { Decision } from '../scheduler/decision.ts'
import type { Host, HostState } from '../scheduler/host.ts'
import type { AddedRules, Refused } from '../scheduler/request.ts'
import type { SchedulerSettings } from '../options.ts'
import type { DecisionStore } from '../store/decisions.ts'
import type { ApiWrite } from '../../tables/api.ts'
import type { Rules } from './choose.ts'
import { groupObjection } from './filters/affinity.ts'
import { allFilters, enabledFilters } from './filters/all.ts'
import { type Headroom, headroomOf } from './headroom.ts'
import { groupOf, look, type Picture, type Rooms as LookRooms } from './look.ts'
import { enabledWeighers } from './weighers.ts'
import { operatorLines, ownerSentence } from './words.ts'

export interface Rooms extends Pick<LookRooms, 'placement' | 'book' | 'groups' | 'settings'> {
  readonly decisions: DecisionStore
  readonly write: ApiWrite
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly chance: Pick<Chance, 'uuid' | 'fraction'>
  /** What plug-ins add to the rules. */
  readonly added?: AddedRules | undefined
}

/** How often all is looked at anew when others were faster. */
const attempts = 8
/** As many as are kept of a decision. */
const keptRanked = 20
const keptRefused = 1_000
/** A week. */
const keptMs = 7 * 24 * 3_600_000

export interface Rehearsal extends Picture {
  readonly headroom: Headroom
}

export interface SchedulingLogic extends Scheduling {
  /** How a request stands, with nothing held and nothing kept. */
  rehearse(ask: ClaimAsk, cause: Cause): Promise<Rehearsal>
  decisionsOf(serverId: string): Promise<readonly Decision[]>
  /** Decisions age out. */
  forgetOld(cause: Cause): Promise<void>
}

/**
 * Finds hosts and holds their resources. A host is chosen from what is in memory; placement then has the last word, in one transaction, so
 * nobody ever gets what is not there; who comes second takes the next best.
 */
export function schedulingLogic(rooms: Rooms): SchedulingLogic {
  const { placement, decisions, write, clock, chance } = rooms
  const looking: LookRooms = { ...rooms, rules: ruleBook(rooms.settings, rooms.added), fraction: () => chance.fraction() }
  const oneAtATime = turns()

  async function claim(ask: ClaimAsk, cause: Cause): Promise<Claimed> {
    for (let attempt = 1; ; attempt++) {
      const [already] = await placement.held([ask.consumerId], cause)
      const known = already && (await hostOf(already, ask))
      // Whoever held and was killed before it looked at its group looks now.
      if (known && (await isAlone(known, ask, cause))) return claimedOn(known)
      const picture = await look(ask, looking, cause)
      const { host, refused } = await holdFirst(picture, already, ask, cause)
      if (host && (await isAlone(host, ask, cause))) {
        await keep(decisionOf(picture, refused, host.host, null, cause), cause)
        return claimedOn(host)
      }
      if (host) await release(ask.consumerId, cause)
      const isVain = !host && (picture.ranked.length === 0 || refused.length > 0)
      if (isVain && (picture.ranked.length === 0 || attempt >= attempts)) return refuse(picture, refused, cause)
      if (attempt >= attempts) throw new Refusal('unavailable', 'Other claims came between again and again.', { code: concurrentUpdate })
      if (host) await clock.sleep(chance.fraction() * 50 * attempt)
    }
  }

  /** Down the ranks until placement gives the room. Nothing when somebody else wrote the same consumer, or none of them has any left. */
  async function holdFirst({ ranked }: Picture, already: Held | undefined, ask: ClaimAsk, cause: Cause) {
    const refused: Refused[] = []
    for (const { host, candidate } of ranked) {
      const { consumerId, projectId, userId } = ask
      const type = consumerId === (ask.serverId ?? consumerId) ? 'INSTANCE' : 'MIGRATION'
      const allocations = Object.fromEntries(candidate.allocations)
      const hold = { consumerId, projectId, userId, allocations, generation: already?.generation ?? null, type }
      const error = await placement.hold([hold], cause).then(
        () => undefined,
        (failure: unknown) => failure,
      )
      if (error === undefined) return { host, refused }
      if (!(error instanceof Refusal) || error.kind !== 'conflict') throw error
      if (error.code === concurrentUpdate) return { host: undefined, refused: [] }
      refused.push({ host: host.host, objection: { from: 'placement', kind: 'taken', says: error.message } })
    }
    return { host: undefined, refused }
  }

  /**
   * Two servers of one group may have been chosen for at the same moment, each not seeing the other. Both hold by now, so at least the
   * later one sees it; who sees it gives back and chooses again.
   */
  async function isAlone(host: Host, ask: ClaimAsk, cause: Cause): Promise<boolean> {
    if (ask.forcedHost !== undefined || ask.hints?.['group'] === undefined) return true
    const group = await groupOf(ask, await rooms.book.current(), rooms, cause)
    return groupObjection(host, { ...ask, group }) === undefined
  }

  /** The host of what is held already, when it is one that was asked for: this claim was made before and its answer was lost. */
  async function hostOf({ allocations }: Held, ask: ClaimAsk) {
    const { hosts } = await rooms.book.current()
    const host = [...hosts.values()].find(one => Object.hasOwn(allocations, one.id))
    const wanted = ask.forcedHost ?? ask.host
    const suits = host && !ask.ignoredHosts?.includes(host.host) && (wanted === undefined || wanted === host.host)
    return suits ? host : undefined
  }

  async function refuse(picture: Picture, taken: readonly Refused[], cause: Cause): Promise<never> {
    const refused = [...taken, ...picture.refused]
    const says = ownerSentence(picture.request, refused)
    await keep(decisionOf(picture, taken, null, says, cause), cause)
    throw new Refusal('conflict', says, { code: noValidHost, extra: { details: operatorLines(refused) } })
  }

  const decisionOf = (
    { request, ranked, refused }: Picture,
    taken: readonly Refused[],
    host: string | null,
    says: string | null,
    cause: Cause,
  ): Decision => ({
    ...{ id: chance.uuid(), serverId: request.serverId ?? request.consumerId, projectId: request.projectId },
    ...{ requestId: cause.requestId, at: new Date(clock.now()).toISOString(), host, says },
    ranked: ranked.slice(0, keptRanked).map(one => ({ host: one.host.host, weight: one.weight })),
    refused: [...taken, ...refused].slice(0, keptRefused).map(one => ({ host: one.host, ...one.objection })),
  })

  const keep = (decision: Decision, cause: Cause) => write(cause, async tx => void (await decisions.insert(tx, decision)))

  async function release(consumerId: string, cause: Cause): Promise<void> {
    await patiently(async () => {
      const [held] = await placement.held([consumerId], cause)
      if (held) await placement.hold([{ ...held, type: held.type ?? 'INSTANCE', allocations: {} }], cause)
    })
  }

  return {
    claim: (ask, cause) => oneAtATime(String(ask.hints?.['group'] ?? ''), () => claim(ask, cause)),
    release,

    moveClaim: (from, to, cause) =>
      patiently(async () => {
        const held = await placement.held([from, to], cause)
        const old = held.find(one => one.consumerId === from)
        if (!old) return
        const generation = held.find(one => one.consumerId === to)?.generation ?? null
        const type = old.type === 'MIGRATION' ? 'INSTANCE' : 'MIGRATION'
        const emptied = { ...old, type: old.type ?? 'INSTANCE', allocations: {} }
        await placement.hold([{ ...old, consumerId: to, generation, type }, emptied], cause)
      }),

    async rehearse(ask, cause) {
      const picture = await look(ask, looking, cause, true)
      const own = new Set(picture.ranked.map(one => one.host.id))
      const others = new Set(picture.ranked.flatMap(one => [...one.candidate.allocations.keys()]).filter(uuid => !own.has(uuid)))
      const providers = others.size === 0 ? [] : await placement.providers(cause, [...others])
      return { ...picture, headroom: headroomOf(picture, providers) }
    },
    decisionsOf: serverId => decisions.listOfServer(serverId, 20),
    forgetOld: cause => write(cause, async tx => void (await decisions.deleteBefore(tx, new Date(clock.now() - keptMs).toISOString()))),
  }
}

const claimedOn = ({ host, facts }: Pick<HostState, 'host' | 'facts'>): Claimed => ({ host, node: facts.nodeName })

/** Again when somebody else wrote the same meanwhile. */
async function patiently(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt++)
    try {
      return await work()
    } catch (error) {
      if (attempt >= attempts || !(error instanceof Refusal) || error.code !== concurrentUpdate) throw error
    }
}

/** The rules as the configuration says them now, put together again only when it says something else. */
function ruleBook(settings: () => SchedulerSettings, added?: AddedRules): () => Rules {
  let read: SchedulerSettings | undefined
  let rules: Rules | undefined
  return () => {
    const now = settings()
    if (rules && read === now) return rules
    read = now
    const { host_subset_size: subsetSize, shuffle_best_same_weighed_hosts: shuffles } = now.filter_scheduler
    const zone = allFilters(now).filter(one => one.name === 'AvailabilityZoneFilter')
    const [filters, weighers] = [enabledFilters(now, added?.filters), enabledWeighers(now, added?.weighers)]
    rules = { filters, weighers, subsetSize, shuffles, always: zone }
    return rules
  }
}

/** Work of one key in a row, of different keys side by side; without a key nobody waits. */
function turns() {
  const last = new Map<string, Promise<unknown>>()
  return async <R>(key: string, work: () => Promise<R>): Promise<R> => {
    if (key === '') return work()
    const before = last.get(key) ?? Promise.resolve()
    const mine = before.catch(() => undefined).then(work)
    last.set(key, mine)
    try {
      return await mine
    } finally {
      if (last.get(key) === mine) last.delete(key)
    }
  }
}
