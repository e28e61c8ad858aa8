import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { promisify } from 'node:util'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Guest } from '../../contract/guest.ts'
import { destroyGuest } from '../../guests/destroy.ts'
import { aGuest } from '../../guests/kit.ts'
import { rebuildGuest } from '../../guests/rebuild.ts'
import { rescueGuest, unrescueGuest } from '../../guests/rescue.ts'
import { confirmResize, finishResize, prepareResize } from '../../guests/resize.ts'
import { startGuest } from '../../guests/start.ts'
import { resumeGuest } from '../../guests/suspend.ts'
import { ensureLibvirt, guestImage, until, virsh } from '../../kit.ts'
import { openHypervisorAgent } from '../../main.ts'
import type { Driver } from '../driver.ts'
import { openLibvirtDriver } from './open.ts'

const execute = promisify(execFile)
const instancesDir = `/var/lib/nova/instances-actions-${process.pid}`
/** As `ls` shows it. */
const isShown = (name: string) => !name.startsWith('.')
const snapshots = `/var/tmp/kilonova-actions-${process.pid}`
/** Numbers of this run alone: others may test on the same host. */
const first = 0xc000_0000 + process.pid * 16

let libvirt: { stop(): Promise<void> }
let driver: Driver
let path: string

beforeAll(async () => {
  libvirt = await ensureLibvirt()
  path = await guestImage()
  await mkdir(snapshots)
  driver = await openLibvirtDriver({ host: 'node1', clock: systemClock, log: silentLog, instancesDir })
})

afterAll(async () => {
  if (driver) for (const n of [1, 2, 3, 4, 5, 6]) await destroyGuest(guest(n).uuid, rooms())
  await driver?.close()
  for (const folder of [instancesDir, snapshots]) await rm(folder, { recursive: true, force: true })
  await libvirt?.stop()
})

const rooms = () => ({ driver, clock: systemClock, log: silentLog })
const imageAt = (file: string, id = '5c242396-3c7b-4bc6-bec1-3df8eb57d53d') =>
  ({ id, format: 'qcow2', source: { from: 'file', path: file } }) as const
const guest = (n: number, more: Partial<Guest> = {}) => aGuest(first + n, { memoryMb: 128, image: imageAt(path), ...more })
const directory = (n: number) => `${instancesDir}/${guest(n).uuid}`
const asksForLogin = (n: number) =>
  until('the guest asks for a login', async () => (await driver.consoleLog(guest(n).uuid, 100_000)).includes('login:'))
const sizeOf = async (file: string) => JSON.parse((await execute('qemu-img', ['info', '-U', '--output=json', file])).stdout)['virtual-size']

test('a disk written here is what QEMU itself would have made', async () => {
  const { uuid } = guest(1)
  await driver.ensureDisks(guest(1, { ephemerals: [{ sizeGb: 1 }], swapMb: 64 }))
  for (const disk of ['disk', 'disk.eph0', 'disk.swap']) {
    expect((await execute('qemu-img', ['check', `${directory(1)}/${disk}`])).stdout).toContain('No errors were found')
  }
  const { stdout } = await execute('qemu-img', ['info', `${directory(1)}/disk`])
  expect(stdout).toContain('virtual size: 1 GiB (1073741824 bytes)')
  expect(stdout).toContain(`backing file: ${instancesDir}/_base/7312bbe40cc8bc765d86d2dbd58d0a57a83ee215`)
  for (const line of ['backing file format: raw', 'cluster_size: 65536', 'compat: 1.1', 'lazy refcounts: false', 'refcount bits: 16'])
    expect(stdout).toContain(line)
  await driver.removeDisks(uuid)
})

test('a guest that runs goes on running while its agent ends and another begins', async () => {
  const mine = guest(2)
  const pidOf = async () => (await readFile(`/run/libvirt/qemu/${mine.name}.pid`, 'utf8')).trim()
  const open = async () => {
    const hands = { clock: systemClock, chance: systemChance, log: silentLog }
    const bus = await openBus({ inProcess: openBroker(), ...hands })
    const own = await openLibvirtDriver({ host: 'node1', clock: systemClock, log: silentLog, instancesDir })
    const agent = await openHypervisorAgent({ host: 'node1', bus, driver: own, ...hands })
    return async () => {
      await agent.close()
      await bus.close()
    }
  }
  const close = await open()
  await startGuest(mine, rooms())
  const pid = await pidOf()
  await driver.ensureDisks(guest(3))
  await close()
  const closeAgain = await open()
  await until('what was half made is taken away', async () => !(await readdir(instancesDir)).includes(guest(3).uuid))
  expect([await pidOf(), (await driver.findGuest(mine.uuid))?.power]).toEqual([pid, 'running'])
  expect(await readdir(instancesDir)).toContain(mine.uuid)
  await closeAgain()
  await destroyGuest(mine.uuid, rooms())
})

test('a guest that two agents start at one moment runs for both', async () => {
  const mine = guest(6)
  await driver.ensureDisks(mine)
  const states = await Promise.all([driver.powerOn(mine), driver.powerOn(mine)])
  expect(states.map(({ power }) => power)).toEqual(['running', 'running'])
  await destroyGuest(mine.uuid, rooms())
})

