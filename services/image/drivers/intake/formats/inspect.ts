import { type Window, windowOn } from './bytes.ts'
import type { Found } from './found.ts'
import { qcow2 } from './qcow2.ts'
import { vhdx } from './vhdx.ts'
import { vmdk } from './vmdk.ts'

/** So much of the beginning and the end is enough to tell. */
export const headBytes = 4 * 2 ** 20
export const tailBytes = 512

/** What data is by its first and last bytes, and its size once that is known. It reads what is there, whatever that says. */
export function inspect(head: Uint8Array, tail: Uint8Array, total: number | undefined): Found {
  const start = windowOn(head)
  return (
    qcow2(start) ??
    vmdk(start) ??
    vdi(start) ??
    vhd(start) ??
    vhdx(start) ??
    refused(start) ??
    fixedVhd(windowOn(tail)) ??
    iso(start, total) ??
    partitioned(start, total) ?? { format: 'unknown', virtualSizeBytes: total ?? null, dangers: [] }
  )
}

function vdi(head: Window): Found | undefined {
  if (head.uint32le(0x40) !== 0xbeda107f) return undefined
  return { format: 'vdi', virtualSizeBytes: head.uint64le(0x170) ?? null, dangers: [] }
}

/** A dynamic VHD begins with a copy of its footer; a fixed one is a raw disk with the footer behind. A differencing one names its parent. */
function vhd(head: Window): Found | undefined {
  if (!head.startsWith('conectix')) return undefined
  return { format: 'vhd', virtualSizeBytes: head.uint64(48) ?? null, dangers: head.uint32(60) === 4 ? ['it names a parent disk'] : [] }
}

const fixedVhd = (tail: Window): Found | undefined => (tail.length === tailBytes ? vhd(tail) : undefined)

/** What QEMU would understand and no format of ours allows. */
function refused(head: Window): Found | undefined {
  if (head.startsWith('QED\0')) return { format: 'qed', virtualSizeBytes: null, dangers: ['QED disks are not taken'] }
  if (head.startsWith('LUKS\xba\xbe')) return { format: 'luks', virtualSizeBytes: null, dangers: [] }
  return undefined
}

function iso(head: Window, total: number | undefined): Found | undefined {
  const isVolume = [0x8000, 0x8800, 0x9000].some(at => ['CD001', 'BEA01', 'NSR02', 'NSR03'].includes(head.latin1(at + 1, 5)))
  return isVolume ? { format: 'iso', virtualSizeBytes: total ?? null, dangers: [] } : undefined
}

/** A raw disk with a partition table: a plain boot record or, behind a protective one, a GPT. */
function partitioned(head: Window, total: number | undefined): Found | undefined {
  if (head.byte(510) !== 0x55 || head.byte(511) !== 0xaa) return undefined
  const isPlausible = [446, 462, 478, 494].every(at => head.byte(at) === 0 || head.byte(at) === 0x80)
  return isPlausible ? { format: 'partitioned', virtualSizeBytes: total ?? null, dangers: [] } : undefined
}
