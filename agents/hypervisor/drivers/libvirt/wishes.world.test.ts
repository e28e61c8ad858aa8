import { rm } from 'node:fs/promises'
import { availableParallelism } from 'node:os'
import { systemClock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Guest, guestName } from '../../contract/guest.ts'
import { destroyGuest } from '../../guests/destroy.ts'
import { aGuest, aNic } from '../../guests/kit.ts'
import { startGuest } from '../../guests/start.ts'
import { ensureLibvirt, guestImage, until, virsh } from '../../kit.ts'
import type { Driver } from '../driver.ts'
import type { LibvirtOptions } from './libvirt-options.ts'
import { openLibvirtDriver } from './open.ts'

const instancesDir = `/var/lib/nova/instances-wishes-${process.pid}`
/** A number of this run alone: others may test on the same host. */
const number = 0xd000_0000 + process.pid * 16
const networkId = `${(process.pid + 0x2000_0000).toString(16)}-354b-457b-8ea2-8498ec64835b`

let libvirt: { stop(): Promise<void> }
let path: string

beforeAll(async () => {
  libvirt = await ensureLibvirt()
  path = await guestImage()
})
afterAll(async () => {
  await rm(instancesDir, { recursive: true, force: true })
  await libvirt?.stop()
})

type Words = Readonly<Record<string, string>>
interface Wish {
  readonly image?: Words
  readonly flavor?: Words
  readonly more?: Partial<Guest>
  readonly options?: Partial<LibvirtOptions>
}

const drive = { 'openstack/latest/meta_data.json': '{"hostname":"drive1"}', 'openstack/content/0000': { base64: 'AAEC/w==' } }
const cpus = Array.from({ length: availableParallelism() }, (_, cpu) => cpu)

async function withGuest({ image, flavor, more, options }: Wish, see: (driver: Driver, uuid: string) => Promise<void>): Promise<void> {
  const driver = await openLibvirtDriver({ host: 'node1', clock: systemClock, log: silentLog, instancesDir, virtType: 'qemu', options })
  const rooms = { driver, clock: systemClock, log: silentLog }
  const own = { id: '5c242396-3c7b-4bc6-bec1-3df8eb57d53d', format: 'qcow2', source: { from: 'file', path } } as const
  const guest = aGuest(number, {
    memoryMb: 128,
    image: own,
    imageProperties: image,
    extraSpecs: flavor,
    nics: [aNic(process.pid % 200, networkId)],
    ...more,
  })
  const bridges = await driver.ensureNics(guest)
  try {
    expect((await startGuest(guest, rooms)).power).toBe('running')
    await see(driver, guest.uuid)
  } finally {
    await destroyGuest(guest.uuid, rooms)
    await driver.removeNics(bridges)
    await driver.close()
  }
}

describe('QEMU runs a guest', () => {
  test.each<[string, Wish]>([
    ['with its disk on SCSI and its drive on SATA', { image: { hw_disk_bus: 'scsi', hw_cdrom_bus: 'sata' }, more: { configDrive: drive } }],
    [
      'on q35 with a drive',
      { image: { hw_machine_type: 'q35', hw_vif_model: 'e1000e' }, more: { configDrive: drive }, options: { pciePorts: 4 } },
    ],
    ['with UEFI', { image: { hw_firmware_type: 'uefi' } }],
    ['with a signed UEFI', { image: { hw_firmware_type: 'uefi', hw_machine_type: 'q35', os_secure_boot: 'required' } }],
    ['with a drive that is a file system', { more: { configDrive: drive }, options: { driveFormat: 'vfat' } }],
    ['for Microsoft’s system', { image: { os_type: 'windows', hw_disk_bus: 'ide', hw_vif_model: 'e1000' } }],
    [
      'with an agent, a watchdog and a boot menu',
      { image: { hw_qemu_guest_agent: 'yes', hw_watchdog_action: 'reset', hw_boot_menu: 'yes' } },
    ],
    [
      'with other input and another screen',
      { image: { hw_input_bus: 'virtio', hw_video_model: 'vga', hw_video_ram: '16' }, flavor: { 'hw_video:ram_max_mb': '16' } },
    ],
    ['whose disk is slowed', { flavor: { 'quota:disk_total_iops_sec': '500', 'quota:disk_read_bytes_sec': '10485760' } }],
    ['with slower chance', { flavor: { 'hw_rng:rate_bytes': '1024', 'hw_rng:rate_period': '1000' } }],
    ['of two processors with a queue each', { flavor: { 'hw:vif_multiqueue_enabled': 'true', 'hw:cpu_sockets': '1' }, more: { vcpus: 2 } }],
    ['with empty disks beside its root', { more: { ephemerals: [{ sizeGb: 1 }, { sizeGb: 1, format: 'vfat' }], swapMb: 64 } }],
    ['that sees one group of processors', { flavor: { 'hw:numa_nodes': '1' }, more: { vcpus: 2 } }],
    ['with a processor of its own', { flavor: { 'hw:cpu_policy': 'dedicated' }, options: { dedicatedCpus: cpus } }],
  ])('%s', async (_, wish) => {
    await withGuest(wish, async () => {})
  })

  test('whose processor time is limited, or says that the host cannot', async () => {
    const flavor = { 'quota:cpu_shares': '512', 'quota:cpu_period': '100000', 'quota:cpu_quota': '50000' }
    const seen = async () => expect(await virsh('schedinfo', guestName(number))).toMatch(/cpu_shares +: 512\n.*\n*vcpu_quota +: 50000/s)
    const outcome = await withGuest({ flavor }, seen).then(
      () => 'limited',
      (error: unknown) => (error instanceof Refusal ? error.message : error),
    )
    expect(['limited', 'Requested CPU control policy not supported by host']).toContain(outcome)
  })

  test('whose cable is slowed, or says that the network could not be set up where the kernel cannot', async () => {
    const flavor = { 'quota:vif_inbound_average': '1000', 'quota:vif_outbound_average': '1000' }
    const outcome = await withGuest({ flavor }, async () => {}).then(
      () => 'network',
      (error: unknown) => (error instanceof Refusal ? error.extra['reason'] : error),
    )
    expect(outcome).toBe('network')
  })

  test('whose serial line is served', async () => {
    const serial = { isOn: true, listen: '127.0.0.1', firstPort: 21_000, lastPort: 21_100 }
    await withGuest({ options: { serial } }, async (driver, uuid) => {
      const state = await driver.findGuest(uuid)
      expect(state?.serial?.port).toBeGreaterThanOrEqual(21_000)
      await until('it writes to its console', async () => (await driver.consoleLog(uuid, 1000)).length > 10)
    })
  })
})