test('an agent that comes waits for what the one before it began, and breaks off a copy that nobody waits for', async () => {
  const mine = guest(6)
  const before = await openLibvirtDriver({ host: 'node1', clock: systemClock, log: silentLog, instancesDir })
  await before.ensureDisks(mine)
  // Enough for a copy to take longer than a look at it.
  await execute('qemu-io', ['-c', 'write -q -P 1 400M 256M', `${directory(6)}/disk`])
  const lost = [before.powerOn(mine)]
  await until('the guest is known', async () => (await driver.findGuest(mine.uuid)) !== undefined)
  await driver.rest(mine.uuid)
  expect((await startGuest(mine, rooms())).power).toBe('running')
  lost.push(before.suspend(mine.uuid))
  await until('its memory is being kept', async () => (await driver.findGuest(mine.uuid))?.power !== 'running')
  await driver.rest(mine.uuid)
  expect((await resumeGuest({ guest: mine }, rooms())).power).toBe('running')

  const wish = (name: string) => ({ uuid: mine.uuid, format: 'qcow2', target: { to: 'file', path: `${snapshots}/${name}` } }) as const
  const forgotten = async () => {
    const copy = before.snapshot(wish('forgotten')).then(
      () => 'ended',
      () => 'broken off',
    )
    let isOver = false
    void copy.finally(() => (isOver = true))
    const isCopied = async () => (await virsh('domjobinfo', mine.name).catch(() => '')).includes('Backup')
    while (!isOver && !(await isCopied()));
    await driver.rest(mine.uuid)
    return await copy
  }
  // A fast disk may end a copy before anybody sees it begin.
  await until('a copy that nobody waits for is broken off', async () => (await forgotten()) === 'broken off')
  expect((await driver.snapshot(wish('wanted'))).sizeBytes).toBeGreaterThan(0)
  await Promise.all(lost)
  await before.close()
  await destroyGuest(mine.uuid, rooms())
})

test('a guest that starts from the snapshot of one that ran is whole', async () => {
  await startGuest(guest(4), rooms())
  await asksForLogin(4)
  const file = `${snapshots}/live.qcow2`
  const snapshot = await driver.snapshot({ uuid: guest(4).uuid, format: 'qcow2', target: { to: 'file', path: file } })
  expect((await driver.findGuest(guest(4).uuid))?.power).toBe('running')
  expect((await execute('qemu-img', ['check', file])).stdout).toContain('No errors were found')
  await startGuest(guest(5, { image: { ...imageAt(file, 'aaaaaaaa-3c7b-4bc6-bec1-3df8eb57d53d'), sha512: snapshot.sha512 } }), rooms())
  await asksForLogin(5)
  await destroyGuest(guest(5).uuid, rooms())
  expect(await readdir(`${instancesDir}/snapshots`)).toEqual([])

  const larger = guest(4, { memoryMb: 192, diskGb: 2 })
  await prepareResize({ uuid: larger.uuid, graceMs: 0, elsewhere: false, resize: 1 }, rooms())
  expect((await finishResize({ guest: larger, power: 'on' }, rooms())).power).toBe('running')
  await asksForLogin(4)
  expect(await sizeOf(`${directory(4)}/disk`)).toBe(2 * 1024 ** 3)
  expect(await virsh('dominfo', larger.name)).toMatch(/Max memory: +196608 KiB/)
  expect(await confirmResize({ uuid: larger.uuid, elsewhere: false, resize: 1 }, rooms())).toEqual({ dropped: true })

  await rescueGuest({ guest: larger, image: imageAt(path, 'bbbbbbbb-3c7b-4bc6-bec1-3df8eb57d53d'), graceMs: 0 }, rooms())
  await asksForLogin(4)
  expect(await virsh('domblklist', larger.name)).toMatch(/vda +\S+disk\.rescue\n\s*vdb +\S+disk\n/)
  await unrescueGuest({ guest: larger }, rooms())
  expect(await virsh('domblklist', larger.name)).not.toContain('rescue')

  expect((await rebuildGuest({ guest: larger, power: 'off', graceMs: 0 }, rooms())).power).toBe('shutdown')
  expect((await readdir(directory(4))).filter(isShown).sort()).toEqual(['console.log', 'disk', 'disk.info', 'libvirt.xml'])
  await destroyGuest(larger.uuid, rooms())
}, 900_000)

test('a guest that moves to another host has its disks there, over bases of that host', async () => {
  const elsewhere = `${instancesDir}-2`
  const other = await openLibvirtDriver({ host: 'node2', clock: systemClock, log: silentLog, instancesDir: elsewhere })
  const there = { ...rooms(), driver: other }
  const mine = guest(1, { ephemerals: [{ sizeGb: 1 }], swapMb: 64 })
  try {
    await startGuest(mine, rooms())
    await asksForLogin(1)
    const { offer } = await prepareResize({ uuid: mine.uuid, graceMs: 0, elsewhere: true, resize: 1 }, rooms())
    await driver.forget(mine.uuid)
    const larger = { ...mine, diskGb: 2 }
    expect((await finishResize({ guest: larger, power: 'on', offer }, there)).power).toBe('running')
    await until('the guest asks for a login', async () => (await other.consoleLog(mine.uuid, 100_000)).includes('login:'))
    expect(await sizeOf(`${elsewhere}/${mine.uuid}/disk`)).toBe(2 * 1024 ** 3)
    const { stdout } = await execute('qemu-img', ['info', '-U', `${elsewhere}/${mine.uuid}/disk`])
    expect(stdout).toContain(`backing file: ${elsewhere}/_base/7312bbe40cc8bc765d86d2dbd58d0a57a83ee215`)
    expect((await execute('qemu-img', ['info', '-U', `${elsewhere}/${mine.uuid}/disk.eph0`])).stdout).not.toContain('backing file')
    expect(await driver.dropKept(mine.uuid, 1)).toBe(true)
  } finally {
    await destroyGuest(mine.uuid, there)
    await other.close()
    await rm(elsewhere, { recursive: true, force: true })
  }
}, 900_000)
