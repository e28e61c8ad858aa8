import type { DhcpWiring } from './dhcp.ts'
import type { AddressSet, SecurityGroupWiring } from './firewall.ts'
import type { RouterWiring } from './router.ts'

/**
 * How one host is to be wired, by value: everything its agent must know, so that no agent ever asks back. The network service computes it
 * from its tables; the agent makes the host be like it, whatever the host was like before.
 *
 * Every list is keyed by `id` (`networkId` where a thing is one per network), so that a change can name what it replaces.
 */
export interface HostWiring {
  /** Networks that have anything on this host. */
  readonly networks: readonly NetworkWiring[]
  /** Guests' ports bound to this host. Ports of routers and of DHCP are told with them. */
  readonly ports: readonly PortWiring[]
  readonly securityGroups: readonly SecurityGroupWiring[]
  readonly addressSets: readonly AddressSet[]
  readonly dhcp: readonly DhcpWiring[]
  readonly routers: readonly RouterWiring[]
  /** For the networks whose DHCP or routers are here. */
  readonly metadata: readonly MetadataWiring[]
}

export interface NetworkWiring {
  readonly id: string
  readonly segment: Segment
  readonly mtu: number
}

export type Segment =
  | { readonly type: 'local' }
  | { readonly type: 'flat'; readonly physicalNetwork: string }
  | { readonly type: 'vlan'; readonly physicalNetwork: string; readonly vlanId: number }
  | { readonly type: 'vxlan'; readonly vni: number; readonly peers: readonly VxlanPeer[] }

/** Another host that has ports of the network. What is for nobody known goes to every peer, one by one; no multicast is needed. */
export interface VxlanPeer {
  readonly tunnelIp: string
  /** The MAC addresses that live there. */
  readonly macAddresses: readonly string[]
}

export interface FixedIp {
  readonly subnetId: string
  readonly address: string
  readonly prefixLength: number
}

export interface PortWiring {
  readonly id: string
  readonly networkId: string
  readonly macAddress: string
  readonly fixedIps: readonly FixedIp[]
  readonly deviceOwner: string
  /** The server's id. */
  readonly deviceId: string
  readonly isUp: boolean
  /** Without it the port is neither filtered nor kept from pretending. */
  readonly hasPortSecurity: boolean
  readonly securityGroups: readonly string[]
  readonly allowedAddressPairs: readonly AddressPair[]
  /** It has no cable of its own: its frames are tagged on the cable of another port. */
  readonly parent?: { readonly portId: string; readonly vlanId: number } | undefined
  /** What the kernel's log is told of what the groups let through and what not. */
  readonly logs?: readonly TrafficLogWiring[] | undefined
  readonly bandwidth?: readonly BandwidthLimit[] | undefined
  readonly packetRates?: readonly PacketRateLimit[] | undefined
  /** What is written on every packet that the guest sends. */
  readonly dscpMark?: number | undefined
}

/** The first packet of a connection is written down, never too many a second. */
export interface TrafficLogWiring {
  readonly id: string
  readonly accepts: boolean
  readonly drops: boolean
  /** What one group lets through; what any does where there is none. */
  readonly groupId?: string | undefined
}

export interface AddressPair {
  /** An address or a CIDR. */
  readonly ipAddress: string
  readonly macAddress: string
}

/** `egress` is what the guest sends. */
export interface BandwidthLimit {
  readonly direction: 'ingress' | 'egress'
  readonly maxKbps: number
  /** 0: four fifths of a second at full rate. */
  readonly maxBurstKbits: number
}

/** In thousands of packets a second. */
export interface PacketRateLimit {
  readonly direction: 'ingress' | 'egress'
  readonly maxKpps: number
  /** 0: four fifths of a second at full rate. */
  readonly maxBurstKpps: number
}

export interface MetadataWiring {
  readonly networkId: string
  readonly instances: readonly MetadataInstance[]
}

/** Whose metadata a request from an address is for. */
export interface MetadataInstance {
  readonly addresses: readonly string[]
  /** Who asks from the address of its link is known by it. */
  readonly macAddress: string
  readonly instanceId: string
  readonly projectId: string
}

/** Nothing at all: what a host is like before it is told anything. */
export const bareWiring: HostWiring = {
  networks: [],
  ports: [],
  securityGroups: [],
  addressSets: [],
  dhcp: [],
  routers: [],
  metadata: [],
}
