import type { Guest, GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { startGuest } from './start.ts'
import { stopIfThere } from './stop.ts'

export interface Rebuild {
  readonly guest: Guest
  readonly power: 'on' | 'off'
  readonly graceMs: number
}

/** Off, new disks, on. The new image is there before the guest is turned off: one that cannot be had changes nothing. */
export async function rebuildGuest({ guest, power, graceMs }: Rebuild, rooms: Rooms): Promise<GuestState> {
  const { driver } = rooms
  if (guest.image) await driver.cacheImage(guest.image)
  await stopIfThere({ uuid: guest.uuid, graceMs }, rooms)
  await driver.recoverKept(guest.uuid)
  await driver.removeRescue(guest.uuid)
  await driver.renewDisks(guest)
  await driver.settleDisks(guest.uuid)
  return power === 'on' ? startGuest(guest, rooms) : driver.define(guest)
}
