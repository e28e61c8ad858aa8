import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { describe, expect, test } from 'vitest'
import type { Fault } from '../drivers/fake/faults.ts'
import { openFakeDriver } from '../drivers/fake/open.ts'
import { cacheImages } from './cache.ts'
import { destroyGuest } from './destroy.ts'
import { aGuest, aNic } from './kit.ts'
import { attachInterface, setPassword } from './plug.ts'
import { rebuildGuest } from './rebuild.ts'
import { rescueGuest, unrescueGuest } from './rescue.ts'
import { confirmResize, finishResize, prepareResize, revertResize } from './resize.ts'
import { startGuest } from './start.ts'
import { stopGuest } from './stop.ts'
import { resumeGuest } from './suspend.ts'

const rooms = (faults: Fault[] = [], host = 'node1') => ({
  driver: openFakeDriver({ host, clock: systemClock, faults }),
  clock: systemClock,
  log: silentLog,
})
const guest = aGuest(1, { nics: [aNic(1)] })
const { uuid } = guest
const other = { id: 'ffffffff-0000-4000-8000-000000000345', format: 'raw', source: { from: 'file', path: '/nowhere' } } as const

const aRunning = async (faults: Fault[] = []) => {
  const room = rooms(faults)
  await startGuest(guest, room)
  return room
}

describe('resuming', () => {
  test('goes on where the guest was suspended, and starts one of which nothing was kept', async () => {
    const room = await aRunning()
    await room.driver.suspend(uuid)
    expect((await resumeGuest({ guest }, room)).power).toBe('running')
    await stopGuest({ uuid, graceMs: 0 }, room)
    expect((await resumeGuest({ guest }, room)).power).toBe('running')
    await expect(resumeGuest({ guest: aGuest(2) }, room)).rejects.toMatchObject({ kind: 'not-found' })
  })
})

describe('stopping', () => {
  /** On a clock of its own, a guest that only listens to the nth press. */
  const aDrowsy = async (listensTo: number) => {
    const clock = virtualClock()
    const driver = openFakeDriver({ host: 'node1', clock })
    const pressedAt: number[] = []
    const pressPower = async () => {
      if (pressedAt.push(clock.monotonic()) === listensTo) driver.happen(uuid, 'shutdown')
    }
    const room = { driver: { ...driver, pressPower }, clock, log: silentLog, pressEveryMs: 10_000 }
    await startGuest(guest, room)
    const begun = clock.monotonic()
    return { room, clock, pressed: () => pressedAt.map(at => at - begun) }
  }

  test('presses the button again until the guest listens, and is over as soon as it is off', async () => {
    const { room, clock, pressed } = await aDrowsy(3)
    const stopping = stopGuest({ uuid, graceMs: 60_000 }, room)
    await clock.advance(20_000)
    expect((await stopping).power).toBe('shutdown')
    expect(pressed()).toEqual([0, 10_000, 20_000])
  })

  test('pulls the plug of a guest that never listens, when its time is over', async () => {
    const { room, clock, pressed } = await aDrowsy(99)
    const stopping = stopGuest({ uuid, graceMs: 25_000 }, room)
    await clock.advance(24_999)
    expect(await room.driver.findGuest(uuid)).toMatchObject({ power: 'running' })
    await clock.advance(1)
    expect((await stopping).power).toBe('shutdown')
    expect(pressed()).toEqual([0, 10_000, 20_000])
  })

  test('does not ask a guest that is given no time', async () => {
    const { room, pressed } = await aDrowsy(1)
    expect((await stopGuest({ uuid, graceMs: 0 }, room)).power).toBe('shutdown')
    expect(pressed()).toEqual([])
  })
})

describe('rescuing', () => {
  test('starts the guest from the other image, and undoing it from its own', async () => {
    const room = await aRunning()
    expect((await rescueGuest({ guest, image: other, graceMs: 0 }, room)).power).toBe('running')
    expect(room.driver.leftovers().bases).toContain(other.id)
    expect((await unrescueGuest({ guest: { ...guest, rescueImage: other } }, room)).power).toBe('running')
  })

  test('that cannot be leaves the guest running as it was', async () => {
    const room = await aRunning([{ act: 'powerOn', nth: 2, says: 'no memory left' }])
    await expect(rescueGuest({ guest, image: other, graceMs: 0 }, room)).rejects.toThrow('no memory left')
    expect(await room.driver.findGuest(uuid)).toMatchObject({ power: 'running' })
  })

  test('with an image that cannot be had does not even turn it off', async () => {
    const room = await aRunning([
      { act: 'cacheImage', says: 'the image service is away' },
      { act: 'powerOff', says: 'nobody shall pull the plug' },
    ])
    await expect(rescueGuest({ guest, image: other, graceMs: 0 }, room)).rejects.toThrow('the image service is away')
    expect(await room.driver.findGuest(uuid)).toMatchObject({ power: 'running' })
  })
})

describe('rebuilding', () => {
  test('starts the guest from a new disk, or leaves it off', async () => {
    const room = await aRunning()
    expect((await rebuildGuest({ guest: { ...guest, image: other }, power: 'on', graceMs: 0 }, room)).power).toBe('running')
    expect((await rebuildGuest({ guest, power: 'off', graceMs: 0 }, room)).power).toBe('shutdown')
    expect(room.driver.leftovers().directories).toEqual([uuid])
  })

  test('with an image that cannot be had leaves the guest running', async () => {
    const room = await aRunning([{ act: 'cacheImage', says: 'the image service is away' }])
    await expect(rebuildGuest({ guest, power: 'on', graceMs: 0 }, room)).rejects.toThrow('the image service is away')
    expect(await room.driver.findGuest(uuid)).toMatchObject({ power: 'running' })
  })
})

