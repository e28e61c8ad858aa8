import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Flavor } from '../../flavors/flavor.ts'
import type { DiskWish } from '../server.ts'

/** One line of a request's block device mapping, of either syntax. */
export interface BlockDevice {
  readonly source: 'image' | 'volume' | 'snapshot' | 'blank'
  readonly destination: 'local' | 'volume'
  readonly id?: string | undefined
  readonly bootIndex: number | null
  readonly format?: string | undefined
  readonly sizeGb?: number | undefined
  readonly device?: string | undefined
}

const bad = (why: string) => new Refusal('invalid', `Block Device Mapping is Invalid: ${why}`)

/** What the lines ask for: the image to boot from, and disks beside it. There is no block storage that could make or lend a volume. */
export function disksOf(devices: readonly BlockDevice[], imageId: string, flavor: Flavor): { imageId: string; disks: readonly DiskWish[] } {
  for (const { source, destination, id } of devices) {
    if (source === 'volume') throw bad(`failed to get volume ${id}.`)
    if (source === 'snapshot') throw bad(`failed to get snapshot ${id}.`)
    if (destination === 'volume') throw bad('there is no block storage to make a volume in.')
  }
  const roots = devices.filter(({ source }) => source === 'image')
  const [root] = roots
  const sequence = devices.map(({ bootIndex }) => bootIndex ?? -1).filter(index => index >= 0)
  const isInOrder = sequence.toSorted((a, b) => a - b).every((index, at) => index === at)
  if (roots.length > 1 || !isInOrder || (root && root.bootIndex !== 0)) throw sequenceIsWrong()
  if (root && imageId !== '' && root.id !== imageId) throw sequenceIsWrong()
  const disks = devices.filter(({ source }) => source === 'blank').map(device => blank(device, flavor))
  refuseTooMuch(disks, flavor)
  return { imageId: root?.id ?? imageId, disks }
}

const blank = ({ format, sizeGb, device }: BlockDevice, flavor: Flavor): DiskWish =>
  format === 'swap'
    ? { kind: 'swap', size: sizeGb === undefined ? flavor.swapMb : sizeGb * 1024, device }
    : { kind: 'ephemeral', size: sizeGb ?? flavor.ephemeralGb, device }

function refuseTooMuch(disks: readonly DiskWish[], flavor: Flavor): void {
  const sum = (kind: DiskWish['kind']) => disks.filter(disk => disk.kind === kind).reduce((all, { size }) => all + size, 0)
  if (sum('ephemeral') > flavor.ephemeralGb)
    throw new Refusal(
      'invalid',
      'Ephemeral disks requested are larger than the instance type allows. If no size is given in one block device mapping, flavor ephemeral size will be used.',
    )
  if (sum('swap') > flavor.swapMb) throw new Refusal('invalid', 'Swap drive requested is larger than instance type allows.')
}

const sequenceIsWrong = () => bad('Boot sequence for the instance and image/block device mapping combination is not valid.')
