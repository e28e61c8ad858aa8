import type { WiringChange } from '../contract/messages.ts'
import type { HostWiring } from '../contract/wiring.ts'

type List = keyof HostWiring

/** What each list's things are told apart by. */
const keyOf: { readonly [L in List]: (one: HostWiring[L][number]) => string } = {
  networks: one => one.id,
  ports: one => one.id,
  securityGroups: one => one.id,
  addressSets: one => one.id,
  dhcp: one => one.networkId,
  routers: one => one.id,
  metadata: one => one.networkId,
}

/** The wiring after a change: what it puts replaces what has its key, what it says is gone goes. */
export function merge(wiring: HostWiring, { put, gone }: Pick<WiringChange, 'put' | 'gone'>): HostWiring {
  const merged = <L extends List>(list: L): HostWiring[L] => {
    const byKey = new Map(wiring[list].map(one => [keyOf[list](one), one]))
    for (const one of put[list] ?? []) byKey.set(keyOf[list](one), one)
    for (const key of gone[list] ?? []) byKey.delete(key)
    return [...byKey.values()] as unknown as HostWiring[L]
  }
  return {
    networks: merged('networks'),
    ports: merged('ports'),
    securityGroups: merged('securityGroups'),
    addressSets: merged('addressSets'),
    dhcp: merged('dhcp'),
    routers: merged('routers'),
    metadata: merged('metadata'),
  }
}
