import type { Guest, GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { undoingOnFailure } from './undo.ts'

/** Afterwards it runs. What this call made is gone again when it fails; what was there before stays. */
export function startGuest(guest: Guest, { driver, log }: Rooms): Promise<GuestState> {
  return undoingOnFailure(log, async undo => {
    const known = await driver.findGuest(guest.uuid)
    if (known?.power === 'running') return known
    if (known?.power === 'paused') return driver.unpause(guest.uuid)

    const disks = await driver.ensureDisks(guest)
    // Never from under a domain that could not be forgotten: it may run.
    const remove = async () => ((await driver.findGuest(guest.uuid)) ? undefined : driver.removeDisks(guest.uuid))
    if (disks === 'made') undo.note('remove the disks', remove)

    const bridges = await driver.ensureNics(guest)
    undo.note('remove the bridges', () => driver.removeNics(bridges))

    if (!known) undo.note('forget the domain', () => driver.forget(guest.uuid))
    return driver.powerOn(guest)
  })
}
