import type { GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'

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
  while (clock.monotonic() < deadline) {
    await clock.sleep(Math.min(lookEveryMs, deadline - clock.monotonic()))
    const state = await off()
    if (state) return state
  }
  return driver.powerOff(uuid)
}
