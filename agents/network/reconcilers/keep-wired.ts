import { settle } from '../wiring/apply.ts'
import type { Rooms } from '../wiring/rooms.ts'

/**
 * Keeps the host as it was told to be: guests' cables come and go with their power, and somebody may have changed something by hand. It takes no
 * input; it looks. Cables are looked at whenever a device changes, the whole at every beat.
 */
export interface Keeping {
  /** Waits for a run that is under way. */
  stop(): Promise<void>
}

/** Devices come in bursts. */
const gatherMs = 30

/** Whoever has no network because the packet filter could not be loaded waits no longer than this for another try. */
const againMs = 5_000

/** No error, only no longer waited for: the default reason is an exception with a stack each time. */
const over = 'over'

export function keepWired(rooms: Rooms, everyMs: number): Keeping {
  const { driver, held, clock, log, turn } = rooms
  const ended = new AbortController()
  let nudge = Promise.withResolvers<void>()
  const following = driver.follow(() => nudge.resolve())

  /** Whether a cable came or went since it was last looked at. */
  const hasChanged = async () => {
    const plugged = await driver.pluggedPorts(held.wiring.ports.map(({ id }) => id))
    return plugged.length !== held.portsUp.size || plugged.some(id => !held.portsUp.has(id))
  }

  const look = (isBeat: boolean) =>
    turn(async () => {
      if (held.revision === undefined) return
      if (isBeat || (await hasChanged())) await settle(rooms, isBeat)
    }).catch(error => log.warn('the host could not be looked at', { error }))

  let beatAt = clock.monotonic() + everyMs
  /** A host whose devices never rest is looked at whole all the same. */
  const wait = async (): Promise<'beat' | 'nudge'> => {
    const waited = new AbortController()
    const until = held.hasShut ? Math.min(beatAt, clock.monotonic() + againMs) : beatAt
    const sleep = clock.sleep(Math.max(0, until - clock.monotonic()), AbortSignal.any([waited.signal, ended.signal])).then(
      () => 'beat' as const,
      () => 'nudge' as const,
    )
    const why = await Promise.race([sleep, nudge.promise.then(() => 'nudge' as const)])
    waited.abort(over)
    return why
  }

  const run = async () => {
    while (!ended.signal.aborted) {
      const why = await wait()
      if (ended.signal.aborted) return
      if (why === 'nudge') await clock.sleep(gatherMs, ended.signal).catch(() => {})
      nudge = Promise.withResolvers<void>()
      await look(why === 'beat')
      if (why === 'beat') beatAt = clock.monotonic() + everyMs
    }
  }
  const running = run()

  return {
    stop: async () => {
      following.stop()
      ended.abort()
      await running
    },
  }
}
