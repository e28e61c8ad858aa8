import { expect, onTestFinished, test } from 'vitest'
import { bridgeOf, type Guest, type GuestImage, type GuestVolume } from '../contract/guest.ts'
import type { SnapshotTarget } from '../contract/transfers.ts'
import { aNic } from '../guests/kit.ts'
import type { Driver, GuestChange } from './driver.ts'

/** What a driver is tried with: itself, and guests it can run. No two calls of `guest` share a number with other tests. */
export interface DriverUnderTest {
  readonly driver: () => Driver
  readonly guest: (n: number, more?: Partial<Guest>) => Guest
  /** A volume that can be plugged in. */
  readonly volume: () => GuestVolume
  /** Where a snapshot of this name may be put. */
  readonly target: (name: string) => SnapshotTarget
  /** Waits until something holds. */
  readonly until: (what: string, holds: () => Promise<boolean>) => Promise<unknown>
}

/** The promises of `driver.ts`, tried on whichever driver there is. */
export function testDriver({ driver, guest, volume, target, until }: DriverUnderTest): void {
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
    for (const _ of [1, 2]) expect((await driver().pause(mine.uuid)).power).toBe('paused')
    for (const _ of [1, 2]) expect((await driver().unpause(mine.uuid)).power).toBe('running')
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

  test('a suspended guest is off and goes on where it was; one that was not suspended has nowhere to go on', async () => {
    const mine = await placed(13)
    await driver().powerOn(mine)
    for (const _ of [1, 2]) expect((await driver().suspend(mine.uuid)).power).toBe('shutdown')
    for (const _ of [1, 2]) expect((await driver().resume(mine.uuid))?.power).toBe('running')
    await driver().powerOff(mine.uuid)
    expect(await driver().resume(mine.uuid)).toBeUndefined()
    await expect(driver().suspend(guest(1).uuid)).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('a guest that starts anew gives up what was kept of it', async () => {
    const mine = await placed(14)
    await driver().powerOn(mine)
    await driver().suspend(mine.uuid)
    expect((await driver().powerOn(mine)).power).toBe('running')
    await driver().powerOff(mine.uuid)
    expect(await driver().resume(mine.uuid)).toBeUndefined()
  })

  test('a guest can be known and off', async () => {
    const mine = await placed(15)
    for (const _ of [1, 2]) expect(await driver().define(mine)).toEqual({ uuid: mine.uuid, name: mine.name, power: 'shutdown' })
    expect(await driver().listGuests()).toContainEqual(expect.objectContaining({ uuid: mine.uuid, power: 'shutdown' }))
  })

  test('a rescue disk is made once and taken away again', async () => {
    const mine = await placed(16)
    const rescued = { ...mine, rescueImage: imageOf(mine) }
    expect(await driver().ensureDisks(rescued)).toBe('was-there')
    expect((await driver().powerOn(rescued)).power).toBe('running')
    await driver().powerOff(mine.uuid)
    for (const _ of [1, 2]) await driver().removeRescue(mine.uuid)
    expect((await driver().powerOn(mine)).power).toBe('running')
  })

  test('what is kept for a resize can be copied larger, put back or dropped', async () => {
    const mine = await placed(17, { diskGb: 2 })
    await driver().settleDisks(mine.uuid)
    for (const _ of [1, 2]) await driver().keepDisks(mine.uuid, 1)
    await expect(driver().copyKept({ ...mine, diskGb: 1 }, undefined)).rejects.toMatchObject({ message: 'Unable to resize disk down.' })
    expect(await driver().copyKept({ ...mine, diskGb: 3 }, undefined)).toBe('made')
    expect(await driver().copyKept({ ...mine, diskGb: 3 }, undefined)).toBe('was-there')
    for (const _ of [1, 2]) await driver().restoreKept(mine.uuid, 1)
    expect((await driver().powerOn(mine)).power).toBe('running')
    await driver().powerOff(mine.uuid)
    await driver().keepDisks(mine.uuid, 1)
    expect(await driver().dropKept(mine.uuid, 1)).toBe(true)
    expect(await driver().dropKept(mine.uuid, 1)).toBe(false)
    await expect(driver().copyKept(mine, undefined)).rejects.toMatchObject({ kind: 'not-found' })
  })

  test('what was kept for a resize that came to no end is never taken for the disks of today', async () => {
    const mine = await placed(28, { diskGb: 2 })
    await driver().settleDisks(mine.uuid)
    await driver().keepDisks(mine.uuid, 1)
    await driver().copyKept({ ...mine, diskGb: 3 }, undefined)
    await driver().settleDisks(mine.uuid)
    await driver().keepDisks(mine.uuid, 2)
    await expect(driver().keepDisks(mine.uuid, 1)).rejects.toMatchObject({ kind: 'conflict' })
    expect(await driver().dropKept(mine.uuid, 1)).toBe(false)
    await expect(driver().copyKept(mine, undefined)).rejects.toMatchObject({ message: 'Unable to resize disk down.' })
    await driver().copyKept({ ...mine, diskGb: 4 }, undefined)
    await driver().restoreKept(mine.uuid, 1)
    await driver().restoreKept(mine.uuid, 2)
    await driver().keepDisks(mine.uuid, 3)
    await expect(driver().copyKept(mine, undefined)).rejects.toMatchObject({ message: 'Unable to resize disk down.' })
    expect(await driver().copyKept({ ...mine, diskGb: 3 }, undefined)).toBe('made')
  })

  test('a guest of which there is only what was kept, or half a copy besides, has that back', async () => {
    const mine = await placed(29, { diskGb: 2 })
    await driver().settleDisks(mine.uuid)
    await driver().recoverKept(mine.uuid)
    for (const resize of [1, 2]) {
      await driver().keepDisks(mine.uuid, resize)
      if (resize === 2) await driver().copyKept({ ...mine, diskGb: 3 }, undefined)
      await driver().recoverKept(mine.uuid)
      expect(await driver().dropKept(mine.uuid, resize)).toBe(false)
    }
    await driver().keepDisks(mine.uuid, 3)
    await expect(driver().copyKept({ ...mine, diskGb: 1 }, undefined)).rejects.toMatchObject({ message: 'Unable to resize disk down.' })
    expect(await driver().copyKept(mine, undefined)).toBe('made')
  })

  test('half a copy gives way to what is kept when the next resize begins', async () => {
    const mine = await placed(30, { diskGb: 2 })
    await driver().settleDisks(mine.uuid)
    await driver().keepDisks(mine.uuid, 1)
    await driver().copyKept({ ...mine, diskGb: 3 }, undefined)
    await driver().keepDisks(mine.uuid, 2)
    expect(await driver().copyKept(mine, undefined)).toBe('made')
  })

  test('files that are begun are known until they are settled', async () => {
    const mine = await placed(18)
    expect(await driver().listHalves()).toContain(mine.uuid)
    await driver().settleDisks(mine.uuid)
    expect(await driver().listHalves()).not.toContain(mine.uuid)
  })

  test('whose files there are is known while the hypervisor knows the guest and afterwards, kept ones too', async () => {
    const mine = await placed(27)
    expect(await driver().listOwners()).toContain(mine.uuid)
    await driver().forget(mine.uuid)
    expect(await driver().listOwners()).toContain(mine.uuid)
    await driver().keepDisks(mine.uuid, 1)
    expect((await driver().listOwners()).filter(uuid => uuid === mine.uuid)).toHaveLength(1)
    await driver().removeDisks(mine.uuid)
    expect(await driver().listOwners()).not.toContain(mine.uuid)
  })

  test('a snapshot is as large as the disk, of a guest that runs as of one that is off', async () => {
    const mine = await placed(19)
    await expect(driver().snapshot({ uuid: guest(1).uuid, format: 'qcow2', target: target('none') })).rejects.toMatchObject({
      kind: 'not-found',
    })
    for (const format of ['qcow2', 'raw'] as const) {
      await driver().powerOn(mine)
      const live = await driver().snapshot({ uuid: mine.uuid, format, target: target(`live.${format}`) })
      expect(live).toMatchObject({ format, virtualSizeBytes: 1024 ** 3, sha512: expect.stringMatching(/^[0-9a-f]{128}$/) })
      await driver().powerOff(mine.uuid)
      const cold = await driver().snapshot({ uuid: mine.uuid, format, target: target(`cold.${format}`) })
      expect(cold).toMatchObject({ format, virtualSizeBytes: 1024 ** 3 })
    }
  }, 400_000)

  test('a snapshot that must be taken of still file systems is refused where nobody inside answers', async () => {
    const mine = await placed(20)
    await driver().powerOn(mine)
    const wish = { uuid: mine.uuid, format: 'qcow2', target: target('still.qcow2') } as const
    await expect(driver().snapshot({ ...wish, quiesce: 'required' })).rejects.toMatchObject({ kind: 'conflict' })
    expect(await driver().snapshot({ ...wish, quiesce: 'wanted' })).toMatchObject({ format: 'qcow2' })
  })

  test('cables and volumes are plugged in and pulled, running or off, twice as well as once', async () => {
    const networkId = `${(process.pid + 0x1000_0000).toString(16)}-354b-457b-8ea2-8498ec64835b`
    const nic = aNic((process.pid + 7) % 256, networkId)
    const mine = await placed(21)
    const bridges = await driver().ensureNics({ uuid: mine.uuid, nics: [nic] })
    onTestFinished(async () => {
      await driver()
        .powerOff(mine.uuid)
        .catch(() => {})
      await driver().removeNics(bridges)
    })
    await driver().powerOn(mine)
    await until('the guest asks for a login', async () => (await driver().consoleLog(mine.uuid, 100_000)).includes('login:'))
    for (const _ of ['running', 'off']) {
      for (const __ of [1, 2]) await driver().attachNic(mine, nic)
      for (const __ of [1, 2]) await driver().attachVolume(mine, volume())
      if (_ === 'running') expect((await driver().diagnostics(mine.uuid)).nics).toMatchObject([{ macAddress: nic.macAddress }])
      expect(await driver().detachNic(mine.uuid, nic.macAddress)).toBe(true)
      expect(await driver().detachNic(mine.uuid, nic.macAddress)).toBe(false)
      expect(await driver().detachVolume(mine.uuid, volume().volumeId)).toBe(true)
      expect(await driver().detachVolume(mine.uuid, volume().volumeId)).toBe(false)
      await driver().powerOff(mine.uuid)
    }
    await expect(driver().detachNic(guest(1).uuid, nic.macAddress)).rejects.toMatchObject({ kind: 'not-found' })
  }, 400_000)

  test('a guest that runs is counted, can be interrupted, and takes a password only through its agent', async () => {
    const mine = await placed(22)
    await driver().powerOn(mine)
    const { cpus, disks, memory, power } = await driver().diagnostics(mine.uuid)
    expect(cpus.map(({ id }) => id)).toEqual([0])
    expect(disks).toMatchObject([{ device: 'vda' }])
    expect([memory.maximumMb, power]).toEqual([mine.memoryMb, 'running'])
    await driver().injectNmi(mine.uuid)
    await expect(driver().setPassword(mine.uuid, 'root', 'secret')).rejects.toMatchObject({ kind: 'conflict' })
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
