import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import * as commands from './contract/messages.ts'
import type { atMost } from './guests/at-most.ts'
import { cacheImages } from './guests/cache.ts'
import { destroyGuest } from './guests/destroy.ts'
import { consoleLog, guestState } from './guests/look.ts'
import type { newsOfFacts } from './guests/news-of-facts.ts'
import type { oneAtATime } from './guests/one-at-a-time.ts'
import { attachInterface, setPassword } from './guests/plug.ts'
import { rebootGuest } from './guests/reboot.ts'
import { rebuildGuest } from './guests/rebuild.ts'
import { rescueGuest, unrescueGuest } from './guests/rescue.ts'
import { confirmResize, finishResize, prepareResize, revertResize } from './guests/resize.ts'
import type { Rooms } from './guests/rooms.ts'
import { startGuest } from './guests/start.ts'
import { stopGuest } from './guests/stop.ts'
import { resumeGuest } from './guests/suspend.ts'
import { told } from './guests/told.ts'

/**
 * Command to verb. Those that change a guest take turns on it and are told in the log; those that look do not wait. A guest that is to go need not
 * rest first. No more guests start at once than the host was told it can bear.
 */
export function inbox(
  rooms: Rooms,
  inTurn: ReturnType<typeof oneAtATime>,
  limited: ReturnType<typeof atMost>,
  news: ReturnType<typeof newsOfFacts>,
): readonly Handler[] {
  const { driver } = rooms
  const turnAtOnce = <T>(uuid: string, cause: Cause, what: string | ((result: T) => string), act: () => Promise<T>): Promise<T> =>
    inTurn(uuid, () => told(rooms, cause, uuid, act, result => (typeof what === 'string' ? what : what(result))))
  const turn: typeof turnAtOnce = (uuid, cause, what, act) => turnAtOnce(uuid, cause, what, () => driver.rest(uuid).then(act))
  const done = async (act: Promise<void>): Promise<Record<string, never>> => {
    await act
    return {}
  }
  const detached = async (act: Promise<boolean>) => ({ detached: await act })
  const gone = ({ destroyed }: { destroyed: boolean }) => (destroyed ? 'destroyed the guest' : 'there was no guest to destroy')
  // biome-ignore format: a table
  return [
    handle(commands.startGuest,       (guest, cause) => turn(guest.uuid, cause, ({ name }) => `started ${name}`, () => limited(() => startGuest(guest, rooms)))),
    handle(commands.stopGuest,        (stop, cause) => turn(stop.uuid, cause, 'stopped the guest', () => stopGuest(stop, rooms))),
    handle(commands.rebootGuest,      (reboot, cause) => turn(reboot.guest.uuid, cause, 'rebooted the guest', () => rebootGuest(reboot, rooms))),
    handle(commands.pauseGuest,       ({ uuid }, cause) => turn(uuid, cause, 'paused the guest', () => driver.pause(uuid))),
    handle(commands.unpauseGuest,     ({ uuid }, cause) => turn(uuid, cause, 'let the guest go on', () => driver.unpause(uuid))),
    handle(commands.suspendGuest,     ({ uuid }, cause) => turn(uuid, cause, 'suspended the guest', () => driver.suspend(uuid))),
    handle(commands.resumeGuest,      (resume, cause) => turn(resume.guest.uuid, cause, 'resumed the guest', () => resumeGuest(resume, rooms))),
    handle(commands.rescueGuest,      (rescue, cause) => turn(rescue.guest.uuid, cause, 'started the guest from a rescue disk', () => rescueGuest(rescue, rooms))),
    handle(commands.unrescueGuest,    (rescue, cause) => turn(rescue.guest.uuid, cause, 'started the guest from its own disk', () => unrescueGuest(rescue, rooms))),
    handle(commands.rebuildGuest,     (rebuild, cause) => turn(rebuild.guest.uuid, cause, 'rebuilt the guest', () => rebuildGuest(rebuild, rooms))),
    handle(commands.prepareResize,    (prepare, cause) => turn(prepare.uuid, cause, 'kept the guest for a resize', () => prepareResize(prepare, rooms))),
    handle(commands.finishResize,     (finish, cause) => turn(finish.guest.uuid, cause, 'resized the guest', () => finishResize(finish, rooms))),
    handle(commands.confirmResize,    (confirm, cause) => turn(confirm.uuid, cause, 'dropped what was kept for a resize', () => confirmResize(confirm, rooms))),
    handle(commands.revertResize,     (revert, cause) => turn(revert.guest.uuid, cause, 'put the guest back as it was', () => revertResize(revert, rooms))),
    handle(commands.snapshotGuest,    (wish, cause) => turn(wish.uuid, cause, 'made a snapshot', () => driver.snapshot(wish))),
    handle(commands.setPassword,      (wish, cause) => turn(wish.guest.uuid, cause, 'set a password', () => setPassword(wish, rooms))),
    handle(commands.injectNmi,        ({ uuid }, cause) => turn(uuid, cause, 'sent an interrupt', () => done(driver.injectNmi(uuid)))),
    handle(commands.attachInterface,  (wish, cause) => turn(wish.guest.uuid, cause, 'plugged a cable in', () => attachInterface(wish, rooms))),
    handle(commands.detachInterface,  ({ uuid, macAddress }, cause) => turn(uuid, cause, 'pulled a cable', () => detached(driver.detachNic(uuid, macAddress)))),
    handle(commands.attachVolume,     ({ guest, volume }, cause) => turn(guest.uuid, cause, 'plugged a volume in', () => done(driver.attachVolume(guest, volume)))),
    handle(commands.detachVolume,     ({ uuid, volumeId }, cause) => turn(uuid, cause, 'pulled a volume', () => detached(driver.detachVolume(uuid, volumeId)))),
    handle(commands.extendVolume,     ({ uuid, volumeId, sizeBytes }, cause) => turn(uuid, cause, 'told the guest of a grown volume', () => done(driver.extendVolume(uuid, volumeId, sizeBytes)))),
    handle(commands.destroyGuest,     ({ uuid }, cause) => turnAtOnce(uuid, cause, gone, () => destroyGuest(uuid, rooms))),
    handle(commands.cacheImages,      wish => cacheImages(wish, rooms)),
    handle(commands.guestState,       ({ uuid }) => guestState(uuid, rooms)),
    handle(commands.consoleLog,       asked => consoleLog(asked, rooms)),
    handle(commands.guestDiagnostics, ({ uuid }) => driver.diagnostics(uuid)),
    handle(commands.listGuests,       async () => ({ guests: await driver.listGuests() })),
    handle(commands.hostFacts,        () => driver.facts()),
    handle(commands.factsNews,        ({ known }) => news(known)),
    handle(commands.hostUptime,       async () => ({ uptime: await driver.uptime() })),
  ]
}
