import type { Guest, GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { startGuest } from './start.ts'
import { mustBeThere } from './stop.ts'
import { undoingOnFailure } from './undo.ts'

/** Afterwards it goes on where it was suspended. One whose memory nobody kept starts from its disk. */
export async function resumeGuest({ guest }: { guest: Guest }, rooms: Rooms): Promise<GuestState> {
  const { driver, log } = rooms
  const known = await mustBeThere(guest.uuid, rooms)
  if (known.power === 'running') return known
  if (known.power === 'paused') return driver.unpause(guest.uuid)
  const resumed = await undoingOnFailure(log, async undo => {
    const bridges = await driver.ensureNics(guest)
    undo.note('remove the bridges', () => driver.removeNics(bridges))
    return driver.resume(guest.uuid)
  })
  return resumed ?? startGuest(guest, rooms)
}
