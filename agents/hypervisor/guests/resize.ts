import type { Guest, GuestState } from '../contract/guest.ts'
import type { DiskOffer } from '../contract/transfers.ts'
import type { Rooms } from './rooms.ts'
import { makeDisks, plugIn, startGuest } from './start.ts'
import { stopIfThere } from './stop.ts'
import { undoingOnFailure } from './undo.ts'

export interface Prepare {
  readonly uuid: string
  readonly graceMs: number
  readonly elsewhere: boolean
}

/** Off, and its directory kept under another name: from now on there is a way back until it is confirmed. */
export async function prepareResize({ uuid, graceMs, elsewhere }: Prepare, rooms: Rooms): Promise<{ offer?: DiskOffer }> {
  await stopIfThere({ uuid, graceMs }, rooms)
  await rooms.driver.keepDisks(uuid)
  return elsewhere ? { offer: await rooms.driver.offerKept(uuid) } : {}
}

export interface Finish {
  readonly guest: Guest
  readonly power: 'on' | 'off'
  readonly offer?: DiskOffer | undefined
}

/** Copies of the kept disks, grown, and the guest over them. What this call made is gone again when it fails. */
export function finishResize({ guest, power, offer }: Finish, rooms: Rooms): Promise<GuestState> {
  const { driver, log } = rooms
  return undoingOnFailure(log, async undo => {
    const known = await driver.findGuest(guest.uuid)
    if (known?.power === 'running') return known
    if ((await driver.copyKept(guest, offer)) === 'made' && offer) {
      undo.note('remove the copies', () => driver.removeDisks(guest.uuid))
    }
    await makeDisks(guest, rooms, undo)
    await plugIn(guest, rooms, undo)
    if (!known) undo.note('forget the domain', () => driver.forget(guest.uuid))
    const state = power === 'on' ? await driver.powerOn(guest) : await driver.define(guest)
    await driver.settleDisks(guest.uuid)
    return state
  })
}

/** There is no way back any more. */
export async function confirmResize(
  { uuid, elsewhere }: { uuid: string; elsewhere: boolean },
  rooms: Rooms,
): Promise<{ dropped: boolean }> {
  const { driver } = rooms
  if (elsewhere) await driver.forget(uuid)
  return { dropped: await driver.dropKept(uuid) }
}

/** The way back: what was kept is its directory again, and the guest is as before. */
export async function revertResize({ guest, power }: { guest: Guest; power: 'on' | 'off' }, rooms: Rooms): Promise<GuestState> {
  const { driver } = rooms
  await stopIfThere({ uuid: guest.uuid, graceMs: 0 }, rooms)
  await driver.restoreKept(guest.uuid)
  return power === 'on' ? startGuest(guest, rooms) : driver.define(guest)
}
