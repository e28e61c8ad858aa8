import { constants } from 'node:fs'
import { copyFile, mkdir, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest, GuestImage } from '../../contract/guest.ts'
import type { Made } from '../driver.ts'
import type { BaseImages } from './base-images.ts'
import { type BlankDisks, ephemeralPathIn, swapPathIn } from './blank-disks.ts'
import { type DriveFormat, writeConfigDrive } from './config-drive.ts'
import { writeOverlay } from './overlay.ts'
import { exists, isId, makeAtOnce, type Paths, readIfThere, writeAtOnce } from './paths.ts'
import type { Run } from './run.ts'

/**
 * A guest's directory, where OpenStack's operators look for it: `<root>/<uuid>/{disk,disk.eph0,disk.swap,disk.config,disk.info,libvirt.xml,console.log}`.
 * While it is being made it holds a mark, so that what a killed process left is known for what it is.
 */
export interface Directories {
  /** Makes what is missing of all the disks the value speaks of. */
  ensure(guest: Guest): Promise<Made>
  /** Takes the mark away. */
  settle(uuid: string): Promise<void>
  /** New disks in place of those that are there. */
  renew(guest: Guest): Promise<void>
  removeRescue(uuid: string): Promise<void>
  /** Makes the directory, marked. */
  begin(uuid: string): Promise<Made>
  /** Whether nobody else has taken it: hosts may share the folder, and each writes its name into the directories of its guests. */
  isOwn(directory: string): Promise<boolean>
  /** Own ones that are marked, but for those of which something is kept for a resize: nothing of them is half made. */
  halves(): Promise<readonly string[]>
  /** Own ones that have a directory, or one that is kept for a resize. */
  owners(): Promise<readonly string[]>
}

export interface DirectoryParts {
  readonly paths: Paths
  readonly host: string
  readonly bases: BaseImages
  readonly blanks: BlankDisks
  readonly driveFormat: DriveFormat
  readonly run: Run
}

const gb = 1024 ** 3
/** In a directory that is being made. */
export const mark = '.begun'
const taker = '.host'
const rescueDisk = 'disk.rescue'

