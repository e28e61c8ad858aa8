import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import { type Made, noGuest, noResizeDown } from '../driver.ts'

interface Directory {
  readonly sizeGb: number
  readonly console: string
  /** Which image its root was made from. */
  readonly rootOf: string | undefined
  readonly rescueOf?: string | undefined
  /** Whether its start is not over yet. */
  readonly isBegun: boolean
  /** Which resize it is kept for. */
  readonly resize?: number | undefined
}

/** What lies in the instance directories of a pretended machine. */
export interface FakeDisks {
  ensure(guest: Guest): Made
  remove(uuid: string): void
  settle(uuid: string): void
  renew(guest: Guest): void
  removeRescue(uuid: string): void
  keep(uuid: string, resize: number): void
  /** `given`: what another machine offers. */
  copy(guest: Guest, given: Directory | undefined): Made
  restore(uuid: string, resize: number): void
  drop(uuid: string, resize: number): boolean
  recover(uuid: string): void
  kept(uuid: string): Directory | undefined
  /** Those whose start is not over. */
  halves(): string[]
  owners(): string[]
  cache(imageId: string): void
  rootOf(uuid: string): { readonly imageId: string | undefined; readonly sizeGb: number } | undefined
  /** Appends to the guest's console. */
  write(uuid: string, text: string): void
  console(uuid: string, maxBytes: number): string
  /** What has a directory, for those who look for left-overs; `<uuid>_resize` for what is kept. */
  directories(): string[]
  /** Images fetched so far: each once, however many guests boot from it. */
  bases(): string[]
  usedGb(): number
}

export type FakeDirectory = Directory

export function fakeDisks(diskGb: number): FakeDisks {
  const directories = new Map<string, Directory>()
  const kept = new Map<string, Directory>()
  const bases = new Set<string>()
  let usedGb = 0

  const put = (folder: Map<string, Directory>, uuid: string, next: Directory | undefined) => {
    usedGb += (next?.sizeGb ?? 0) - (folder.get(uuid)?.sizeGb ?? 0)
    if (next) folder.set(uuid, next)
    else folder.delete(uuid)
  }
  const change = (uuid: string, more: Partial<Directory>) => {
    const found = directories.get(uuid)
    if (found) put(directories, uuid, { ...found, ...more })
  }
  const fetch = (...images: (string | undefined)[]) => {
    for (const image of images) if (image !== undefined) bases.add(image)
  }

  const putBack = (uuid: string) => {
    put(directories, uuid, kept.get(uuid))
    put(kept, uuid, undefined)
  }

  return {
    ensure: guest => {
      fetch(guest.image?.id, guest.rescueImage?.id)
      if (directories.has(guest.uuid)) {
        if (guest.rescueImage) change(guest.uuid, { rescueOf: guest.rescueImage.id })
        return 'was-there'
      }
      if (usedGb + sizeOf(guest) > diskGb) throw new Refusal('unavailable', `No room for a disk of ${sizeOf(guest)} GB.`)
      put(directories, guest.uuid, { sizeGb: sizeOf(guest), console: '', rootOf: guest.image?.id, isBegun: true })
      return 'made'
    },
    remove: uuid => {
      put(directories, uuid, undefined)
      put(kept, uuid, undefined)
    },
    settle: uuid => change(uuid, { isBegun: false }),
    renew: guest => {
      fetch(guest.image?.id)
      put(directories, guest.uuid, { sizeGb: sizeOf(guest), console: '', rootOf: guest.image?.id, isBegun: false })
    },
    removeRescue: uuid => change(uuid, { rescueOf: undefined }),
    keep: (uuid, resize) => {
      const [own, before] = [directories.get(uuid), kept.get(uuid)]
      if (before?.resize === resize) return
      if (before?.resize !== undefined && before.resize > resize)
        throw new Refusal('conflict', `A later resize of instance ${uuid} is under way.`)
      const truth = own && !(before && own.isBegun) ? own : before
      if (!truth) throw noGuest(uuid)
      put(kept, uuid, { ...truth, resize })
      put(directories, uuid, undefined)
    },
    copy: (guest, given) => {
      if (directories.has(guest.uuid)) return 'was-there'
      const from = given ?? kept.get(guest.uuid)
      if (!from) throw new Refusal('not-found', `Nothing of ${guest.uuid} is kept for a resize.`)
      if (sizeOf(guest) < from.sizeGb) throw noResizeDown()
      put(directories, guest.uuid, { ...from, sizeGb: sizeOf(guest), isBegun: true })
      return 'made'
    },
    restore: (uuid, resize) => {
      if (kept.get(uuid)?.resize === resize) putBack(uuid)
    },
    drop: (uuid, resize) => {
      const found = kept.get(uuid)
      if (found?.resize === undefined || found.resize > resize) return false
      put(kept, uuid, undefined)
      return true
    },
    recover: uuid => {
      if (kept.has(uuid) && directories.get(uuid)?.isBegun !== false) putBack(uuid)
    },
    kept: uuid => kept.get(uuid),
    halves: () => [...directories].flatMap(([uuid, { isBegun }]) => (isBegun && !kept.has(uuid) ? [uuid] : [])),
    owners: () => [...new Set([...directories.keys(), ...kept.keys()])],
    cache: imageId => fetch(imageId),
    rootOf: uuid => {
      const found = directories.get(uuid)
      return found && { imageId: found.rescueOf ?? found.rootOf, sizeGb: found.sizeGb }
    },
    write: (uuid, text) => change(uuid, { console: (directories.get(uuid)?.console ?? '') + text }),
    console: (uuid, maxBytes) => {
      const text = directories.get(uuid)?.console ?? ''
      return text.slice(Math.max(0, text.length - maxBytes))
    },
    directories: () => [...directories.keys(), ...[...kept.keys()].map(uuid => `${uuid}_resize`)],
    bases: () => [...bases],
    usedGb: () => usedGb,
  }
}

const sizeOf = ({ diskGb, ephemerals = [] }: Guest): number => diskGb + ephemerals.reduce((sum, each) => sum + each.sizeGb, 0)
