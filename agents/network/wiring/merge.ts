import type { WiringChange } from '../contract/messages.ts'
import type { HostWiring } from '../contract/wiring.ts'

/** The wiring after a change: what it puts replaces what has its key, what it says is gone goes. */
export const merge = (wiring: HostWiring, { put, gone }: Pick<WiringChange, 'put' | 'gone'>): HostWiring => ({
  networks: merged(wiring.networks, put.networks, gone.networks, byId),
  ports: merged(wiring.ports, put.ports, gone.ports, byId),
  securityGroups: merged(wiring.securityGroups, put.securityGroups, gone.securityGroups, byId),
  addressSets: merged(wiring.addressSets, put.addressSets, gone.addressSets, byId),
  dhcp: merged(wiring.dhcp, put.dhcp, gone.dhcp, byNetwork),
  routers: merged(wiring.routers, put.routers, gone.routers, byId),
  metadata: merged(wiring.metadata, put.metadata, gone.metadata, byNetwork),
})

const byId = ({ id }: { readonly id: string }) => id
const byNetwork = ({ networkId }: { readonly networkId: string }) => networkId

function merged<T>(before: readonly T[], put: readonly T[] = [], gone: readonly string[] = [], keyOf: (thing: T) => string): readonly T[] {
  const byKey = new Map(before.map(thing => [keyOf(thing), thing]))
  for (const thing of put) byKey.set(keyOf(thing), thing)
  for (const key of gone) byKey.delete(key)
  return [...byKey.values()]
}
