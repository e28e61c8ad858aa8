import type { Window } from './bytes.ts'
import type { Found } from './found.ts'

/** The tables of a VHDX by their places, and the names of what is looked for, as the bytes lie there. */
const regionTableAt = 192 * 1024
const metadataRegion = '06a27c8b90479a4bb8fe575f050f886e'
const diskSizeName = '24 42 a5 2f 1b cd 76 48 b2 11 5d be d8 3b f4 b8'.replaceAll(' ', '')
const mostEntries = 2047

export function vhdx(head: Window): Found | undefined {
  if (!head.startsWith('vhdxfile')) return undefined
  return { format: 'vhdx', virtualSizeBytes: sizeIn(head), dangers: [] }
}

function sizeIn(head: Window): number | null {
  const at = metadataAt(head)
  if (at === undefined || !head.startsWith('metadata', at)) return null
  const count = Math.min(head.uint16le(at + 10) ?? 0, mostEntries)
  for (let index = 0; index < count; index++) {
    const entry = at + 32 + index * 32
    if (nameAt(head, entry) === diskSizeName) return head.uint64le(at + (head.uint32le(entry + 16) ?? 0)) ?? null
  }
  return null
}

function metadataAt(head: Window): number | undefined {
  if (!head.startsWith('regi', regionTableAt)) return undefined
  const count = Math.min(head.uint32le(regionTableAt + 8) ?? 0, mostEntries)
  for (let index = 0; index < count; index++) {
    const entry = regionTableAt + 16 + index * 32
    if (nameAt(head, entry) === metadataRegion) return head.uint64le(entry + 16)
  }
  return undefined
}

const nameAt = (head: Window, at: number) => Buffer.from(head.latin1(at, 16), 'latin1').toString('hex')
