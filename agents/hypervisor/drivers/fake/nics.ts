import type { Guest, GuestNic } from '../../contract/guest.ts'

/** The bridges of a pretended machine, and the cables plugged into each. */
export interface FakeNics {
  /** Names the bridges it had to make. */
  ensure(guest: Pick<Guest, 'nics'>): readonly string[]
  plug(guest: Pick<Guest, 'uuid' | 'nics'>): void
  unplug(uuid: string): void
  add(uuid: string, nic: GuestNic): void
  /** Says whether there was such a cable. */
  pull(uuid: string, macAddress: string): boolean
  of(uuid: string): readonly GuestNic[]
  /** Takes those of the bridges away that no cable is plugged into. */
  remove(names: readonly string[]): void
  bridges(): string[]
}

export function fakeNics(): FakeNics {
  const bridges = new Map<string, Set<string>>()
  const owners = new Map<string, readonly GuestNic[]>()
  const nics: FakeNics = {
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
    add: (uuid, nic) => {
      const others = nics.of(uuid).filter(each => each.macAddress !== nic.macAddress)
      nics.plug({ uuid, nics: [...others, nic] })
    },
    pull: (uuid, macAddress) => {
      const before = nics.of(uuid)
      nics.unplug(uuid)
      nics.plug({ uuid, nics: before.filter(each => each.macAddress !== macAddress) })
      return before.some(each => each.macAddress === macAddress)
    },
    of: uuid => owners.get(uuid) ?? [],
    remove: names => {
      for (const name of names) if (bridges.get(name)?.size === 0) bridges.delete(name)
    },
    bridges: () => [...bridges.keys()],
  }
  return nics
}
