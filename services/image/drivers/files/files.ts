import { createReadStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Bytes, Receiving, Span } from '../../stores/store.ts'

/** Stands behind the name of a file that is not whole yet. */
export const partial = '.partial'
/** So much is handed to the disk at once while more comes in, so that the last sync is short. */
const syncEveryBytes = 128 * 2 ** 20
const readAheadBytes = 2 ** 20

/** A file named by its image: written under another name, synced when it must last, and renamed. */
export async function receiveInto(dir: string, imageId: string, mustLast: boolean): Promise<Receiving> {
  await mkdir(dir, { recursive: true, mode: 0o750 })
  const path = join(dir, imageId)
  const file = await open(path + partial, 'w', 0o640).catch(refuseDisk)
  let [at, synced] = [0, 0]
  let syncing: Promise<void> | undefined
  const syncSome = () => {
    synced = at
    syncing = file.datasync().finally(() => {
      syncing = undefined
    })
    // Its failure is that of the sync at the end.
    syncing.catch(() => {})
  }
  return {
    async write(bytes) {
      for (let done = 0; done < bytes.length; ) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done).catch(refuseDisk)
        done += bytesWritten
      }
      at += bytes.length
      if (mustLast && !syncing && at - synced >= syncEveryBytes) syncSome()
    },
    async finish() {
      await syncing
      await file.chmod(0o640)
      if (mustLast) await file.sync().catch(refuseDisk)
      await file.close()
      await rename(path + partial, path)
      if (mustLast) await syncDirectory(dir)
      return pathToFileURL(path).href
    },
    async abandon() {
      await syncing?.catch(() => {})
      await file.close().catch(() => {})
      await rm(path + partial, { force: true })
    },
  }
}

async function syncDirectory(dir: string) {
  const handle = await open(dir, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** What was asked of a file, or nothing when there is no such file. A file that may not be looked at, or a disk that fails, is an error. */
export const ifThere = <Answer>(asked: Promise<Answer>): Promise<Answer | undefined> =>
  asked.catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined
    throw cause
  })

export const sizeOf = async (path: string) => (await ifThere(stat(path)))?.size

export async function readFrom(path: string, range?: Span): Promise<Bytes> {
  const file = await open(path, 'r').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') throw new Refusal('not-found', 'The image’s data could not be found.', { cause })
    throw cause
  })
  const bytes = createReadStream(path, { fd: file, highWaterMark: readAheadBytes, ...(range ?? {}) })
  // Whoever reads hears of it; until then a failing disk must not take the process along.
  bytes.on('error', () => {})
  return bytes
}

/** What is wrong with the disk is said as Glance says it; anything else is a defect. */
function refuseDisk(cause: NodeJS.ErrnoException): never {
  if (cause.code === 'ENOSPC' || cause.code === 'EDQUOT')
    throw new Refusal('too-large', 'Image storage media is full: There is not enough disk space on the image storage media.', { cause })
  if (cause.code === 'EACCES' || cause.code === 'EROFS')
    throw new Refusal('unavailable', 'Insufficient permissions on image storage media: Permission to write image storage media denied.', {
      cause,
    })
  throw cause
}

/** Forgets the halves that nobody has written to for so long. */
export async function sweepHalves(dir: string, olderThanMs: number, now: number): Promise<void> {
  for (const name of (await ifThere(readdir(dir))) ?? []) {
    if (!name.endsWith(partial)) continue
    const path = join(dir, name)
    const found = await ifThere(stat(path))
    if (found && now - found.mtimeMs > olderThanMs) await rm(path, { force: true })
  }
}
