import type { Window } from './bytes.ts'
import type { Found } from './found.ts'

/** Header fields by their places: QEMU's docs/interop/qcow2.rst. All numbers are big-endian. */
const [versionAt, backingAt, sizeAt, incompatibleAt] = [4, 8, 24, 72]
const dataFileBit = 1 << 2
/** Dirty, corrupt, external data, compression type, extended L2 entries. */
const knownBits = 0b1_1111

/** A qcow2 may name other files of the host, as what lies below it or as where its data is; neither may come from a user. */
export function qcow2(head: Window): Found | undefined {
  if (!head.startsWith('QFI\xfb')) return undefined
  const version = head.uint32(versionAt)
  const dangers: string[] = []
  if (version !== 2 && version !== 3) dangers.push(`its version is ${version ?? 'missing'}`)
  if (head.length < 72 || (version === 3 && head.length < 104)) dangers.push('its header is cut off')
  if (head.uint64(backingAt) !== 0) dangers.push('it names a backing file')
  if (version === 3) {
    const [high = 0, low = 0] = [head.uint32(incompatibleAt), head.uint32(incompatibleAt + 4)]
    if ((low & dataFileBit) !== 0) dangers.push('it keeps its data in another file')
    if (high !== 0 || (low & ~knownBits) !== 0) dangers.push('it has features nobody knows')
  }
  return { format: 'qcow2', virtualSizeBytes: head.uint64(sizeAt) ?? null, dangers }
}