export function directories({ paths, host, bases, blanks, driveFormat, run }: DirectoryParts): Directories {
  /** The disks a guest has of its own, each with what makes it. */
  const disksOf = (guest: Guest, directory: string): ReadonlyMap<string, (path: string) => Promise<unknown>> => {
    const { image, kernel, rescueImage, configDrive, ephemerals = [], swapMb = 0 } = guest
    const disks = new Map<string, (path: string) => Promise<unknown>>()
    if (image) disks.set(join(directory, 'disk'), path => rootOverlay(path, image, guest.diskGb))
    if (kernel) disks.set(join(directory, 'kernel'), path => copyOf(kernel.image, path))
    if (kernel?.ramdisk) disks.set(join(directory, 'ramdisk'), path => copyOf(kernel.ramdisk, path))
    for (const [nth, wish] of ephemerals.entries())
      disks.set(ephemeralPathIn(directory, nth), async path =>
        writeOverlay(path, wish.sizeGb * gb, raw(await blanks.ephemeral(wish, nth, guest.imageProperties?.['os_type']))),
      )
    if (swapMb > 0) disks.set(swapPathIn(directory), async path => writeOverlay(path, swapMb * 1024 ** 2, raw(await blanks.swap(swapMb))))
    if (configDrive) disks.set(join(directory, 'disk.config'), path => writeConfigDrive(path, configDrive, driveFormat, run))
    if (rescueImage) {
      disks.set(join(directory, rescueDisk), path => rootOverlay(path, rescueImage, 0))
      if (configDrive) disks.set(join(directory, 'disk.config.rescue'), path => writeConfigDrive(path, configDrive, driveFormat, run))
    }
    return disks
  }

  const copyOf = async (image: GuestImage | undefined, path: string): Promise<void> => {
    if (image) await copyFile(await bases.ensure(image), path, constants.COPYFILE_FICLONE)
  }

  const rootOverlay = async (path: string, image: GuestImage, diskGb: number): Promise<void> => {
    const base = await bases.ensure(image)
    const smallest = (await stat(base)).size
    const bytes = diskGb * gb || smallest
    if (bytes < smallest) {
      const sizes = `Flavor disk is ${bytes} bytes, image is ${smallest} bytes.`
      throw new Refusal('invalid', `Flavor's disk is too small for requested image. ${sizes}`)
    }
    await writeOverlay(path, bytes, raw(base))
  }

  const fill = async (guest: Guest, directory: string): Promise<void> => {
    const disks = disksOf(guest, directory)
    const making = [...disks].map(async ([path, make]) => {
      if (await exists(path)) return false
      await makeAtOnce(path, make)
      return true
    })
    // All of them, also when one fails: who cleans up must not meet the others.
    await Promise.allSettled(making)
    const isNew = (await Promise.all(making)).includes(true)
    if (isNew || !(await exists(join(directory, 'disk.info')))) await writeAtOnce(join(directory, 'disk.info'), diskInfo([...disks.keys()]))
  }

  const begin = async (uuid: string): Promise<Made> => {
    const directory = paths.directoryOf(uuid)
    const made = await mkdir(directory, { recursive: true })
    if (made !== undefined) await writeFile(join(directory, mark), '')
    if ((await readIfThere(join(directory, taker))) !== host) await writeAtOnce(join(directory, taker), host)
    return made === undefined ? 'was-there' : 'made'
  }

  const isOwn = async (directory: string): Promise<boolean> => ((await readIfThere(join(directory, taker))) ?? host) === host

  const ownAmong = async (names: readonly string[]): Promise<string[]> => {
    const own = await Promise.all(names.map(name => isOwn(join(paths.root, name))))
    return names.filter((_, at) => own[at])
  }

  return {
    begin,
    isOwn,
    ensure: async guest => {
      const made = await begin(guest.uuid)
      try {
        await fill(guest, paths.directoryOf(guest.uuid))
      } catch (error) {
        if (made === 'made') await rm(paths.directoryOf(guest.uuid), { recursive: true, force: true })
        throw error
      }
      return made
    },
    settle: uuid => rm(join(paths.directoryOf(uuid), mark), { force: true }),
    renew: async guest => {
      const directory = paths.directoryOf(guest.uuid)
      await begin(guest.uuid)
      // Each new disk takes the old one's name in one act.
      const disks = disksOf(guest, directory)
      for (const [path, make] of disks) await makeAtOnce(path, make)
      await writeAtOnce(join(directory, 'disk.info'), diskInfo([...disks.keys()]))
      const wanted = new Set(disks.keys())
      for (const name of await readdir(directory)) {
        const path = join(directory, name)
        if (/^disk\.(eph\d+|swap|config)$/.test(name) && !wanted.has(path)) await rm(path)
      }
    },
    removeRescue: async uuid => {
      const directory = paths.directoryOf(uuid)
      if (!(await exists(join(directory, rescueDisk)))) return
      await rm(join(directory, 'disk.config.rescue'), { force: true })
      await rm(join(directory, rescueDisk))
      const left = (await readdir(directory)).filter(name => /^disk(\.(eph\d+|swap|config))?$/.test(name)).sort()
      await writeAtOnce(join(directory, 'disk.info'), diskInfo(left.map(name => join(directory, name))))
    },
    halves: async () => {
      const found: string[] = []
      for (const name of await readdir(paths.root).catch(() => []))
        if (isId(name) && (await exists(join(paths.root, name, mark))) && !(await exists(paths.keptOf(name)))) found.push(name)
      return ownAmong(found)
    },
    owners: async () => {
      const names = await readdir(paths.root).catch((): string[] => [])
      const own = await ownAmong(names.filter(name => isId(withoutEnd(name))))
      return [...new Set(own.map(withoutEnd))]
    },
  }
}

const withoutEnd = (name: string): string => name.replace(/_(resize|del)$/, '')

const raw = (path: string) => ({ path, format: 'raw' as const })

/** Which of a guest's files has which format: `{"/var/lib/nova/instances/<uuid>/disk": "qcow2"}`. */
const diskInfo = (paths: readonly string[]): string =>
  `{${paths
    .filter(path => basename(path).startsWith('disk'))
    .map(path => `${JSON.stringify(path)}: ${JSON.stringify(/\.config(\.rescue)?$/.test(path) ? 'raw' : 'qcow2')}`)
    .join(', ')}}`
