import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { idForm } from '../../images/image.ts'
import type { CachedImage, ImageCache, Wanted } from '../../cache/cache.ts'
import type { Bytes, Receiving } from '../../stores/store.ts'
import { ifThere, partial, readFrom, receiveInto, sweepHalves } from './files.ts'

export interface CacheWish {
  readonly dir: string
  readonly maxBytes: number
  /** A half that nobody has written to for so long is nobody's. */
  readonly stallMs: number
  /** Epoch milliseconds. */
  now(): number
}

const readAheadBytes = 2 ** 20

/**
 * A directory with a file for each image, `queue` with the names of those to be fetched, and `hits` with how often each was read. A file's own
 * times say when it came and when it was last read, so that the directory alone is the whole cache, whatever process looks at it.
 */
export function imageCache({ dir, maxBytes, stallMs, now }: CacheWish): ImageCache {
  const [queue, hits] = [join(dir, 'queue'), join(dir, 'hits')]
  const underWay = new Set<string>()

  async function list(): Promise<readonly CachedImage[]> {
    const names = ((await ifThere(readdir(dir, { withFileTypes: true }))) ?? []).filter(one => one.isFile() && !one.name.endsWith(partial))
    const found = await Promise.all(names.map(({ name }) => look(name)))
    return found.filter(one => one !== undefined).sort((a, b) => (a.imageId < b.imageId ? -1 : 1))
  }

  async function look(imageId: string): Promise<CachedImage | undefined> {
    if (!idForm.test(imageId)) return undefined
    const found = await ifThere(stat(join(dir, imageId)))
    if (!found) return undefined
    const { size: sizeBytes, atimeMs: accessedAt, mtimeMs: modifiedAt } = found
    return { imageId, sizeBytes, accessedAt, modifiedAt, hits: await hitsOf(imageId) }
  }

  const hitsOf = async (imageId: string) => Number((await ifThere(readFile(join(hits, imageId), 'utf8'))) ?? 0)

  async function drop(imageId: string): Promise<boolean> {
    // A name that is no id could lead out of the directory.
    if (!idForm.test(imageId)) return false
    const was = (await look(imageId)) !== undefined
    await rm(join(dir, imageId), { force: true })
    await rm(join(hits, imageId), { force: true })
    return was
  }

  async function prune(): Promise<void> {
    await sweepHalves(dir, stallMs, now())
    const all = (await list()).toSorted((a, b) => a.accessedAt - b.accessedAt)
    let bytes = all.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0)
    for (const { imageId, sizeBytes } of all) {
      if (bytes <= maxBytes) return
      await drop(imageId)
      bytes -= sizeBytes
    }
  }

  return {
    list,
    drop,
    prune,

    async listQueued() {
      const names = (await ifThere(readdir(queue))) ?? []
      const since = await Promise.all(names.map(async name => ({ name, at: (await ifThere(stat(join(queue, name))))?.mtimeMs })))
      return since
        .filter(({ at }) => at !== undefined)
        .sort((a, b) => (a.at ?? 0) - (b.at ?? 0))
        .map(({ name }) => name)
    },

    async open(imageId, range) {
      if (!idForm.test(imageId)) return undefined
      const path = join(dir, imageId)
      const found = await ifThere(stat(path))
      const bytes = found && (await readFrom(path, range).catch(() => undefined))
      if (!found || !bytes) return undefined
      await utimes(path, now() / 1000, found.mtimeMs / 1000)
      await mkdir(hits, { recursive: true, mode: 0o750 })
      await writeFile(join(hits, imageId), String((await hitsOf(imageId)) + 1))
      return bytes
    },

    async keepOnTheWay(image, bytes) {
      if (underWay.has(image.id) || image.sizeBytes === null || image.sizeBytes > maxBytes || (await look(image.id))) return bytes
      underWay.add(image.id)
      const free = () => underWay.delete(image.id)
      const into = await receiveInto(dir, image.id, false).catch(() => undefined)
      if (!into) {
        free()
        return bytes
      }
      const filling = { isWhole: false }
      let settling: Promise<void> | undefined
      const settle = () => {
        settling ??= (async () => {
          bytes.destroy()
          await (filling.isWhole ? into.finish() : into.abandon())
          free()
          await prune()
        })()
        return settling
      }
      const passing = Readable.from(pass(bytes, into, image, { filling, settle }), { objectMode: false, highWaterMark: readAheadBytes })
      // Nobody may ever begin to read: then nothing of the generator runs, not even its end.
      return passing.on('error', () => {}).once('close', () => void settle().catch(() => {}))
    },

    async enqueue(imageId) {
      if (!idForm.test(imageId)) throw new Refusal('invalid', `${imageId} is no image’s id.`)
      if (await look(imageId)) return
      await mkdir(queue, { recursive: true, mode: 0o750 })
      await writeFile(join(queue, imageId), '')
    },

    async dropQueued(imageId) {
      if (!idForm.test(imageId)) return false
      const path = join(queue, imageId)
      const was = await ifThere(stat(path))
      await rm(path, { force: true })
      return was !== undefined
    },
  }
}

interface Filling {
  readonly filling: { isWhole: boolean }
  settle(): Promise<void>
}

/** Whoever reads hears only of the source's troubles; a disk that fails or data that is not what it should be are simply not kept. */
async function* pass(bytes: Bytes, into: Receiving, { sizeBytes, checksum }: Wanted, { filling, settle }: Filling) {
  const hash = createHash('md5')
  let [length, isKept] = [0, true]
  try {
    for await (const part of bytes) {
      length += part.length
      hash.update(part)
      if (isKept) isKept = await into.write(part).then(yes, no)
      yield part
    }
    filling.isWhole = isKept && length === sizeBytes && (checksum === null || hash.digest('hex') === checksum)
  } finally {
    await settle()
  }
}

const yes = () => true
const no = () => false
