import { expect, onTestFinished, test } from 'vitest'
import { bridgeOf, type Guest, type GuestImage } from '../contract/guest.ts'
import { aNic } from '../guests/kit.ts'
import type { Driver, GuestChange } from './driver.ts'

/** What a driver is tried with: itself, and guests it can run. No two calls of `guest` share a number with other tests. */
export interface DriverUnderTest {
  readonly driver: () => Driver
  readonly guest: (n: number, more?: Partial<Guest>) => Guest
  /** Waits until something holds. */
  readonly until: (what: string, holds: () => Promise<boolean>) => Promise<unknown>
}

/** The promises of `driver.ts`, tried on whichever driver there is. */
export function testDriver({ driver, guest, until }: DriverUnderTest): void {
  const placed = async (n: number, more?: Partial<Guest>): Promise<Guest> => {
    const mine = guest(n, more)
    onTestFinished(async () => {
      await driver().forget(mine.uuid)
      await driver().removeDisks(mine.uuid)
    })
    await driver().ensureDisks(mine)
    return mine
  }

  test('an absent guest is nothing to find, refused to change and harmless to remove', async () => {
    const { uuid } = guest(1)
    expect(await driver().findGuest(uuid)).toBeUndefined()
    await expect(driver().powerOff(uuid)).rejects.toMatchObject({ kind: 'not-found' })
    await expect(driver().pressPower(uuid)).rejects.toMatchObject({ kind: 'not-found' })
    await expect(driver().pause(uuid)).rejects.toMatchObject({ kind: 'not-found' })
    await expect(driver().consoleLog(uuid, 100)).rejects.toMatchObject({ kind: 'not-found' })
    expect(await driver().forget(uuid)).toBe(false)
    await driver().removeDisks(uuid)
  })

  test('disks are made once', async () => {
    const mine = guest(2)
    onTestFinished(() => driver().removeDisks(mine.uuid))
    expect(await driver().ensureDisks(mine)).toBe('made')
    expect(await driver().ensureDisks(mine)).toBe('was-there')
  })

  test('guests of one image can be made at the same time', async () => {
    await Promise.all([3, 4, 5].map(n => placed(n, { image: { ...imageOf(guest(n)), id: 'ffffffff-0000-4000-8000-000000000345' } })))
  })

  test('a guest turns on, stands still, goes on and turns off; each twice is as good as once', async () => {
    const mine = await placed(6)
    for (const _ of [1, 2]) expect(await driver().powerOn(mine)).toMatchObject({ uuid: mine.uuid, name: mine.name, power: 'running' })
    expect((await driver().findGuest(mine.uuid))?.vnc?.port).toBeGreaterThanOrEqual(5900)
    expect((await driver().pause(mine.uuid)).power).toBe('paused')
    expect((await driver().unpause(mine.uuid)).power).toBe('running')
    expect(await driver().listGuests()).toContainEqual(expect.objectContaining({ uuid: mine.uuid, power: 'running' }))
    for (const _ of [1, 2]) expect(await driver().powerOff(mine.uuid)).toEqual({ uuid: mine.uuid, name: mine.name, power: 'shutdown' })
    expect((await driver().powerOn(mine)).power).toBe('running')
  })

  test('a forgotten guest is no longer listed, and forgetting it again says that it was not known', async () => {
    const mine = await placed(7)
    await driver().powerOn(mine)
    expect(await driver().forget(mine.uuid)).toBe(true)
    expect(await driver().forget(mine.uuid)).toBe(false)
    expect((await driver().listGuests()).map(each => each.uuid)).not.toContain(mine.uuid)
  })

  test('a guest under the name of another is refused, and the other is left as it is', async () => {
    const theirs = await placed(11)
    await driver().powerOn(theirs)
    const mine = await placed(12, { name: theirs.name })
    await expect(driver().powerOn(mine)).rejects.toMatchObject({ kind: 'conflict', message: expect.stringContaining(theirs.uuid) })
    expect(await driver().forget(mine.uuid)).toBe(false)
    expect(await driver().findGuest(theirs.uuid)).toMatchObject({ name: theirs.name, power: 'running' })
  })

  test('followers hear what happens to a guest, in order', async () => {
    const mine = await placed(8)
    const heard: (GuestChange | undefined)[] = []
    const following = driver().follow(change => heard.push(change))
    onTestFinished(() => following.stop())
    const words = () => heard.filter(each => each?.uuid === mine.uuid).map(each => each?.what)
    await until('something is heard of the guest', async () => {
      await driver().powerOn(mine)
      await driver().powerOff(mine.uuid)
      return words().includes('stopped')
    })
    expect(words().indexOf('started')).toBeLessThan(words().indexOf('stopped'))
    await driver().forget(mine.uuid)
    await until('its end is heard', async () => words().includes('undefined'))
  })

  test('bridges are made once, serve a cable while the guest runs, and go when idle', async () => {
    const networkId = `${process.pid.toString(16).padStart(8, '0')}-354b-457b-8ea2-8498ec64835b`
    const nics = [aNic(process.pid % 256, networkId)]
    const mine = await placed(9, { nics })
    const bridges = await driver().ensureNics(mine)
    expect(bridges).toEqual([bridgeOf(networkId)])
    expect(await driver().ensureNics(mine)).toEqual([])
    await driver().powerOn(mine)
    await driver().removeNics(bridges)
    expect(await driver().ensureNics(mine)).toEqual([])
    await driver().powerOff(mine.uuid)
    await driver().removeNics(bridges)
    expect(await driver().ensureNics(mine)).toEqual(bridges)
    await driver().removeNics(bridges)
  })

  test('a guest keeps what it wrote to its console', async () => {
    const mine = await placed(10)
    await driver().powerOn(mine)
    await until('the guest has written something', async () => (await driver().consoleLog(mine.uuid, 1000)).length > 10)
    expect((await driver().consoleLog(mine.uuid, 10)).length).toBeLessThanOrEqual(10)
  })

  test('the host says what it has', async () => {
    expect(await driver().facts()).toMatchObject({ host: 'node1', arch: expect.any(String), vcpus: expect.any(Number) })
    expect((await driver().facts()).memoryMb).toBeGreaterThan(0)
  })
}

function imageOf({ image }: Guest): GuestImage {
  if (!image) throw new Error('the example guest has an image')
  return image
}
