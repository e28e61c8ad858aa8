import type { HostRoute, Ipv6Mode } from './dhcp.ts'
import type { BandwidthLimit, FixedIp } from './wiring.ts'

/** A router, served from a namespace of its own on this host. */
export interface RouterWiring {
  readonly id: string
  readonly projectId: string
  readonly isUp: boolean
  readonly interfaces: readonly RouterInterface[]
  /** Where the default route goes. */
  readonly gateway?: RouterGateway | undefined
  /** More ways out, for what came in by them and for what is on their networks. */
  readonly extraGateways?: readonly RouterGateway[] | undefined
  readonly floatingIps: readonly FloatingIpWiring[]
  readonly portForwardings: readonly PortForwardingWiring[]
  readonly routes: readonly HostRoute[]
  /** Ports on which is understood what connections are agreed upon, so that those come through too. */
  readonly trackers?: readonly TrackerWiring[] | undefined
  /** IPv6 addresses of guests that the outer device answers for, so that the world finds them behind it. */
  readonly proxied?: readonly string[] | undefined
}

export interface TrackerWiring {
  readonly protocol: string
  readonly port: number
  /** As the kernel calls it: `tftp`. */
  readonly name: string
}

export interface RouterPort {
  readonly portId: string
  readonly networkId: string
  readonly macAddress: string
  readonly fixedIps: readonly FixedIp[]
}

export interface RouterInterface extends RouterPort {
  readonly subnets: readonly RouterSubnet[]
}

export interface RouterSubnet {
  readonly id: string
  readonly cidr: string
  readonly ipVersion: 4 | 6
  readonly nameServers: readonly string[]
  /** Where the router announces the prefix to hosts; absent: it does not. */
  readonly ipv6RaMode?: Ipv6Mode | undefined
}

export interface RouterGateway extends RouterPort {
  /** The next hops to everywhere, one a version at most. */
  readonly nexthops: readonly string[]
  /** Whether guests without a floating IP go out under the router's address. */
  readonly hasSnat: boolean
  /** How fast those may be that go out under the router's address: `ingress` is what comes in to them. */
  readonly bandwidth?: readonly BandwidthLimit[] | undefined
}

export interface FloatingIpWiring {
  readonly id: string
  readonly address: string
  readonly fixedAddress: string
  /** The gateway that answers for it; absent: the first. */
  readonly gatewayPortId?: string | undefined
  /** How fast it may be outside: `ingress` is what comes in to the guest. */
  readonly bandwidth?: readonly BandwidthLimit[] | undefined
}

export interface PortForwardingWiring {
  readonly id: string
  readonly floatingAddress: string
  readonly gatewayPortId?: string | undefined
  readonly protocol: 'tcp' | 'udp' | 'sctp' | 'dccp' | 'icmp' | 'icmpv6' | 'udplite' | 'ipv6-icmp'
  /** One port, or first and last. */
  readonly externalPort: number | readonly [number, number]
  readonly internalAddress: string
  readonly internalPort: number | readonly [number, number]
}
