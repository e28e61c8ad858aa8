import type { GuestState } from '../contract/guest.ts'
import { noGuest } from '../drivers/driver.ts'
import type { Rooms } from './rooms.ts'

/** Soon at first, for some stop at once; then less often. */
const firstLookMs = 20
const lookEveryMs = 500

/** Afterwards it is off: by itself when it listens within `graceMs`, else because the plug is pulled. */
export async function stopGuest({ uuid, graceMs }: { uuid: string; graceMs: number }, { driver, clock }: Rooms): Promise<GuestState> {
  const off = async (): Promise<GuestState | undefined> => {
    const state = await driver.findGuest(uuid)
    return state?.power === 'shutdown' || state?.power === 'crashed' ? state : undefined
  }
  const already = await off()
  if (already?.power === 'shutdown') return already

  const deadline = clock.monotonic() + graceMs
  if (graceMs > 0) await driver.pressPower(uuid).catch(() => {}) // A guest that cannot be asked is not waited for any less patiently.
  for (let waitMs = firstLookMs; clock.monotonic() < deadline; waitMs = Math.min(lookEveryMs, waitMs * 2)) {
    await clock.sleep(Math.min(waitMs, deadline - clock.monotonic()))
    const state = await off()
    if (state) return state
  }
  return driver.powerOff(uuid)
}

/** The same for one that need not be there. Says whether it ran. */
export async function stopIfThere(stop: { uuid: string; graceMs: number }, rooms: Rooms): Promise<boolean> {
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
