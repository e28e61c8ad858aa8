import { constants } from 'node:fs'
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import { type Made, noGuest, noResizeDown } from '../driver.ts'
import type { Directories } from './directories.ts'
import { readQcow2 } from './overlay.ts'
import { exists, makeAtOnce, type Paths } from './paths.ts'
import type { Run } from './run.ts'

/** What is kept of a guest while its resize is neither confirmed nor reverted: its directory as it was, under `<uuid>_resize`. */
export interface Kept {
  keep(uuid: string): Promise<void>
  copy(guest: Guest): Promise<Made>
  restore(uuid: string): Promise<void>
  drop(uuid: string): Promise<boolean>
  /** The files another host needs: what the guest wrote, not what can be made anew. */
  filesOf(uuid: string): Promise<readonly { readonly name: string; readonly path: string; readonly sizeBytes: number }[]>
}

const gb = 1024 ** 3
/** All but swap, which is empty after a start. */
export const isMoved = (name: string): boolean => /^disk(\.eph\d+|\.config)?$/.test(name)
export const isDrive = (name: string): boolean => name === 'disk.config'

export function keptDisks({ paths, directories, run }: { paths: Paths; directories: Directories; run: Run }): Kept {
  const filesOf = async (uuid: string) => {
    const folder = paths.keptOf(uuid)
    const names = await readdir(folder).catch(() => undefined)
    if (!names) throw new Refusal('not-found', `Nothing of instance ${uuid} is kept for a resize.`)
    const moved = names.filter(isMoved).map(name => ({ name, path: join(folder, name) }))
    return Promise.all(moved.map(async file => ({ ...file, sizeBytes: (await stat(file.path)).size })))
  }

  return {
    filesOf,
    keep: async uuid => {
      if (await exists(paths.keptOf(uuid))) return
      if (!(await exists(paths.directoryOf(uuid)))) throw noGuest(uuid)
      await rename(paths.directoryOf(uuid), paths.keptOf(uuid))
    },
    copy: async guest => {
      const files = await filesOf(guest.uuid)
      for (const { name, path } of files) await refuseShrinking(path, wantedBytes(guest, name))
      const made = await directories.begin(guest.uuid)
      for (const { name, path } of files) {
        const target = join(paths.directoryOf(guest.uuid), name)
        if (await exists(target)) continue
        await makeAtOnce(target, async temporary => {
          await copyFile(path, temporary, constants.COPYFILE_FICLONE)
          await grow(temporary, wantedBytes(guest, name), run)
        })
      }
      return made
    },
    restore: async uuid => {
      if (!(await exists(paths.keptOf(uuid)))) return
      await rm(paths.directoryOf(uuid), { recursive: true, force: true })
      await rename(paths.keptOf(uuid), paths.directoryOf(uuid))
    },
    drop: async uuid => {
      const had = await exists(paths.keptOf(uuid))
      await rm(paths.keptOf(uuid), { recursive: true, force: true })
      return had
    },
  }
}

/** How large the value wants the disk of this name; 0 where it does not say. */
export function wantedBytes({ diskGb, ephemerals = [] }: Guest, name: string): number {
  const nth = /^disk\.eph(\d+)$/.exec(name)?.[1]
  if (isDrive(name)) return 0
  return (nth === undefined ? diskGb : (ephemerals[Number(nth)]?.sizeGb ?? 0)) * gb
}

export async function refuseShrinking(path: string, bytes: number): Promise<void> {
  const { virtualSizeBytes = 0 } = (await readQcow2(path)) ?? {}
  if (bytes > 0 && bytes < virtualSizeBytes) throw noResizeDown()
}

export async function grow(path: string, bytes: number, run: Run): Promise<void> {
  const { virtualSizeBytes = 0 } = (await readQcow2(path)) ?? {}
  if (bytes > virtualSizeBytes) await run('qemu-img', ['resize', '-q', '-f', 'qcow2', path, `${bytes}`])
}
