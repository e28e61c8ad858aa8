import type { Standard } from '../../standards/standard/standard.ts'
import type { Route } from '../../subnets/subnet/subnet.ts'

/** Passes packets between subnets, and out through a gateway on an external network. */
export interface Router extends Standard {
  readonly name: string
  readonly adminStateUp: boolean
  readonly status: 'ACTIVE' | 'DOWN' | 'ALLOCATING' | 'ERROR'
  readonly gwNetworkId: string | null
  readonly gwPortId: string | null
  readonly enableSnat: boolean
  readonly distributed: boolean
  readonly ha: boolean
  readonly flavorId: string | null
  readonly routes: readonly Route[]
  readonly availabilityZoneHints: readonly string[]
  readonly availabilityZones: readonly string[]
  readonly qosPolicyId: string | null
  /** Whether it may answer outside for IPv6 addresses inside. */
  readonly enableNdpProxy: boolean
  readonly conntrackHelpers: readonly RouterHelper[]
  /** The addresses of its gateway's port. */
  readonly gatewayIps: GatewayIps
  /** Its ways out beside the first. */
  readonly extraGateways: readonly Gateway[]
}

type GatewayIps = readonly { readonly subnetId: string; readonly ipAddress: string }[]

/** A way out: a port on an external network. */
export interface Gateway {
  readonly portId: string
  readonly networkId: string
  readonly enableSnat: boolean
  readonly qosPolicyId: string | null
  readonly ips: GatewayIps
}

export const owners = {
  interface: 'network:router_interface',
  gateway: 'network:router_gateway',
  floating: 'network:floatingip',
} as const

/** Ports that come and go with routers and floating addresses, never by themselves. */
export const routerOwners: readonly string[] = Object.values(owners)

/** On which port which conntrack helper listens. */
export interface RouterHelper {
  readonly protocol: string
  readonly port: number
  readonly helper: string
}
