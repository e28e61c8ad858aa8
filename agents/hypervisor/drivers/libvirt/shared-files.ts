import { link, mkdir, open, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@kilonova/platform/clock.ts'

/**
 * The bases that guests of this host share, and of others that share its folder: never changed once they have their names. A file is made under a temporary name and only then linked
 * to its own, so nobody ever sees half of one: not another guest, not another process, not the next start after a crash. Those who want the
 * same file at the same time wait for one making.
 */
export interface SharedFiles {
  readonly folder: string
  /** Where the file of this name lies. Made by `fill` if need be. */
  ensure(name: string, fill: (temporary: string) => Promise<unknown>): Promise<string>
  /** Takes away what processes of this host left half made that live no more. */
  removeHalves(): Promise<void>
  /** Takes away what is not among the used and was not asked for since so long. */
  removeUnused(used: ReadonlySet<string>, olderThanMs: number): Promise<readonly string[]>
}

/** How often the time of last use is noted: exactness costs a write per start. */
const noteUseMs = 60_000

export interface SharedParts {
  readonly folder: string
  readonly host: string
  readonly clock: Pick<Clock, 'now'>
}

export function sharedFiles({ folder, host, clock }: SharedParts): SharedFiles {
  const underWay = new Map<string, Promise<string>>()
  let attempts = 0

  const make = async (path: string, fill: (temporary: string) => Promise<unknown>): Promise<string> => {
    await mkdir(folder, { recursive: true })
    const temporary = `${path}.part-${host}-${process.pid}-${++attempts}`
    try {
      await fill(temporary)
      await durable(temporary)
      await takeName(temporary, path)
      return path
    } finally {
      await rm(temporary, { force: true })
    }
  }

  return {
    folder,
    ensure: async (name, fill) => {
      const path = join(folder, name)
      const ready = await stat(path).catch(() => undefined)
      if (ready) {
        const now = clock.now()
        if (now - ready.mtimeMs > noteUseMs) await utimes(path, now / 1000, now / 1000)
        return path
      }
      const making = underWay.get(path) ?? make(path, fill).finally(() => underWay.delete(path))
      underWay.set(path, making)
      return making
    },
    removeHalves: async () => {
      for (const name of await list(folder)) {
        const [, maker, pid] = /\.part-(.+)-(\d+)-\d+(\.image)?$/.exec(name) ?? []
        if (maker === host && Number(pid) !== process.pid && !lives(Number(pid))) await rm(join(folder, name), { force: true })
      }
    },
    removeUnused: async (used, olderThanMs) => {
      const removed: string[] = []
      for (const name of await list(folder)) {
        const path = join(folder, name)
        if (used.has(path) || underWay.has(path) || name.includes('.part-')) continue
        const found = await stat(path).catch(() => undefined)
        // One that was just asked for will have a disk above it in a moment.
        if (!found || clock.now() - found.mtimeMs < Math.max(olderThanMs, 2 * noteUseMs)) continue
        await rm(path, { force: true })
        removed.push(path)
      }
      return removed
    },
  }
}

const list = (folder: string): Promise<string[]> => readdir(folder).catch(() => [])

const lives = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

async function durable(temporary: string): Promise<void> {
  const file = await open(temporary, 'r+')
  try {
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Another process may have been faster: then its copy is as good, and ours goes. */
async function takeName(temporary: string, path: string): Promise<void> {
  await link(temporary, path).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') return
    if (error.code !== 'EPERM' && error.code !== 'ENOTSUP' && error.code !== 'EOPNOTSUPP') throw error
    await rename(temporary, path) // A file system without links.
  })
}
