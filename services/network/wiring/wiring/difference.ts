import type { WiringChange } from '@kilonova/network-agent/contract/messages.ts'
import type { HostWiring } from '@kilonova/network-agent/contract/wiring.ts'

const lists = ['networks', 'ports', 'securityGroups', 'addressSets', 'dhcp', 'routers', 'metadata'] as const
type Thing = HostWiring[(typeof lists)[number]][number]

const keyOf = (thing: Thing): string => ('id' in thing ? thing.id : thing.networkId)

/** What makes the one wiring from the other, or nothing when they are the same. */
export function wiringBetween(before: HostWiring, after: HostWiring): Pick<WiringChange, 'put' | 'gone'> | undefined {
  const put: Record<string, readonly Thing[]> = {}
  const gone: Record<string, readonly string[]> = {}
  for (const list of lists) {
    const [old, now]: [ReadonlyMap<string, Thing>, ReadonlyMap<string, Thing>] = [byKey(before[list]), byKey(after[list])]
    const changed = [...now].filter(([key, thing]) => !isSame(old.get(key), thing)).map(([, thing]) => thing)
    const missing = [...old.keys()].filter(key => !now.has(key))
    if (changed.length > 0) put[list] = changed
    if (missing.length > 0) gone[list] = missing
  }
  return Object.keys(put).length + Object.keys(gone).length === 0 ? undefined : ({ put, gone } as Pick<WiringChange, 'put' | 'gone'>)
}

const byKey = (things: readonly Thing[]) => new Map(things.map(thing => [keyOf(thing), thing]))

/** Wirings are built the same way each time, so the same thing has the same text. */
const isSame = (one: Thing | undefined, other: Thing): boolean => one !== undefined && JSON.stringify(one) === JSON.stringify(other)
