import type { GuestState } from '../contract/guest.ts'
import { noGuest } from '../drivers/driver.ts'
import { changesOf } from './changes.ts'
import type { Rooms } from './rooms.ts'

/** Ends of guests are told; they are looked for all the same, in case that is lost. */
const lookEveryMs = 1_000
const usuallyPressEveryMs = 10_000

interface Stop {
  readonly uuid: string
  readonly graceMs: number
}

/** Afterwards it is off: by itself when it listens within `graceMs`, else because the plug is pulled. */
export async function stopGuest(stop: Stop, rooms: Rooms): Promise<GuestState> {
  const already = await mustBeThere(stop.uuid, rooms)
  if (already.power === 'shutdown') return already
  const off = stop.graceMs > 0 ? await askToStop(stop, rooms) : undefined
  return off ?? rooms.driver.powerOff(stop.uuid)
}

/** The button is pressed again and again: a guest that has only just started does not listen yet. */
async function askToStop({ uuid, graceMs }: Stop, rooms: Rooms): Promise<GuestState | undefined> {
  const { driver, clock, pressEveryMs = usuallyPressEveryMs } = rooms
  const deadline = clock.monotonic() + graceMs
  const changes = changesOf(uuid, rooms)
  try {
    let pressAt = clock.monotonic()
    for (let now = pressAt; now < deadline; now = clock.monotonic()) {
      if (now >= pressAt) {
        await driver.pressPower(uuid).catch(() => {}) // A guest that cannot be asked is not waited for any less patiently.
        pressAt = now + pressEveryMs
      }
      await changes.next(Math.min(lookEveryMs, deadline - now))
      const state = await whenOff(uuid, rooms)
      if (state) return state
    }
    return undefined
  } finally {
    changes.stop()
  }
}

async function whenOff(uuid: string, { driver }: Rooms): Promise<GuestState | undefined> {
  const state = await driver.findGuest(uuid)
  return state?.power === 'shutdown' || state?.power === 'crashed' ? state : undefined
}

/** The same for one that need not be there. Says whether it ran. */
export async function stopIfThere(stop: Stop, rooms: Rooms): Promise<boolean> {
  const known = await rooms.driver.findGuest(stop.uuid)
  if (!known) return false
  await stopGuest(stop, rooms)
  return known.power === 'running' || known.power === 'paused'
}

export async function mustBeThere(uuid: string, { driver }: Rooms): Promise<GuestState> {
  const state = await driver.findGuest(uuid)
  if (!state) throw noGuest(uuid)
  return state
}
