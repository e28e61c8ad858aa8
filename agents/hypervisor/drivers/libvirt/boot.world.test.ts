import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { destroyGuest } from '../../guests/destroy.ts'
import { guestName } from '../../contract/guest.ts'
import { aGuest } from '../../guests/kit.ts'
import { rebootGuest } from '../../guests/reboot.ts'
import { startGuest } from '../../guests/start.ts'
import { stopGuest } from '../../guests/stop.ts'
import type { Driver } from '../driver.ts'
import { ensureLibvirt, guestImage, until, virsh } from '../../kit.ts'
import { openLibvirtDriver } from './open.ts'

const instancesDir = `/var/lib/nova/instances-test-${process.pid}`
/** As `ls` shows it. */
const isShown = (name: string) => !name.startsWith('.')
const foreign = `CentOs-7-x86_64-${process.pid}`
/** Numbers of this run alone: others may test on the same host. */
const first = 0xf000_0000 + process.pid * 16
const name = (n: number) => guestName(first + n)

let libvirt: { stop(): Promise<void> }
let driver: Driver
let path: string

beforeAll(async () => {
  libvirt = await ensureLibvirt()
  path = await guestImage()
  driver = await openLibvirtDriver({ host: 'node1', clock: systemClock, log: silentLog, instancesDir })
})

afterAll(async () => {
  if (driver) for (const n of [1, 2]) await destroyGuest(guest(n).uuid, rooms())
  await driver?.close()
  await rm(instancesDir, { recursive: true, force: true })
  await libvirt?.stop()
})

const rooms = () => ({ driver, clock: systemClock, log: silentLog })
const guest = (n: number) =>
  aGuest(first + n, {
    memoryMb: 128,
    image: { id: '5c242396-3c7b-4bc6-bec1-3df8eb57d53d', format: 'qcow2', source: { from: 'file', path } },
  })

describe('a guest of libvirt', () => {
  test('boots to its login prompt, is listed, and leaves nothing behind when it is destroyed', async () => {
    await virsh('undefine', foreign).catch(() => {})
    await defineForeign()
    const mine = guest(1)
    const directory = `${instancesDir}/${mine.uuid}`

    const begun = performance.now()
    expect(await startGuest(mine, rooms())).toMatchObject({ power: 'running', vnc: { host: '127.0.0.1' } })
    const startedMs = performance.now() - begun
    await until('the guest asks for a login', async () => (await driver.consoleLog(mine.uuid, 100_000)).includes('login:'))
    console.info(`start ${Math.round(startedMs)} ms, login after ${Math.round(performance.now() - begun)} ms`)

    expect(await virsh('list', '--all')).toMatch(new RegExp(` ${name(1)} +running\n`))
    expect(await virsh('list', '--all')).toMatch(new RegExp(` ${foreign} +shut off\n`))
    expect((await driver.listGuests()).map(each => each.name)).not.toContain(foreign)
    expect((await readdir(directory)).filter(isShown).sort()).toEqual(['console.log', 'disk', 'disk.info', 'libvirt.xml'])
    expect(await readFile(`${directory}/disk.info`, 'utf8')).toBe(`{"${directory}/disk": "qcow2"}`)
    expect(await readdir(`${instancesDir}/_base`)).toEqual(['7312bbe40cc8bc765d86d2dbd58d0a57a83ee215'])

    await destroyGuest(mine.uuid, rooms())
    expect(await virsh('list', '--all')).not.toContain(name(1))
    await expect(stat(directory)).rejects.toThrow('ENOENT')
    expect(await virsh('list', '--all')).toMatch(new RegExp(` ${foreign} +shut off\n`))
  }, 400_000)

  test('shuts down by itself when its power button is pressed', async () => {
    const mine = guest(2)
    await startGuest(mine, rooms())
    await until('the guest asks for a login', async () => (await driver.consoleLog(mine.uuid, 100_000)).includes('login:'))
    const begun = performance.now()
    expect((await stopGuest({ uuid: mine.uuid, graceMs: 300_000 }, rooms())).power).toBe('shutdown')
    expect(performance.now() - begun).toBeLessThan(300_000)
    expect((await startGuest(mine, rooms())).power).toBe('running')
    await destroyGuest(mine.uuid, rooms())
  }, 900_000)

  test('reads its configuration drive in the smallest flavor', async () => {
    const facts = { uuid: guest(2).uuid, hostname: 'drive1.novalocal', public_keys: { mykey: 'ssh-ed25519 AAAAC3Nza me' } }
    const drive = { 'openstack/latest/meta_data.json': JSON.stringify(facts) }
    const mine = { ...guest(2), memoryMb: 64, configDrive: drive }
    await startGuest(mine, rooms())
    await until('the guest asks for a login', async () => (await driver.consoleLog(mine.uuid, 100_000)).includes('drive1 login:'))
    expect(await driver.consoleLog(mine.uuid, 100_000)).toContain('found the configuration drive /dev/sr0')
    await rebootGuest({ guest: { ...guest(2), memoryMb: 64 }, way: 'hard', graceMs: 0 }, rooms())
    expect(await virsh('domblklist', mine.name)).toContain(`${mine.uuid}/disk.config`)
    await destroyGuest(mine.uuid, rooms())
  }, 400_000)

  test('that cannot start leaves neither a domain nor a directory', async () => {
    const mine = { ...guest(1), memoryMb: 900_000_000 }
    await expect(startGuest(mine, rooms())).rejects.toThrow()
    expect(await virsh('list', '--all')).not.toContain(name(1))
    await expect(stat(`${instancesDir}/${mine.uuid}`)).rejects.toThrow('ENOENT')
  })
})

async function defineForeign(): Promise<void> {
  const folder = await mkdtemp('/tmp/kilonova-foreign-')
  const file = `${folder}/domain.xml`
  onTestFinished(async () => {
    await virsh('undefine', foreign).catch(() => {})
    await rm(folder, { recursive: true })
  })
  await writeFile(file, `<domain type="qemu"><name>${foreign}</name><memory>65536</memory><os><type arch="x86_64">hvm</type></os></domain>`)
  await virsh('define', file)
}
