import type { FixedIp } from './wiring.ts'

/** DHCP and names for one network, served from a namespace of its own on this host. */
export interface DhcpWiring {
  readonly networkId: string
  readonly port: DhcpPort
  /** `openstacklocal` unless the operator says otherwise; '' for none. */
  readonly domain: string
  readonly subnets: readonly DhcpSubnet[]
  /** Every port of the network that may ask, wherever its guest runs. */
  readonly hosts: readonly DhcpHost[]
}

export interface DhcpPort {
  readonly id: string
  readonly macAddress: string
  readonly fixedIps: readonly FixedIp[]
}

export interface DhcpSubnet {
  readonly id: string
  readonly cidr: string
  readonly ipVersion: 4 | 6
  readonly isDhcpOn: boolean
  readonly gateway?: string | undefined
  /** Servers the owner named; empty: the DHCP ports themselves. `0.0.0.0` or `::` stand for none. */
  readonly nameServers: readonly string[]
  readonly hostRoutes: readonly HostRoute[]
  readonly ipv6AddressMode?: Ipv6Mode | undefined
  readonly ipv6RaMode?: Ipv6Mode | undefined
  /** Whether one of our routers has the gateway's address; without one, metadata comes from here. */
  readonly hasRouter: boolean
  /** The addresses of all DHCP ports of this subnet, this host's and others'. */
  readonly dhcpAddresses: readonly string[]
}

export type Ipv6Mode = 'slaac' | 'dhcpv6-stateful' | 'dhcpv6-stateless'

export interface HostRoute {
  readonly destination: string
  readonly nexthop: string
}

export interface DhcpHost {
  readonly portId: string
  readonly macAddress: string
  /** For all its addresses; absent: each has one of its own, `host-192-168-56-104`. */
  readonly dnsName?: string | undefined
  readonly fixedIps: readonly FixedIp[]
  readonly options: readonly DhcpOption[]
}

export interface DhcpOption {
  /** A name dnsmasq knows (`bootfile-name`) or a number as text. */
  readonly name: string
  readonly value: string
  readonly ipVersion: 4 | 6
}
