import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import * as commands from './contract/messages.ts'
import { destroyGuest } from './guests/destroy.ts'
import { consoleLog, guestState } from './guests/look.ts'
import type { oneAtATime } from './guests/one-at-a-time.ts'
import { rebootGuest } from './guests/reboot.ts'
import type { Rooms } from './guests/rooms.ts'
import { startGuest } from './guests/start.ts'
import { stopGuest } from './guests/stop.ts'
import { told } from './guests/told.ts'

/** Command to verb. Those that change a guest take turns on it; those that look do not wait. */
export function inbox(rooms: Rooms, inTurn: ReturnType<typeof oneAtATime>): readonly Handler[] {
  const { driver } = rooms
  // biome-ignore format: a table
  return [
    handle(commands.startGuest,   (guest, cause) => inTurn(guest.uuid, () => told(rooms, cause, guest.uuid, () => startGuest(guest, rooms), ({ name }) => `started ${name}`))),
    handle(commands.stopGuest,    stop => inTurn(stop.uuid, () => stopGuest(stop, rooms))),
    handle(commands.rebootGuest,  reboot => inTurn(reboot.guest.uuid, () => rebootGuest(reboot, rooms))),
    handle(commands.pauseGuest,   ({ uuid }) => inTurn(uuid, () => driver.pause(uuid))),
    handle(commands.unpauseGuest, ({ uuid }) => inTurn(uuid, () => driver.unpause(uuid))),
    handle(commands.destroyGuest, ({ uuid }, cause) => inTurn(uuid, () => told(rooms, cause, uuid, () => destroyGuest(uuid, rooms), ({ destroyed }) => destroyed ? 'destroyed the guest' : 'there was no guest to destroy'))),
    handle(commands.guestState,   ({ uuid }) => guestState(uuid, rooms)),
    handle(commands.consoleLog,   asked => consoleLog(asked, rooms)),
    handle(commands.listGuests,   async () => ({ guests: await driver.listGuests() })),
    handle(commands.hostFacts,    () => driver.facts()),
  ]
}
