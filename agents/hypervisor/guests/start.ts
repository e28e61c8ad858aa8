import type { Guest, GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { type Undo, undoingOnFailure } from './undo.ts'

/** Afterwards it runs. What this call made is gone again when it fails; what was there before stays. */
export function startGuest(guest: Guest, rooms: Rooms): Promise<GuestState> {
  const { driver, log } = rooms
  return undoingOnFailure(log, async undo => {
    const known = await driver.findGuest(guest.uuid)
    if (known?.power === 'running') return known
    if (known?.power === 'paused') return driver.unpause(guest.uuid)

    await driver.recoverKept(guest.uuid)
    // The disks and the bridges know nothing of each other.
    const [disks] = await bothOf(makeDisks(guest, rooms, undo), plugIn(guest, rooms, undo))
    if (!known) undo.note('forget the domain', () => driver.forget(guest.uuid))
    const state = await driver.powerOn(guest)
    if (disks === 'made') await driver.settleDisks(guest.uuid)
    return state
  })
}

export async function makeDisks(guest: Guest, { driver }: Rooms, undo: Undo) {
  const disks = await driver.ensureDisks(guest)
  // Never from under a domain that could not be forgotten: it may run.
  const remove = async () => ((await driver.findGuest(guest.uuid)) ? undefined : driver.removeDisks(guest.uuid))
  if (disks === 'made') undo.note('remove the disks', remove)
  return disks
}

export async function plugIn(guest: Guest, { driver }: Rooms, undo: Undo): Promise<void> {
  const bridges = await driver.ensureNics(guest)
  undo.note('remove the bridges', () => driver.removeNics(bridges))
}

/** Both, or the first failure once neither is under way any more: an undo must not meet the act it undoes. */
async function bothOf<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other])
  return [await one, await other]
}
