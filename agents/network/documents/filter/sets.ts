import type { AddressSet } from '../../contract/firewall.ts'
import { networkOf, parseCidr, versionOf } from '../../contract/addresses.ts'

/** A set of the kernel's: who is meant by a remote group, in one version. */
export interface SetWish {
  readonly name: string
  readonly family: 'inet' | 'inet6'
  readonly members: readonly string[]
}

/** Thirty-one characters at most; a random id's first twenty-six are as good as all. */
export const setNameOf = (id: string, version: 4 | 6): string => `NIPv${version}${id}`.slice(0, 31)

export const setsOf = (sets: readonly AddressSet[]): readonly SetWish[] =>
  sets.flatMap(({ id, addresses }) =>
    ([4, 6] as const).map(version => ({
      name: setNameOf(id, version),
      family: version === 4 ? ('inet' as const) : ('inet6' as const),
      members: membersOf(addresses, version),
    })),
  )

const membersOf = (addresses: readonly string[], version: 4 | 6) =>
  [...new Set(addresses.filter(address => versionOf(address) === version).flatMap(spelled))].sort()

/** As the kernel lists them: an address without its length, and everything in two halves, for a set cannot hold a network of length 0. */
function spelled(address: string): readonly string[] {
  const cidr = parseCidr(address)
  if (!cidr) return []
  if (cidr.prefixLength === 0) return cidr.version === 4 ? ['0.0.0.0/1', '128.0.0.0/1'] : ['::/1', '8000::/1']
  const network = networkOf(address)
  return [cidr.prefixLength === (cidr.version === 4 ? 32 : 128) ? (network.split('/')[0] ?? network) : network]
}
