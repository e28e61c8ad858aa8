import { mkdir, readdir, rm, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import type { Files } from '../driver.ts'
import { baseImages } from './base-images.ts'
import { blankDisks } from './blank-disks.ts'
import { directories } from './directories.ts'
import type { Domains } from './domains.ts'
import { keptDisks } from './kept.ts'
import { offers } from './offers.ts'
import type { LibvirtOptions } from './libvirt-options.ts'
import { readQcow2 } from './overlay.ts'
import { type Paths, pathsBelow, readIfThere, writeAtOnce } from './paths.ts'
import type { Run } from './run.ts'
import { sharedFiles } from './shared-files.ts'
import { snapshots } from './snapshots.ts'

export interface FileParts {
  readonly options: LibvirtOptions
  readonly domains: Domains
  readonly run: Run
  readonly clock: Clock
  readonly log: Log
  /** The address at which other hosts fetch what is offered to them. */
  readonly hostIp: string
  readonly host: string
}

export interface HostFiles extends Files {
  readonly paths: Paths
  capacityGb(): Promise<{ readonly total: number; readonly free: number }>
  /** How far guests' disks may still grow. */
  promisedBytes(): Promise<number>
  close(): Promise<void>
}

const gb = 1024 ** 3

export function hostFiles({ options, domains, run, clock, log, hostIp, host }: FileParts): HostFiles {
  const paths = pathsBelow(options.instancesDir)
  const shared = sharedFiles({ folder: paths.bases, host, clock })
  const bases = baseImages({ shared, run })
  const blanks = blankDisks({ shared, run, defaultFormat: options.ephemeralFormat })
  const own = directories({ paths, host, bases, blanks, driveFormat: options.driveFormat, run })
  const kept = keptDisks({ paths, directories: own, run, host })
  const pictures = snapshots({ paths, host, domains, run, clock, log })
  const offered = offers({ kept, paths, directories: own, bases, run, hostIp })

  const removeUnusedBases = async (): Promise<void> => {
    if (!options.removesUnusedBases) return
    const used = new Set((await overlaysBelow(paths)).flatMap(({ backing }) => backing ?? []))
    for (const path of await shared.removeUnused(used, options.unusedBaseMinimumAgeMs))
      log.info('took away a base that nobody uses', { path })
  }

  return {
    paths,
    ensureDisks: own.ensure,
    removeDisks: async uuid => {
      await offered.withdraw(uuid)
      // A guest that lives on with another host of this folder has its disks here.
      if (await own.isOwn(paths.directoryOf(uuid))) await rm(paths.directoryOf(uuid), { recursive: true, force: true })
      await kept.dropOwn(uuid)
    },
    settleDisks: own.settle,
    renewDisks: own.renew,
    removeRescue: own.removeRescue,
    keepDisks: kept.keep,
    offerKept: offered.offer,
    copyKept: (guest, offer) => (offer ? offered.fetch(guest, offer) : kept.copy(guest)),
    restoreKept: async (uuid, resize) => {
      await offered.withdraw(uuid)
      await kept.restore(uuid, resize)
    },
    dropKept: async (uuid, resize) => {
      await offered.withdraw(uuid)
      return kept.drop(uuid, resize)
    },
    recoverKept: kept.recover,
    snapshot: pictures.take,
    cacheImage: async image => void (await bases.ensure(image)),
    listHalves: own.halves,
    listOwners: own.owners,
    removeLeftovers: async () => {
      await signRegister(paths, host, clock)
      await shared.removeHalves()
      await pictures.removeHalves()
      await removeUnusedBases()
    },
    capacityGb: async () => {
      await mkdir(paths.root, { recursive: true })
      const { blocks, bavail, bsize } = await statfs(paths.root)
      return { total: Math.floor((blocks * bsize) / gb), free: Math.floor((bavail * bsize) / gb) }
    },
    promisedBytes: async () =>
      (await overlaysBelow(paths)).reduce((sum, { virtualSizeBytes, usedBytes }) => sum + Math.max(0, virtualSizeBytes - usedBytes), 0),
    close: offered.close,
  }
}

/** Every disk of every guest here, kept ones too. */
async function overlaysBelow(paths: Paths) {
  const found: { backing: string | undefined; virtualSizeBytes: number; usedBytes: number }[] = []
  for (const folder of await readdir(paths.root).catch(() => [])) {
    if (folder.startsWith('_') || folder === 'snapshots') continue
    for (const name of await readdir(join(paths.root, folder)).catch(() => [])) {
      if (!/^disk(\.|$)/.test(name)) continue
      const path = join(paths.root, folder, name)
      const disk = await readQcow2(path).catch(() => undefined)
      if (disk) found.push({ ...disk, usedBytes: (await stat(path).catch(() => undefined))?.blocks ?? 0 })
    }
  }
  return found.map(disk => ({ ...disk, usedBytes: disk.usedBytes * 512 }))
}

/** Hosts that share this folder sign here, each with the second it was last seen, so that operators can tell whose it is. */
async function signRegister({ root }: Paths, host: string, clock: Pick<Clock, 'now'>): Promise<void> {
  await mkdir(join(root, 'locks'), { recursive: true })
  const path = join(root, 'compute_nodes')
  const known = registered((await readIfThere(path)) ?? '{}')
  await writeAtOnce(path, JSON.stringify({ ...known, [host]: clock.now() / 1000 }))
}

/** One that cannot be read is begun anew. */
function registered(text: string): object {
  try {
    return Object(JSON.parse(text)) as object
  } catch {
    return {}
  }
}
