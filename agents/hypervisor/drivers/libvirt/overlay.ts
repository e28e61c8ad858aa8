import { open } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'

/**
 * A guest's disk: a qcow2 file of version 3 that holds what differs from its base. A fresh one is a header, an empty table and four counts of
 * used clusters, so it is written here: starting `qemu-img` for it would take longer than all other preparations of a guest together.
 */
const clusterBits = 16
const clusterBytes = 1 << clusterBits
/** A cluster of the second table stands for this much of the disk. */
const bytesPerEntry = (clusterBytes / 8) * clusterBytes
const headerLength = 112
const backingFormatExtension = 0xe2792aca

export interface Backing {
  readonly path: string
  readonly format: 'raw'
}

export async function writeOverlay(path: string, bytes: number, backing: Backing | undefined): Promise<void> {
  const entries = Math.max(1, Math.ceil(bytes / bytesPerEntry))
  const tableClusters = Math.ceil((entries * 8) / clusterBytes)
  const usedClusters = 3 + tableClusters
  const file = await open(path, 'wx')
  try {
    await file.truncate(usedClusters * clusterBytes)
    await put(file, header(bytes, entries, backing), 0)
    await put(file, countsTable(), clusterBytes)
    await put(file, counts(usedClusters), 2 * clusterBytes)
  } finally {
    await file.close()
  }
}

const put = (file: FileHandle, bytes: Buffer, at: number) => file.write(bytes, 0, bytes.length, at)

function header(bytes: number, entries: number, backing: Backing | undefined): Buffer {
  const name = Buffer.from(backing?.path ?? '')
  if (name.length > 1023) throw new RangeError(`the path of a base is ${name.length} bytes long`)
  const format = Buffer.from(backing?.format ?? '')
  const nameAt = headerLength + (backing ? 8 + padded(format.length) : 0) + 8
  const head = Buffer.alloc(nameAt + name.length)
  head.write('QFI\xfb', 0, 'latin1')
  head.writeUInt32BE(3, 4)
  if (backing) head.writeBigUInt64BE(BigInt(nameAt), 8)
  head.writeUInt32BE(name.length, 16)
  head.writeUInt32BE(clusterBits, 20)
  head.writeBigUInt64BE(BigInt(bytes), 24)
  head.writeUInt32BE(entries, 36)
  head.writeBigUInt64BE(BigInt(3 * clusterBytes), 40)
  head.writeBigUInt64BE(BigInt(clusterBytes), 48)
  head.writeUInt32BE(1, 56)
  head.writeUInt32BE(4, 96) // Counts of 16 bits.
  head.writeUInt32BE(headerLength, 100)
  if (backing) {
    head.writeUInt32BE(backingFormatExtension, headerLength)
    head.writeUInt32BE(format.length, headerLength + 4)
    format.copy(head, headerLength + 8)
  }
  name.copy(head, nameAt)
  return head
}

const padded = (length: number): number => Math.ceil(length / 8) * 8

function countsTable(): Buffer {
  const table = Buffer.alloc(8)
  table.writeBigUInt64BE(BigInt(2 * clusterBytes))
  return table
}

function counts(clusters: number): Buffer {
  const block = Buffer.alloc(clusters * 2)
  for (let cluster = 0; cluster < clusters; cluster++) block.writeUInt16BE(1, cluster * 2)
  return block
}

export interface Qcow2 {
  readonly virtualSizeBytes: number
  /** The path it names as its base. */
  readonly backing: string | undefined
}

/** What a qcow2 file's header says; nothing, when it is none. */
export async function readQcow2(path: string): Promise<Qcow2 | undefined> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0)
    if (bytesRead < 72 || buffer.toString('latin1', 0, 4) !== 'QFI\xfb') return undefined
    const at = Number(buffer.readBigUInt64BE(8))
    const length = buffer.readUInt32BE(16)
    const backing = at > 0 && at + length <= bytesRead ? buffer.toString('utf8', at, at + length) : undefined
    return { virtualSizeBytes: Number(buffer.readBigUInt64BE(24)), backing }
  } finally {
    await file.close()
  }
}
