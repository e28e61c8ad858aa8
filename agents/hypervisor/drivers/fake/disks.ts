import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Guest } from '../../contract/guest.ts'
import type { Made } from '../driver.ts'

/** What lies in the instance directories of a pretended machine. */
export interface FakeDisks {
  ensure(guest: Guest): Made
  remove(uuid: string): void
  /** Appends to the guest's console. */
  write(uuid: string, text: string): void
  console(uuid: string, maxBytes: number): string
  /** The guests that have a directory, for those who look for left-overs. */
  directories(): string[]
  /** Images fetched so far: each once, however many guests boot from it. */
  bases(): string[]
  usedGb(): number
}

export function fakeDisks(diskGb: number): FakeDisks {
  const directories = new Map<string, { sizeGb: number; console: string }>()
  const bases = new Set<string>()
  const usedGb = () => [...directories.values()].reduce((sum, each) => sum + each.sizeGb, 0)
  return {
    ensure: guest => {
      if (directories.has(guest.uuid)) return 'was-there'
      if (usedGb() + guest.diskGb > diskGb) throw new Refusal('unavailable', `No room for a disk of ${guest.diskGb} GB.`)
      if (guest.image) bases.add(guest.image.id)
      directories.set(guest.uuid, { sizeGb: guest.diskGb, console: '' })
      return 'made'
    },
    remove: uuid => {
      directories.delete(uuid)
    },
    write: (uuid, text) => {
      const directory = directories.get(uuid)
      if (directory) directory.console += text
    },
    console: (uuid, maxBytes) => {
      const text = directories.get(uuid)?.console ?? ''
      return text.slice(Math.max(0, text.length - maxBytes))
    },
    directories: () => [...directories.keys()],
    bases: () => [...bases],
    usedGb,
  }
}
