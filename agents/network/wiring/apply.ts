import { Refusal } from '@kilonova/platform/refusal.ts'
import type { WiringDone, WiringWish } from '../contract/messages.ts'
import type { HostWiring } from '../contract/wiring.ts'
import { merge } from './merge.ts'
import type { Rooms } from './rooms.ts'

/** Afterwards the host is wired as told, and what was told is remembered, for the host to be kept so. */
export function applyWiring(wish: WiringWish, rooms: Rooms): Promise<WiringDone> {
  return rooms.turn(async () => {
    const { held } = rooms
    held.wiring = wiringAfter(wish, rooms)
    held.revision = wish.revision
    return { revision: wish.revision, ...(await settle(rooms)) }
  })
}

function wiringAfter({ full, change }: WiringWish, { held }: Rooms): HostWiring {
  if (full) return full
  if (!change) throw new Refusal('invalid', 'A wish for wiring names the whole or a change.')
  if (held.revision === change.since) return merge(held.wiring, change)
  throw new Refusal('stale', `The wiring here is of revision ${held.revision ?? 'none'}, and the change is to ${change.since}.`)
}

/** Makes the host be like what is held, and says of ports whose cables came or went. To be run in turn. */
export async function settle({ driver, held, tellPorts, log }: Rooms, isThorough = false): Promise<Omit<WiringDone, 'revision'>> {
  const applied = await driver.apply(held.wiring, { isThorough })
  for (const { subject, reason } of applied.troubles) log.warn('a part of the wiring could not be made', { subject, reason })
  if (applied.changes > 0) log.info('wired the host', { changes: applied.changes, troubles: applied.troubles.length })
  const [before, now] = [held.portsUp, new Set(applied.portsUp)]
  const wired = new Set(held.wiring.ports.map(({ id }) => id))
  await tellPorts({ up: [...now].filter(id => !before.has(id)), down: [...before].filter(id => !now.has(id) && wired.has(id)) })
  // News that could not be told is told the next time.
  held.portsUp = now
  held.hasShut = (applied.shut ?? []).length > 0
  return { portsUp: applied.portsUp, troubles: applied.troubles, changes: applied.changes }
}
