import type { Guest } from '../../contract/guest.ts'
import type { Made } from '../driver.ts'

/** The bridges of a pretended machine, and the cables plugged into each. */
export interface FakeNics {
  ensure(guest: Guest): Made
  plug(guest: Guest): void
  unplug(uuid: string): void
  /** Takes away the bridges of the guest's networks that no cable is plugged into. */
  removeIdle(guest: Guest): void
  bridges(): string[]
}

export function fakeNics(): FakeNics {
  const bridges = new Map<string, Set<string>>()
  const owners = new Map<string, readonly { bridge: string; tap: string }[]>()
  return {
    ensure: guest => {
      const missing = guest.nics.filter(nic => !bridges.has(nic.bridge))
      for (const nic of missing) bridges.set(nic.bridge, new Set())
      return missing.length > 0 ? 'made' : 'was-there'
    },
    plug: guest => {
      owners.set(guest.uuid, guest.nics)
      for (const nic of guest.nics) bridges.get(nic.bridge)?.add(nic.tap)
    },
    unplug: uuid => {
      for (const nic of owners.get(uuid) ?? []) bridges.get(nic.bridge)?.delete(nic.tap)
      owners.delete(uuid)
    },
    removeIdle: guest => {
      for (const nic of guest.nics) if (bridges.get(nic.bridge)?.size === 0) bridges.delete(nic.bridge)
    },
    bridges: () => [...bridges.keys()],
  }
}