describe('a resize on one host', () => {
  const larger = { ...guest, memoryMb: 128, diskGb: 2 }

  test('that is confirmed leaves the larger guest alone', async () => {
    const room = await aRunning()
    expect(await prepareResize({ uuid, graceMs: 0, elsewhere: false, resize: 1 }, room)).toEqual({})
    expect((await finishResize({ guest: larger, power: 'on' }, room)).power).toBe('running')
    expect(room.driver.leftovers().directories).toEqual([uuid, `${uuid}_resize`])
    expect(await confirmResize({ uuid, elsewhere: false, resize: 1 }, room)).toEqual({ dropped: true })
    expect(await confirmResize({ uuid, elsewhere: false, resize: 1 }, room)).toEqual({ dropped: false })
    expect(room.driver.leftovers().directories).toEqual([uuid])
  })

  test('that is reverted gives the guest back as it was; each act twice as well as once', async () => {
    const room = await aRunning()
    for (const _ of [1, 2]) await prepareResize({ uuid, graceMs: 0, elsewhere: false, resize: 1 }, room)
    for (const _ of [1, 2]) await finishResize({ guest: larger, power: 'on' }, room)
    for (const _ of [1, 2]) expect((await revertResize({ guest, power: 'on', resize: 1 }, room)).power).toBe('running')
    expect(room.driver.leftovers()).toMatchObject({ domains: [guest.name], directories: [uuid] })
  })

  test('of a guest that was off leaves it off', async () => {
    const room = await aRunning()
    await prepareResize({ uuid, graceMs: 0, elsewhere: false, resize: 1 }, room)
    expect((await finishResize({ guest: larger, power: 'off' }, room)).power).toBe('shutdown')
    expect((await revertResize({ guest, power: 'off', resize: 1 }, room)).power).toBe('shutdown')
  })

  test('that fails halfway can still be reverted', async () => {
    const room = await aRunning([{ act: 'powerOn', nth: 2, says: 'no memory left' }])
    await prepareResize({ uuid, graceMs: 0, elsewhere: false, resize: 1 }, room)
    await expect(finishResize({ guest: larger, power: 'on' }, room)).rejects.toThrow('no memory left')
    expect((await revertResize({ guest, power: 'on', resize: 1 }, room)).power).toBe('running')
  })

  test('leaves nothing when the guest is destroyed meanwhile', async () => {
    const room = await aRunning()
    await prepareResize({ uuid, graceMs: 0, elsewhere: false, resize: 1 }, room)
    await finishResize({ guest: larger, power: 'on' }, room)
    await destroyGuest(uuid, room)
    expect(room.driver.leftovers()).toMatchObject({ domains: [], directories: [] })
  })
})

describe('a resize to another host', () => {
  test('moves the guest, and what was kept goes with the confirmation', async () => {
    const [from, to] = [await aRunning(), rooms([], 'node2')]
    const { offer } = await prepareResize({ uuid, graceMs: 0, elsewhere: true, resize: 1 }, from)
    expect((await finishResize({ guest, power: 'on', offer }, to)).power).toBe('running')
    await confirmResize({ uuid, elsewhere: true, resize: 1 }, from)
    expect(from.driver.leftovers()).toMatchObject({ domains: [], directories: [] })
    expect(to.driver.leftovers()).toMatchObject({ domains: [guest.name], directories: [uuid] })
  })

  test('that fails there leaves nothing there, and the guest goes on here', async () => {
    const [from, to] = [await aRunning(), rooms([{ act: 'powerOn', says: 'no memory left' }], 'node2')]
    const { offer } = await prepareResize({ uuid, graceMs: 0, elsewhere: true, resize: 1 }, from)
    await expect(finishResize({ guest, power: 'on', offer }, to)).rejects.toThrow('no memory left')
    expect(to.driver.leftovers()).toMatchObject({ domains: [], directories: [], bridges: [] })
    expect((await revertResize({ guest, power: 'on', resize: 1 }, from)).power).toBe('running')
  })
})

test('a cable that cannot be plugged in leaves no bridge', async () => {
  const room = await aRunning([{ act: 'attachNic', says: 'no slot left' }])
  const nic = aNic(2, '44b9ef50-354b-457b-8ea2-8498ec64835b')
  await expect(attachInterface({ guest, nic }, room)).rejects.toThrow('no slot left')
  expect(room.driver.leftovers().bridges).toEqual(['brq33b9ef50-35'])
})

test('a password is set by the agent of a guest that runs and has one', async () => {
  const able = aGuest(1, { imageProperties: { hw_qemu_guest_agent: 'yes' } })
  const room = rooms()
  await startGuest(able, room)
  expect(await setPassword({ guest: able, password: 'secret' }, room)).toEqual({})
  await stopGuest({ uuid, graceMs: 0 }, room)
  await expect(setPassword({ guest: able, password: 'secret' }, room)).rejects.toMatchObject({ kind: 'conflict' })
})

test('images are made ready one by one, and each says why it could not', async () => {
  const room = rooms([{ act: 'cacheImage', uuid: other.id, says: 'it did not arrive whole' }])
  const image = guest.image ?? other
  expect(await cacheImages({ images: [image, other] }, room)).toEqual({
    failures: { [image.id]: null, [other.id]: 'it did not arrive whole' },
  })
})
