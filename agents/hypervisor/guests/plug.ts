import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest, GuestNic } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'
import { mustBeThere } from './stop.ts'
import { undoingOnFailure } from './undo.ts'

export function attachInterface({ guest, nic }: { guest: Guest; nic: GuestNic }, rooms: Rooms): Promise<Record<string, never>> {
  const { driver, log } = rooms
  return undoingOnFailure(log, async undo => {
    await mustBeThere(guest.uuid, rooms)
    const bridges = await driver.ensureNics({ uuid: guest.uuid, nics: [nic] })
    undo.note('remove the bridges', () => driver.removeNics(bridges))
    await driver.attachNic(guest, nic)
    return {}
  })
}

export interface NewPassword {
  readonly guest: Guest
  readonly user?: string | undefined
  readonly password: string
}

/** Of the user it is asked for, else of whom the image names, else of whoever rules such a system. */
export async function setPassword({ guest, user, password }: NewPassword, rooms: Rooms): Promise<Record<string, never>> {
  const { imageProperties = {} } = guest
  const { power } = await mustBeThere(guest.uuid, rooms)
  if (power !== 'running')
    throw new Refusal('conflict', `Failed to set admin password on ${guest.uuid} because the instance is not running.`)
  const ruler = imageProperties['os_type'] === 'windows' ? 'Administrator' : 'root'
  await rooms.driver.setPassword(guest.uuid, user ?? imageProperties['os_admin_user'] ?? ruler, password)
  return {}
}
