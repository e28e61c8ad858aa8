import { constants } from 'node:fs'
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import { type Made, noGuest, noResizeDown } from '../driver.ts'
import { type Directories, mark } from './directories.ts'
import { readQcow2 } from './overlay.ts'
import { exists, makeAtOnce, type Paths, readIfThere, writeAtOnce } from './paths.ts'
import type { Run } from './run.ts'

/**
 * What is kept of a guest while its resize is neither confirmed nor reverted: its directory as it was, under `<uuid>_resize`, with a note of which
 * resize it is kept for and by which host. A resize may come to no end (its host stood still, its messages were lost) and the guest go on
 * without it; by the note, nobody takes what was kept then for the disks of today.
 */
export interface Kept {
  keep(uuid: string, resize: number): Promise<void>
  copy(guest: Guest): Promise<Made>
  restore(uuid: string, resize: number): Promise<void>
  drop(uuid: string, resize: number): Promise<boolean>
  /** Whatever it is kept for; hosts that share the folder leave each other's. */
  dropOwn(uuid: string): Promise<void>
  recover(uuid: string): Promise<void>
  /** The files another host needs: what the guest wrote, not what can be made anew. */
  filesOf(uuid: string): Promise<readonly { readonly name: string; readonly path: string; readonly sizeBytes: number }[]>
}

interface Note {
  readonly resize: number
  readonly host: string
}

const note = '.resize'
const gb = 1024 ** 3
/** All but swap, which is empty after a start. */
export const isMoved = (name: string): boolean => /^disk(\.eph\d+|\.config)?$/.test(name)
export const isDrive = (name: string): boolean => name === 'disk.config'

interface Parts {
  readonly paths: Paths
  readonly directories: Directories
  readonly run: Run
  readonly host: string
}

export function keptDisks({ paths, directories, run, host }: Parts): Kept {
  const isWhole = async (uuid: string) => (await exists(paths.directoryOf(uuid))) && !(await exists(join(paths.directoryOf(uuid), mark)))
  const noteOf = async (uuid: string): Promise<Note | undefined> => {
    if (!(await exists(paths.keptOf(uuid)))) return undefined
    const text = await readIfThere(join(paths.keptOf(uuid), note))
    return text === undefined ? { resize: 0, host } : (JSON.parse(text) as Note)
  }
  /** In one act: half of a directory must not be taken for a whole one. */
  const putAway = async (path: string, uuid: string): Promise<void> => {
    if (!(await exists(path))) return
    await rm(paths.goneOf(uuid), { recursive: true, force: true })
    await rename(path, paths.goneOf(uuid))
  }
  const clearAway = (uuid: string) => rm(paths.goneOf(uuid), { recursive: true, force: true })
  const putBack = async (uuid: string): Promise<void> => {
    await putAway(paths.directoryOf(uuid), uuid)
    await rename(paths.keptOf(uuid), paths.directoryOf(uuid))
    await clearAway(uuid)
    await rm(join(paths.directoryOf(uuid), note), { force: true })
  }
  const filesOf = async (uuid: string) => {
    const folder = paths.keptOf(uuid)
    const names = await readdir(folder).catch(() => undefined)
    if (!names) throw new Refusal('not-found', `Nothing of instance ${uuid} is kept for a resize.`)
    const moved = names.filter(isMoved).map(name => ({ name, path: join(folder, name) }))
    return Promise.all(moved.map(async file => ({ ...file, sizeBytes: (await stat(file.path)).size })))
  }

  return {
    filesOf,
    keep: async (uuid, resize) => {
      const before = await noteOf(uuid)
      const written = JSON.stringify({ resize, host } satisfies Note)
      if (before?.resize === resize) return
      if (before && before.resize > resize) throw new Refusal('conflict', `A later resize of instance ${uuid} is under way.`)
      if (before && !(await isWhole(uuid))) {
        await putAway(paths.directoryOf(uuid), uuid)
        await clearAway(uuid)
        return writeAtOnce(join(paths.keptOf(uuid), note), written)
      }
      if (!(await exists(paths.directoryOf(uuid)))) throw noGuest(uuid)
      await writeAtOnce(join(paths.directoryOf(uuid), note), written)
      await putAway(paths.keptOf(uuid), uuid)
      await rename(paths.directoryOf(uuid), paths.keptOf(uuid))
      await clearAway(uuid)
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
    restore: async (uuid, resize) => {
      if ((await noteOf(uuid))?.resize === resize) await putBack(uuid)
    },
    drop: async (uuid, resize) => {
      const found = await noteOf(uuid)
      await clearAway(uuid)
      if (!found || found.resize > resize) return false
      await putAway(paths.keptOf(uuid), uuid)
      await clearAway(uuid)
      return true
    },
    dropOwn: async uuid => {
      if ((await noteOf(uuid))?.host === host) await putAway(paths.keptOf(uuid), uuid)
      await clearAway(uuid)
    },
    recover: async uuid => {
      if ((await exists(paths.keptOf(uuid))) && !(await isWhole(uuid))) await putBack(uuid)
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
