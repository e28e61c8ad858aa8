import { Refusal } from '@kilonova/platform/refusal.ts'
import { devicePrefix, deviceNames, type DiskBus, diskBuses, diskBusOf, freeDevice } from '../../../contract/devices.ts'
import type { Guest, GuestVolume } from '../../../contract/guest.ts'
import { type Element, element } from '../xml.ts'
import type { Machine } from './machine.ts'
import { isQ35, machineTypeOf } from './platform.ts'
import { oneOf, type Wishes, wholeNumber } from '../../../contract/wishes.ts'

export interface DiskPlan {
  readonly elements: readonly Element[]
  /** Whether the guest starts from what is plugged in first, as machines do; otherwise a disk says that it is the one. */
  readonly bootsFromFirstDisk: boolean
}

interface Disk {
  readonly path: string
  readonly format: string
  readonly device: string
  readonly bus: DiskBus
  /** How the guest knows a volume among its disks. */
  readonly serial?: string | undefined
  readonly bootOrder?: number | undefined
  readonly isReadOnly?: boolean | undefined
  readonly isShared?: boolean | undefined
}

export function diskPlan(guest: Guest, wishes: Wishes, machine: Machine): DiskPlan {
  checkBus(wishes)
  const own = ownDisks(guest, machine)
  const volumes = guest.rescueImage ? [] : (guest.volumes ?? []).map(volume => volumeDisk(guest, volume))
  const rootVolume = volumes.find((_, at) => guest.volumes?.[at]?.bootIndex === 0)
  const bootsFromFirstDisk = guest.image !== undefined || rootVolume === undefined
  const placed = volumes.map(volume => (volume === rootVolume && !bootsFromFirstDisk ? { ...volume, bootOrder: 1 } : volume))
  const tuning = limits(wishes)
  const elements = [...own.map(disk => diskXml(disk, machine, tuning)), ...placed.map(disk => diskXml(disk, machine, undefined))]
  const drive = machine.drive === undefined ? undefined : configDrive(machine.drive, guest, wishes, machine, [...own, ...volumes])
  const buses = [...own, ...volumes, ...(drive ? [drive] : [])].map(({ bus }) => bus)
  return { elements: [...elements, ...(drive ? [drive.element] : []), ...controllers(buses, wishes)], bootsFromFirstDisk }
}

function checkBus(wishes: Wishes): void {
  for (const name of ['hw_disk_bus', 'hw_cdrom_bus']) {
    const wish = wishes.property(name)
    if (wish !== undefined && !diskBuses.includes(wish))
      throw new Refusal('invalid', `Requested hardware '${wish}' is not supported by the 'libvirt' virt driver`)
  }
}

/** While it is rescued the guest sees the rescue disk and its own root behind it, nothing else. */
function ownDisks(guest: Guest, { directory }: Machine): Disk[] {
  const bus = diskBusOf(guest)
  const names = deviceNames(guest)
  const own = (file: string, device: string): Disk => ({ path: `${directory}/${file}`, format: 'qcow2', device, bus })
  if (guest.rescueImage) {
    const first = `${devicePrefix(bus)}a`
    return [own('disk.rescue', first), ...(guest.image ? [own('disk', freeDevice(new Set([first]), devicePrefix(bus)))] : [])]
  }
  return [
    ...(guest.image ? [own('disk', names.root)] : []),
    ...names.ephemerals.map((device, nth) => own(`disk.eph${nth}`, device)),
    ...(names.swap === undefined ? [] : [own('disk.swap', names.swap)]),
  ]
}

const busOfDevice = (device: string): DiskBus =>
  device.startsWith('hd') ? 'ide' : device.startsWith('sd') ? 'scsi' : device.startsWith('fd') ? 'fdc' : 'virtio'

const volumeDisk = (guest: Guest, { path, format, device, bus, volumeId, isReadOnly, isShared }: GuestVolume): Disk => {
  const wished = diskBusOf(guest)
  const usual = device.startsWith(devicePrefix(wished)) ? wished : busOfDevice(device)
  return { path, format, device, bus: bus ?? usual, serial: volumeId, isReadOnly, isShared }
}

/** What is plugged into a guest that runs already. */
export const volumeXml = (guest: Guest, volume: GuestVolume, machine: Machine): Element =>
  diskXml(volumeDisk(guest, volume), machine, undefined)

function diskXml(
  { path, format, device, bus, serial, bootOrder, isReadOnly, isShared }: Disk,
  machine: Machine,
  tuning: Element | undefined,
): Element {
  const { cache, options } = machine
  const type = path.startsWith('/dev/') ? 'block' : 'file'
  const mode = isShared ? 'none' : (options.cacheModes[type] ?? cache)
  return element('disk', { type, device: 'disk' }, [
    element('driver', { name: 'qemu', type: format, cache: mode, discard: options.discard }),
    element('source', type === 'block' ? { dev: path } : { file: path }),
    element('target', { dev: device, bus }),
    tuning,
    isReadOnly && element('readonly'),
    isShared && element('shareable'),
    serial !== undefined && element('serial', {}, [serial]),
    bootOrder !== undefined && element('boot', { order: bootOrder }),
  ])
}

const limited = ['read_bytes_sec', 'read_iops_sec', 'write_bytes_sec', 'write_iops_sec', 'total_bytes_sec', 'total_iops_sec'] as const

/** How fast the flavor lets a guest's own disks be. */
function limits(wishes: Wishes): Element | undefined {
  const set = limited.flatMap(name => {
    const value = wholeNumber(wishes.spec(`quota:disk_${name}`), `quota:disk_${name}`)
    return value === undefined ? [] : [element(name, {}, [`${value}`])]
  })
  return set.length > 0 ? element('iotune', {}, set) : undefined
}

const discBuses = ['scsi', 'sata', 'ide', 'usb'] as const

function configDrive(
  file: string,
  guest: Guest,
  wishes: Wishes,
  machine: Machine,
  others: readonly Disk[],
): { bus: DiskBus; element: Element } {
  const { cache, options } = machine
  const taken = new Set(others.map(disk => disk.device))
  if (options.driveFormat === 'vfat') {
    const bus = diskBusOf(guest)
    return { bus, element: diskXml({ path: file, format: 'raw', device: freeDevice(taken, devicePrefix(bus)), bus }, machine, undefined) }
  }
  const usual = isQ35(machineTypeOf(wishes, machine)) ? 'sata' : 'ide'
  const bus = oneOf(wishes.property('hw_cdrom_bus'), discBuses, 'hw_cdrom_bus') ?? usual
  const disc = element('disk', { type: 'file', device: 'cdrom' }, [
    element('driver', { name: 'qemu', type: 'raw', cache }),
    element('source', { file }),
    element('target', { dev: freeDevice(taken, devicePrefix(bus)), bus }),
    element('readonly'),
  ])
  return { bus, element: disc }
}

const scsiModels = ['auto', 'buslogic', 'ibmvscsi', 'lsilogic', 'lsisas1068', 'lsisas1078', 'virtio-scsi', 'vmpvscsi'] as const

/** Controllers that must be of the kind the image has a driver for. */
function controllers(buses: readonly DiskBus[], wishes: Wishes): Element[] {
  const model = oneOf(wishes.property('hw_scsi_model'), scsiModels, 'hw_scsi_model')
  if (!buses.includes('scsi') && model === undefined) return []
  return [element('controller', { type: 'scsi', index: 0, model: model ?? 'virtio-scsi' })]
}
