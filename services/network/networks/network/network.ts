import type { Segment } from '../../segments/segment/segment.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** A layer-2 network: one wire, as its guests see it. */
export interface Network extends Standard {
  readonly name: string
  readonly adminStateUp: boolean
  readonly status: 'ACTIVE' | 'DOWN' | 'BUILD' | 'ERROR'
  readonly mtu: number
  readonly portSecurityEnabled: boolean
  /** Of the external networks, the one that topologies are made on by themselves. */
  readonly isDefault: boolean
  /** Leads out of the cloud: routers have their gateways on it. */
  readonly routerExternal: boolean
  readonly availabilityZoneHints: readonly string[]
  readonly qosPolicyId: string | null
  readonly dnsDomain: string
  /** Open to the project that looks, by an RBAC policy. */
  readonly shared: boolean
  readonly subnets: readonly string[]
  readonly segments: readonly Segment[]
  /** Its segments have subnets of their own, and guests on different ones are not neighbours. */
  readonly isRouted: boolean
  /** Where its DHCP is served. */
  readonly availabilityZones: readonly string[]
  readonly ipv4AddressScope: string | null
  readonly ipv6AddressScope: string | null
}

/** The name of a network's bridge on a host, as Linux bridge agents choose it. */
export const bridgeNameOf = (networkId: string): string => `brq${networkId.slice(0, 11)}`
