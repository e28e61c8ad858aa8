import type { Guest, GuestImage, GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { startGuest } from './start.ts'
import { stopIfThere } from './stop.ts'
import { undoingOnFailure } from './undo.ts'

export interface Rescue {
  readonly guest: Guest
  readonly image: GuestImage
  readonly graceMs: number
}

/** Afterwards it runs from a disk of `image`. When it cannot, it runs from its own root again if it did before. */
export function rescueGuest({ guest, image, graceMs }: Rescue, rooms: Rooms): Promise<GuestState> {
  const { driver, log } = rooms
  return undoingOnFailure(log, async undo => {
    const rescued: Guest = { ...guest, rescueImage: image }
    // The image is fetched while the guest still runs.
    await driver.cacheImage(image)
    const ran = await stopIfThere({ uuid: guest.uuid, graceMs }, rooms)
    if (ran) undo.note('start it from its own root', () => startGuest(guest, rooms))
    undo.note('remove the rescue disk', () => driver.removeRescue(guest.uuid))
    return startGuest(rescued, rooms)
  })
}

/** Afterwards it runs from its own root. */
export async function unrescueGuest({ guest }: { guest: Guest }, rooms: Rooms): Promise<GuestState> {
  const { rescueImage: _, ...own } = guest
  await stopIfThere({ uuid: guest.uuid, graceMs: 0 }, rooms)
  await rooms.driver.removeRescue(guest.uuid)
  return startGuest(own, rooms)
}
