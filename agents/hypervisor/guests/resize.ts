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
  /** Which of its resizes: a later one has a higher number. */
  readonly resize: number
}

/** Off, and its directory kept under another name: from now on there is a way back until it is confirmed. */
export async function prepareResize({ uuid, graceMs, elsewhere, resize }: Prepare, rooms: Rooms): Promise<{ offer?: DiskOffer }> {
  await stopIfThere({ uuid, graceMs }, rooms)
  await rooms.driver.keepDisks(uuid, resize)
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
    if (known?.power === 'running') {
      // Whoever began this was killed before it could say that the copies are whole.
      await driver.settleDisks(guest.uuid)
      return known
    }
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
  { uuid, elsewhere, resize }: { uuid: string; elsewhere: boolean; resize: number },
  rooms: Rooms,
): Promise<{ dropped: boolean }> {
  const { driver } = rooms
  if (elsewhere) await driver.forget(uuid)
  return { dropped: await driver.dropKept(uuid, resize) }
}

export interface Revert {
  readonly guest: Guest
  readonly power: 'on' | 'off'
  readonly resize: number
}

/** The way back: what was kept is its directory again, and the guest is as before. */
export async function revertResize({ guest, power, resize }: Revert, rooms: Rooms): Promise<GuestState> {
  const { driver } = rooms
  await stopIfThere({ uuid: guest.uuid, graceMs: 0 }, rooms)
  await driver.restoreKept(guest.uuid, resize)
  return power === 'on' ? startGuest(guest, rooms) : driver.define(guest)
}
