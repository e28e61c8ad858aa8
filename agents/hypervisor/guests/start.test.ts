import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { describe, expect, test } from 'vitest'
import type { Act, Fault } from '../drivers/fake/faults.ts'
import { openFakeDriver } from '../drivers/fake/open.ts'
import { destroyGuest } from './destroy.ts'
import { aGuest, aNic } from './kit.ts'
import { startGuest } from './start.ts'
import { stopGuest } from './stop.ts'

const rooms = (faults: Fault[] = []) => ({
  driver: openFakeDriver({ host: 'node1', clock: systemClock, faults }),
  clock: systemClock,
  log: silentLog,
})
const guest = aGuest(1, { nics: [aNic(1)] })
const nothing = { domains: [], directories: [], bridges: [], bases: ['5c242396-3c7b-4bc6-bec1-3df8eb57d53d'] }

describe('starting a guest', () => {
  test('twice gives one running guest', async () => {
    const room = rooms()
    const first = await startGuest(guest, room)
    expect(await startGuest(guest, room)).toEqual(first)
    expect(room.driver.leftovers().domains).toEqual(['instance-00000001'])
  })

  test.each<Act>(['ensureNics', 'powerOn'])('that fails at %s leaves nothing behind', async act => {
    const room = rooms([{ act, says: 'it broke' }])
    await expect(startGuest(guest, room)).rejects.toThrow('it broke')
    expect(room.driver.leftovers()).toEqual(nothing)
  })

  test('whose answer is lost leaves nothing behind either', async () => {
    const room = rooms([{ act: 'powerOn', says: 'connection lost', afterwards: true }])
    await expect(startGuest(guest, room)).rejects.toThrow('connection lost')
    expect(room.driver.leftovers()).toMatchObject({ domains: [], directories: [] })
  })

  test('that was off and cannot be turned on keeps its disks', async () => {
    const room = rooms([{ act: 'powerOn', nth: 2, says: 'no memory left' }])
    await startGuest(guest, room)
    await stopGuest({ uuid: guest.uuid, graceMs: 0 }, room)
    await expect(startGuest(guest, room)).rejects.toThrow('no memory left')
    expect(room.driver.leftovers()).toMatchObject({ domains: [guest.name], directories: [guest.uuid] })
  })

  test('that runs though it failed, and cannot be taken away again, keeps its disks', async () => {
    const room = rooms([
      { act: 'powerOn', says: 'connection lost', afterwards: true },
      { act: 'forget', says: 'libvirt hangs' },
    ])
    await expect(startGuest(guest, room)).rejects.toThrow('connection lost')
    expect(room.driver.leftovers()).toMatchObject({ domains: [guest.name], directories: [guest.uuid] })
  })

  test('says the first error even when its undo fails too', async () => {
    const room = rooms([
      { act: 'powerOn', says: 'no memory left' },
      { act: 'forget', says: 'libvirt hangs' },
    ])
    await expect(startGuest(guest, room)).rejects.toThrow('no memory left')
    expect(room.driver.leftovers().directories).toEqual([])
  })
})

describe('stopping a guest', () => {
  test('that listens lets it shut itself down', async () => {
    const room = rooms([{ act: 'powerOff', says: 'nobody shall pull the plug' }])
    await startGuest(guest, room)
    expect((await stopGuest({ uuid: guest.uuid, graceMs: 5_000 }, room)).power).toBe('shutdown')
  })

  test('that is off is harmless', async () => {
    const room = rooms()
    await startGuest(guest, room)
    await stopGuest({ uuid: guest.uuid, graceMs: 0 }, room)
    expect((await stopGuest({ uuid: guest.uuid, graceMs: 0 }, room)).power).toBe('shutdown')
  })

  test('that is not there is refused', async () => {
    await expect(stopGuest({ uuid: guest.uuid, graceMs: 0 }, rooms())).rejects.toMatchObject({ kind: 'not-found' })
  })
})

describe('destroying a guest', () => {
  test('leaves nothing, and an absent one is harmless to destroy', async () => {
    const room = rooms()
    await startGuest(aGuest(1), room)
    expect(await destroyGuest(guest.uuid, room)).toEqual({ destroyed: true })
    expect(await destroyGuest(guest.uuid, room)).toEqual({ destroyed: false })
    expect(room.driver.leftovers()).toEqual(nothing)
  })
})
