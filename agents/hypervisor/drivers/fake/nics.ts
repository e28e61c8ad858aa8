import type { Guest } from '../../contract/guest.ts'

/** The bridges of a pretended machine, and the cables plugged into each. */
export interface FakeNics {
  /** Names the bridges it had to make. */
  ensure(guest: Guest): readonly string[]
  plug(guest: Guest): void
  unplug(uuid: string): void
  /** Takes those of the bridges away that no cable is plugged into. */
  remove(names: readonly string[]): void
  bridges(): string[]
}

export function fakeNics(): FakeNics {
  const bridges = new Map<string, Set<string>>()
  const owners = new Map<string, readonly { bridge: string; tap: string }[]>()
  return {
    ensure: guest => {
      const missing = [...new Set(guest.nics.map(nic => nic.bridge))].filter(bridge => !bridges.has(bridge))
      for (const bridge of missing) bridges.set(bridge, new Set())
      return missing
    },
    plug: guest => {
      owners.set(guest.uuid, guest.nics)
      for (const nic of guest.nics) bridges.get(nic.bridge)?.add(nic.tap)
    },
    unplug: uuid => {
      for (const nic of owners.get(uuid) ?? []) bridges.get(nic.bridge)?.delete(nic.tap)
      owners.delete(uuid)
    },
    remove: names => {
      for (const name of names) if (bridges.get(name)?.size === 0) bridges.delete(name)
    },
    bridges: () => [...bridges.keys()],
  }
}
