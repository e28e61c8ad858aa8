import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { GuestEphemeral } from '../../contract/guest.ts'
import type { SharedFiles } from './shared-files.ts'
import type { Run } from './run.ts'

/** Empty disks that guests get beside their root: one formatted base per size and kind on the host, and an overlay per guest. */
export interface BlankDisks {
  ephemeral(wish: GuestEphemeral, nth: number, osType: string | undefined): Promise<string>
  swap(megabytes: number): Promise<string>
}

export type FileSystem = NonNullable<GuestEphemeral['format']>

const gb = 1024 ** 3
const mb = 1024 ** 2

export interface BlankOptions {
  readonly shared: SharedFiles
  readonly run: Run
  readonly defaultFormat: FileSystem | undefined
}

export function blankDisks({ shared, run, defaultFormat }: BlankOptions): BlankDisks {
  const sized = (name: string, bytes: number, format: (path: string) => Promise<unknown>): Promise<string> =>
    shared.ensure(name, async temporary => {
      await writeFile(temporary, '')
      await truncate(temporary, bytes)
      await format(temporary)
    })
  return {
    ephemeral: ({ sizeGb, format }, nth, osType) => {
      const kind = format ?? defaultFormat ?? (osType === 'windows' ? 'vfat' : 'ext4')
      // The label is within the file system, so each ephemeral disk of a guest has a base of its own.
      const name = nth === 0 ? `ephemeral_${sizeGb}_${kind}` : `ephemeral_${sizeGb}_${kind}_${nth}`
      return sized(name, sizeGb * gb, path => run(`mkfs.${kind}`, makers[kind](path, `ephemeral${nth}`), { deadlineMs: 600_000 }))
    },
    swap: megabytes => sized(`swap_${megabytes}`, megabytes * mb, path => run('mkswap', ['-q', path])),
  }
}

const extended = (path: string, label: string) => ['-q', '-F', '-L', label, path]

const makers: Readonly<Record<FileSystem, (path: string, label: string) => string[]>> = {
  ext2: extended,
  ext3: extended,
  ext4: extended,
  xfs: (path, label) => ['-q', '-f', '-L', label, path],
  vfat: (path, label) => ['-n', label, path],
}

export const swapPathIn = (directory: string): string => join(directory, 'disk.swap')
export const ephemeralPathIn = (directory: string, nth: number): string => join(directory, `disk.eph${nth}`)
