import { constants } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import type { Made } from '../driver.ts'
import { baseImages } from './base-images.ts'
import type { Run } from './run.ts'

/**
 * The files of guests, where OpenStack's operators look for them: `<root>/<uuid>/{disk,disk.info,libvirt.xml,console.log}` over
 * `<root>/_base/<digest of the image's id>`. A guest's disk holds only what differs from its base.
 */
export interface Disks {
  directoryOf(uuid: string): string
  ensure(guest: Guest): Promise<Made>
  remove(uuid: string): Promise<void>
  /** Keeps the text that libvirt was told, for people to read; it is written anew at every start. */
  keepXml(uuid: string, xml: string): Promise<void>
  console(uuid: string, maxBytes: number): Promise<string>
  /** Whether guests' disks can bypass the host's page cache. */
  cache(): Promise<'none' | 'writeback'>
  capacityGb(): Promise<{ total: number; free: number }>
}

const gb = 1024 ** 3

export function instanceDisks({ root, run }: { root: string; run: Run }): Disks {
  const bases = baseImages({ folder: join(root, '_base'), run })
  const directoryOf = (uuid: string): string => {
    if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) throw new Refusal('invalid', `${uuid} is not an id.`)
    return join(root, uuid)
  }

  const fill = async (guest: Guest, directory: string): Promise<void> => {
    const disk = join(directory, 'disk')
    if (guest.image && !(await exists(disk))) await overlay(disk, await bases.ensure(guest.image), guest)
    await writeAtOnce(join(directory, 'disk.info'), `{${JSON.stringify(disk)}: "qcow2"}`)
    if (guest.configDrive && !(await exists(join(directory, 'disk.config')))) await configDrive(directory, guest.configDrive)
  }

  const overlay = async (disk: string, base: string, guest: Guest): Promise<void> => {
    const smallest = await bases.sizeOf(base)
    const bytes = guest.diskGb * gb || smallest
    if (bytes < smallest)
      throw new Refusal('invalid', `The image needs a disk of ${Math.ceil(smallest / gb)} GB; the flavor has ${guest.diskGb} GB.`)
    const temporary = `${disk}.part`
    await rm(temporary, { force: true })
    await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-o', `backing_file=${base},backing_fmt=raw`, temporary, `${bytes}`])
    await rename(temporary, disk)
  }

  const configDrive = async (directory: string, files: NonNullable<Guest['configDrive']>): Promise<void> => {
    const folder = await mkdtemp(join(directory, 'config-'))
    try {
      for (const [path, content] of Object.entries(files)) {
        if (path.split('/').includes('..')) throw new Refusal('invalid', `${path} is not a file of a configuration drive.`)
        await mkdir(dirname(join(folder, path)), { recursive: true })
        await writeFile(join(folder, path), typeof content === 'string' ? content : Buffer.from(content.base64, 'base64'))
      }
      const temporary = join(directory, 'disk.config.part')
      await run('genisoimage', [
        '-quiet',
        '-o',
        temporary,
        '-ldots',
        '-allow-lowercase',
        '-allow-multidot',
        '-l',
        '-V',
        'config-2',
        '-r',
        '-J',
        folder,
      ])
      await rename(temporary, join(directory, 'disk.config'))
    } finally {
      await rm(folder, { recursive: true, force: true })
    }
  }

  return {
    directoryOf,
    ensure: async guest => {
      const directory = directoryOf(guest.uuid)
      await mkdir(root, { recursive: true })
      const made = await mkdir(directory).then(
        () => true,
        (error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error
          return false
        },
      )
      try {
        await fill(guest, directory)
      } catch (error) {
        if (made) await rm(directory, { recursive: true, force: true })
        throw error
      }
      return made ? 'made' : 'was-there'
    },
    remove: uuid => rm(directoryOf(uuid), { recursive: true, force: true }),
    keepXml: (uuid, xml) => writeAtOnce(join(directoryOf(uuid), 'libvirt.xml'), xml),
    console: (uuid, maxBytes) => tailOf(join(directoryOf(uuid), 'console.log'), maxBytes),
    cache: async () => {
      await mkdir(root, { recursive: true })
      return (await bypassesCache(root)) ? 'none' : 'writeback'
    },
    capacityGb: async () => {
      await mkdir(root, { recursive: true })
      const { blocks, bavail, bsize } = await statfs(root)
      return { total: Math.floor((blocks * bsize) / gb), free: Math.floor((bavail * bsize) / gb) }
    },
  }
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

/** Whole or not at all. */
async function writeAtOnce(path: string, text: string): Promise<void> {
  await writeFile(`${path}.part`, text)
  await rename(`${path}.part`, path)
}

/** The end of the console. virtlogd moves a full file aside and begins a new one; the older one is read when the new one is short. */
async function tailOf(path: string, maxBytes: number): Promise<string> {
  const newest = await readTail(path, maxBytes)
  const older = newest.length < maxBytes ? await readTail(`${path}.0`, maxBytes - newest.length) : Buffer.alloc(0)
  return Buffer.concat([older, newest]).toString('utf8')
}

async function readTail(path: string, maxBytes: number): Promise<Buffer> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw error
  })
  if (!file) return Buffer.alloc(0)
  try {
    const { size } = await file.stat()
    const bytes = Buffer.alloc(Math.min(size, maxBytes))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length)
    return bytes.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

async function bypassesCache(folder: string): Promise<boolean> {
  const path = join(folder, `.direct-io-${process.pid}`)
  try {
    const file = await open(path, constants.O_CREAT | constants.O_WRONLY | constants.O_DIRECT)
    await file.close()
    return true
  } catch {
    return false
  } finally {
    await rm(path, { force: true })
  }
}

/** Read by the doctor. */
export const readIfThere = (path: string): Promise<string | undefined> => readFile(path, 'utf8').catch(() => undefined)
