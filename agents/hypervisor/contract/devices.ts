import type { Guest } from './guest.ts'

/** Under which names a guest's own disks stand: the compute service shows them, the hypervisor plugs them in. */
export interface DeviceNames {
  /** `vda`. */
  readonly root: string
  readonly ephemerals: readonly string[]
  readonly swap: string | undefined
  /** Everything of the guest's own, volumes included: the next free name is not among them. */
  readonly taken: readonly string[]
}

export type DiskBus = 'virtio' | 'scsi' | 'sata' | 'ide' | 'usb' | 'fdc'

export const diskBuses: readonly string[] = ['virtio', 'scsi', 'sata', 'ide', 'usb', 'fdc'] satisfies readonly DiskBus[]

/** How disks are plugged in, as the image wishes; virtio unless it says otherwise. */
export function diskBusOf({ imageProperties = {} }: Pick<Guest, 'imageProperties'>): DiskBus {
  const wish = imageProperties['hw_disk_bus'] ?? 'virtio'
  return isDiskBus(wish) ? wish : 'virtio'
}

const isDiskBus = (word: string): word is DiskBus => diskBuses.includes(word)

const prefixes: Readonly<Record<DiskBus, string>> = { virtio: 'vd', scsi: 'sd', sata: 'sd', usb: 'sd', ide: 'hd', fdc: 'fd' }

export const devicePrefix = (bus: DiskBus): string => prefixes[bus]

type Disks = Pick<Guest, 'imageProperties' | 'image' | 'ephemerals' | 'swapMb' | 'volumes'>

/** The root first, then the ephemeral disks, then swap, each under the first name that no volume has taken. */
export function deviceNames(guest: Disks): DeviceNames {
  const volumes = guest.volumes ?? []
  const taken = new Set(volumes.map(volume => volume.device))
  const prefix = devicePrefix(diskBusOf(guest))
  const take = (): string => {
    const name = freeDevice(taken, prefix)
    taken.add(name)
    return name
  }
  const root = guest.image ? take() : (volumes.find(volume => volume.bootIndex === 0)?.device ?? `${prefix}a`)
  const ephemerals = (guest.ephemerals ?? []).map(take)
  const swap = (guest.swapMb ?? 0) > 0 ? take() : undefined
  return { root, ephemerals, swap, taken: [...taken] }
}

/** `vdb` when `vda` is taken; after `vdz` comes `vdaa`. */
export function freeDevice(taken: ReadonlySet<string>, prefix: string): string {
  for (let n = 0; ; n++) {
    const name = prefix + letters(n)
    if (!taken.has(name)) return name
  }
}

const letters = (n: number): string => (n < 26 ? '' : letters(Math.floor(n / 26) - 1)) + String.fromCharCode(97 + (n % 26))
