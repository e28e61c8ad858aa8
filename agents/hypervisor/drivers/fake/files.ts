import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { DiskOffer, Snapshot, SnapshotWish } from '../../contract/transfers.ts'
import { type Files, noAgent } from '../driver.ts'
import type { FakeDirectory, FakeDisks } from './disks.ts'
import type { FakeParts } from './power.ts'

const gb = 1024 ** 3

/** Machines of one program find each other's offers here, as real ones do over the network; by the URL, and by the machine. */
const offers = new Map<string, FakeDisks>()
const machinesHere = new Set<string>()

/** All there is to a pretended disk goes with its offer, for machines of other programs, which cannot ask for it. */
const contents = 'x-pretended-disk'
const longestConsole = 4_096

export function fakeFiles({ machine, disks, attempt }: FakeParts, host: string, writesFiles: boolean): Files {
  machinesHere.add(host)
  return {
    ensureDisks: guest => attempt('ensureDisks', guest.uuid, () => disks.ensure(guest)),
    removeDisks: uuid => attempt('removeDisks', uuid, () => disks.remove(uuid)),
    settleDisks: uuid => attempt('settleDisks', uuid, () => disks.settle(uuid)),
    renewDisks: guest => attempt('renewDisks', guest.uuid, () => disks.renew(guest)),
    removeRescue: uuid => attempt('removeRescue', uuid, () => disks.removeRescue(uuid)),
    keepDisks: (uuid, resize) => attempt('keepDisks', uuid, () => disks.keep(uuid, resize)),
    offerKept: async uuid => {
      const url = `fake://${host}/${uuid}`
      offers.set(url, disks)
      return { url, headers: headersOf(disks.kept(uuid)), disks: [{ name: 'disk', format: 'qcow2', sizeBytes: 0 }] }
    },
    copyKept: (guest, offer) => attempt('copyKept', guest.uuid, () => disks.copy(guest, given(offer, guest.uuid))),
    restoreKept: (uuid, resize) =>
      attempt('restoreKept', uuid, () => {
        offers.delete(`fake://${host}/${uuid}`)
        disks.restore(uuid, resize)
      }),
    dropKept: (uuid, resize) =>
      attempt('dropKept', uuid, () => {
        offers.delete(`fake://${host}/${uuid}`)
        return disks.drop(uuid, resize)
      }),
    recoverKept: async uuid => disks.recover(uuid),
    snapshot: wish =>
      attempt('snapshot', wish.uuid, () => {
        if (wish.quiesce === 'required' && !machine.get(wish.uuid).hasAgent) throw noAgent()
        return pictureOf(wish, disks)
      }).then(async ({ snapshot, bytes }) => {
        await deliver(wish, bytes, writesFiles)
        return snapshot
      }),
    cacheImage: image => attempt('cacheImage', image.id, () => disks.cache(image.id)),
    listHalves: async () => disks.halves(),
    listOwners: async () => disks.owners(),
    removeLeftovers: async () => {},
  }
}

function headersOf(kept: FakeDirectory | undefined): Readonly<Record<string, string>> {
  if (!kept) return {}
  const text = JSON.stringify({ ...kept, console: kept.console.slice(-longestConsole) })
  return { [contents]: Buffer.from(text).toString('base64url') }
}

function given(offer: DiskOffer | undefined, uuid: string): FakeDirectory | undefined {
  if (offer === undefined) return undefined
  if (machinesHere.has(new URL(offer.url).hostname)) return offers.get(offer.url)?.kept(uuid)
  const told = offer.headers[contents]
  return told === undefined ? undefined : (JSON.parse(Buffer.from(told, 'base64url').toString()) as FakeDirectory)
}

function pictureOf({ uuid, format }: SnapshotWish, disks: FakeDisks): { snapshot: Snapshot; bytes: Buffer } {
  const root = disks.rootOf(uuid)
  if (!root) throw new Refusal('not-found', `Instance ${uuid} could not be found.`)
  const bytes = format === 'qcow2' ? emptyQcow2(root.sizeGb * gb) : Buffer.alloc(512)
  const sha512 = createHash('sha512').update(bytes).digest('hex')
  return { bytes, snapshot: { format, sizeBytes: bytes.length, virtualSizeBytes: root.sizeGb * gb || 512, sha512 } }
}

/** A disk of this size on which nothing was ever written, as whoever receives it can read. */
function emptyQcow2(virtualSizeBytes: number): Buffer {
  const bytes = Buffer.alloc(4 * 65_536)
  bytes.write('QFI\xfb', 0, 'latin1')
  for (const [at, value] of [
    [4, 3],
    [20, 16],
    [36, Math.ceil(virtualSizeBytes / 2 ** 29) || 1],
    [56, 1],
    [96, 4],
    [100, 104],
  ] as const)
    bytes.writeUInt32BE(value, at)
  bytes.writeBigUInt64BE(BigInt(virtualSizeBytes), 24)
  bytes.writeBigUInt64BE(3n * 65_536n, 40)
  bytes.writeBigUInt64BE(65_536n, 48)
  bytes.writeBigUInt64BE(2n * 65_536n, 65_536)
  for (let cluster = 0; cluster < 4; cluster++) bytes.writeUInt16BE(1, 2 * 65_536 + 2 * cluster)
  return bytes
}

/** A pretended disk reaches a real image service all the same. */
async function deliver({ target }: SnapshotWish, bytes: Buffer, writesFiles: boolean): Promise<void> {
  if (target.to === 'file') {
    if (!writesFiles) return
    await mkdir(dirname(target.path), { recursive: true })
    return writeFile(target.path, bytes)
  }
  const headers = { 'content-type': 'application/octet-stream', ...target.headers }
  const response = await fetch(target.url, { method: 'PUT', headers, body: new Uint8Array(bytes) })
  if (!response.ok) throw new Refusal('unavailable', `The snapshot was not taken: ${response.status}.`)
}
