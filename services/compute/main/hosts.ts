import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { every } from '@kilonova/platform/every.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { HypervisorClient } from '../clients/hypervisor.ts'
import { noteOwn, noteTheLiving } from '../hypervisors/reconcilers/heartbeats.ts'
import type { SchedulingLogic } from '../scheduler/logic/scheduling.ts'
import type { Scheduling } from '../scheduler/scheduler.ts'
import type { buildLogics } from './logics.ts'

/** How often is noted which hosts answer: thrice before a silent one counts as down. */
const beatMs = 20_000
/** When placement missed the first beat. */
const againMs = 3_000
const usualHealMs = 600_000
/** How often old decisions of the scheduler are forgotten. */
const forgetMs = 3_600_000

export interface HostsWish {
  readonly logics: Pick<Awaited<ReturnType<typeof buildLogics>>, 'services' | 'providers' | 'healing' | 'scheduling'>
  readonly hypervisors: Pick<HypervisorClient, 'facts'>
  readonly hosts: readonly string[]
  /** This process's own. */
  readonly host: string
  /** Which daemons this process is. */
  readonly daemons: readonly string[]
  readonly clock: Clock
  readonly log: Log
  causeOf(why: string): Cause
  /** How often what placement holds and what servers need are compared; ten minutes unless told. */
  readonly healEveryMs?: number | undefined
}

/**
 * Keeps what is known of hosts true, here and in placement. They are those of this process, those that others have noted, and those that report by
 * themselves. `ready`: every host was asked once.
 */
export function keepHosts(wish: HostsWish) {
  const { logics, hypervisors, clock, log, causeOf, healEveryMs = usualHealMs } = wish
  let known: ReadonlySet<string> = new Set()
  const reported = new Set<string>()
  const note = async () => {
    const cause = causeOf('note which hosts answer')
    const { seen, heardOf, computeHosts } = logics.services
    // One that was deleted is asked no more, unless it reports again.
    known = new Set([...wish.hosts, ...reported, ...(await computeHosts())])
    reported.clear()
    const hosts = [...known]
    await noteTheLiving({ ...wish, hypervisors, seen, heardOf: () => heardOf(beatMs / 2), hosts }, cause)
    const unheard = await logics.providers.mirror(undefined, cause)
    for (const { host, error } of unheard) log.warn('placement did not hear of a host', { ...causeFields(cause), host, error })
    return unheard.length === 0
  }
  const heal = async () => {
    const cause = causeOf('compare what placement holds with what servers need')
    const { removed, made, failed } = await logics.healing.heal(cause)
    for (const { consumerId, host: where } of removed)
      log.warn('what nobody needs any more was given back', { ...causeFields(cause), instance_id: consumerId, host: where })
    for (const { serverId, host: where } of made)
      log.warn('a server held nothing on its host, and does now', { ...causeFields(cause), instance_id: serverId, host: where })
    for (const { serverId, host: where, error } of failed)
      log.error('a server holds nothing on its host', { ...causeFields(cause), instance_id: serverId, host: where, error })
  }
  const forget = () => logics.scheduling.forgetOld(causeOf('forget old decisions of the scheduler'))
  const unseen = (error: unknown) => log.warn('which hosts answer could not be noted', { error })
  const timers = [
    every(clock, beatMs, note, unseen),
    every(clock, healEveryMs, heal, error => log.warn('what placement holds could not be looked at', { error })),
    every(clock, forgetMs, forget, error => log.warn('old decisions could not be forgotten', { error })),
  ]
  let noting: Promise<unknown> = note().catch(unseen)
  // Placement may be starting too: a new cloud need not wait for the next beat.
  const again = noting.then(isHeard => (isHeard === false ? clock.after(againMs, () => void note().catch(unseen)) : undefined))
  return {
    ready: noting,
    /** A host reports; one that nobody knows is asked what it has. */
    async hear(host: string): Promise<void> {
      if (known.has(host)) return
      reported.add(host)
      noting = noting.then(note).catch(unseen)
      await noting
    },
    stop: () => {
      for (const timer of timers) timer.stop()
      void again.then(timer => timer?.stop())
    },
  }
}

/** A daemon that asks no hosts says that it lives. */
export function keepSeen({ logics, host, daemons, clock, log, causeOf }: Omit<HostsWish, 'hosts' | 'hypervisors'>) {
  const note = () => noteOwn({ seen: logics.services.seen, host, daemons }, causeOf('say that a daemon lives'))
  const unseen = (error: unknown) => log.warn('that this daemon lives could not be noted', { error })
  void note().catch(unseen)
  return every(clock, beatMs, note, unseen)
}

/** A conductor that has just begun claims nothing before every host was asked once: until then there may be none. */
export const schedulingAfter = (ready: Promise<unknown>, scheduling: Scheduling): Scheduling => ({
  ...scheduling,
  claim: (ask, cause) => ready.then(() => scheduling.claim(ask, cause)),
})

/** The scheduler as its log tells of it. */
export function toldScheduling(scheduling: SchedulingLogic, log: Log, clock: Pick<Clock, 'monotonic'>): Scheduling {
  const told = async <R>(what: string, id: string, cause: Cause, work: () => Promise<R>, sayOf: (result: R) => string): Promise<R> => {
    const began = clock.monotonic()
    const hop = () => ({ ...causeFields(cause), hop: `scheduler.${what}`, instance_id: id, ms: Math.round(clock.monotonic() - began) })
    try {
      const result = await work()
      log.info(`scheduler.${what}`, { ...hop(), what: sayOf(result) })
      return result
    } catch (error) {
      log.warn(`scheduler.${what}`, { ...hop(), what: error instanceof Error ? error.message : String(error) })
      throw error
    }
  }
  return {
    async claim(ask, cause) {
      const id = ask.serverId ?? ask.consumerId
      return told(
        'claim',
        id,
        cause,
        () => scheduling.claim(ask, cause),
        ({ host }) => host,
      )
    },
    release: (id, cause) =>
      told(
        'release',
        id,
        cause,
        () => scheduling.release(id, cause),
        () => 'given back',
      ),
    moveClaim: (from, to, cause) =>
      told(
        'move',
        to,
        cause,
        () => scheduling.moveClaim(from, to, cause),
        () => `from ${from}`,
      ),
  }
}
