import type { Guest, GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { startGuest } from './start.ts'
import { stopGuest } from './stop.ts'

export interface Reboot {
  readonly guest: Guest
  readonly way: 'soft' | 'hard'
  readonly graceMs: number
}

/** Off and on again. A hard reboot does not ask; both tell the hypervisor about the guest anew, so what was edited by hand is gone. */
export async function rebootGuest({ guest, way, graceMs }: Reboot, rooms: Rooms): Promise<GuestState> {
  if (await rooms.driver.findGuest(guest.uuid)) await stopGuest({ uuid: guest.uuid, graceMs: way === 'soft' ? graceMs : 0 }, rooms)
  return startGuest(guest, rooms)
}
