/**
 * What hosts' wiring is made from: the rows of all networks, by id, as they were at one moment. It is kept in memory and renewed row by row as
 * the change log tells.
 */
export interface Landscape {
  readonly networks: ReadonlyMap<string, WiredNetwork>
  readonly subnets: ReadonlyMap<string, WiredSubnet>
  readonly ports: ReadonlyMap<string, WiredPort>
  readonly groups: ReadonlyMap<string, WiredGroup>
  readonly rules: ReadonlyMap<string, WiredRule>
  readonly addressGroups: ReadonlyMap<string, WiredAddressGroup>
  readonly routers: ReadonlyMap<string, WiredRouter>
  readonly limits: ReadonlyMap<string, WiredLimit>
  readonly logs: ReadonlyMap<string, WiredLog>
}

export type Rows = keyof Landscape
export type ThingOf<R extends Rows> = Landscape[R] extends ReadonlyMap<string, infer Thing> ? Thing : never

export interface WiredNetwork {
  readonly id: string
  /** One that is switched off is served no DHCP. */
  readonly adminStateUp: boolean
  readonly mtu: number
  readonly dnsDomain: string
  readonly networkType: string
  readonly physicalNetwork: string | null
  readonly segmentationId: number | null
  /** The stretches of it in other racks, where it has several. */
  readonly elsewhere: readonly WiredSegment[]
  readonly qosPolicyId: string | null
}

export interface WiredSegment {
  readonly networkType: string
  readonly physicalNetwork: string | null
  readonly segmentationId: number | null
}

type Ipv6Mode = 'slaac' | 'dhcpv6-stateful' | 'dhcpv6-stateless'

export interface WiredSubnet {
  readonly id: string
  readonly networkId: string
  readonly projectId: string
  readonly ipVersion: 4 | 6
  readonly cidr: string
  readonly gatewayIp: string | null
  readonly enableDhcp: boolean
  readonly ipv6RaMode: Ipv6Mode | null
  readonly ipv6AddressMode: Ipv6Mode | null
  readonly dnsNameservers: readonly string[]
  readonly hostRoutes: readonly { readonly destination: string; readonly nexthop: string }[]
}

export interface WiredPort {
  readonly id: string
  readonly projectId: string
  readonly networkId: string
  readonly macAddress: string
  readonly adminStateUp: boolean
  readonly status: string
  readonly deviceId: string
  readonly deviceOwner: string
  readonly portSecurityEnabled: boolean
  readonly allowedAddressPairs: readonly { readonly ipAddress: string; readonly macAddress: string }[]
  readonly extraDhcpOpts: readonly { readonly name: string; readonly value: string; readonly ipVersion: 4 | 6 }[]
  readonly fixedIps: readonly { readonly subnetId: string; readonly ipAddress: string }[]
  readonly securityGroups: readonly string[]
  readonly bindingHostId: string
  readonly bindingVifType: string
  /** The port on whose cable it is, and its tag there. */
  readonly parent: { readonly portId: string; readonly vlanId: number } | null
  readonly dnsName: string
  readonly qosPolicyId: string | null
}

/** A rule of a QoS policy about how fast a port may be, or how its packets are marked. */
export interface WiredLimit {
  readonly id: string
  readonly policyId: string
  readonly ruleType: string
  readonly direction: 'ingress' | 'egress'
  readonly maxKbps: number
  readonly maxBurstKbits: number
  readonly maxKpps: number
  readonly maxBurstKpps: number
  readonly dscpMark: number
}

/** Which traffic of which ports of a project is written down. */
export interface WiredLog {
  readonly id: string
  readonly projectId: string
  readonly resourceId: string | null
  readonly targetId: string | null
  readonly event: 'ACCEPT' | 'DROP' | 'ALL'
  readonly enabled: boolean
}

export interface WiredGroup {
  readonly id: string
  readonly stateful: boolean
}

export interface WiredRule {
  readonly id: string
  readonly securityGroupId: string
  readonly direction: 'ingress' | 'egress'
  readonly ethertype: 'IPv4' | 'IPv6'
  readonly protocol: string | null
  readonly portRangeMin: number | null
  readonly portRangeMax: number | null
  readonly remoteIpPrefix: string | null
  readonly remoteGroupId: string | null
  readonly remoteAddressGroupId: string | null
}

export interface WiredAddressGroup {
  readonly id: string
  readonly addresses: readonly string[]
}

/** A router and what hangs on it, except its ports, which are ports. */
export interface WiredRouter {
  readonly id: string
  readonly projectId: string
  readonly adminStateUp: boolean
  readonly enableSnat: boolean
  /** What is held to at its first gateway. */
  readonly qosPolicyId: string | null
  /** The gateways beside the first, in their order. */
  readonly extraGateways: readonly { readonly portId: string; readonly enableSnat: boolean; readonly qosPolicyId: string | null }[]
  /** Where it is served. */
  readonly hosts: readonly string[]
  readonly routes: readonly { readonly destination: string; readonly nexthop: string }[]
  readonly trackers: readonly { readonly protocol: string; readonly port: number; readonly name: string }[]
  /** The ids of the floating addresses, forwarded ports and the rest that hang on it. */
  readonly holds: readonly string[]
  /** Addresses inside that it answers for outside. */
  readonly proxied: readonly string[]
  readonly floatingIps: readonly {
    readonly id: string
    /** The network outside. */
    readonly networkId: string
    readonly address: string
    readonly fixedAddress: string
    readonly qosPolicyId: string | null
    /** Whether it was said already that the address is served. */
    readonly isActive: boolean
  }[]
  readonly portForwardings: readonly {
    readonly id: string
    readonly networkId: string
    readonly floatingAddress: string
    readonly protocol: string
    readonly externalPort: number | readonly [number, number]
    readonly internalAddress: string
    readonly internalPort: number | readonly [number, number]
  }[]
}

/** A host that an agent speaks for. */
export interface WiredHost {
  readonly host: string
  readonly tunnelIp?: string | undefined
  /** The physical networks it has interfaces or bridges for. */
  readonly physicalNetworks?: readonly string[] | undefined
}

/** Nothing yet, to be filled. */
export const emptyLandscape = () => ({
  networks: new Map<string, WiredNetwork>(),
  subnets: new Map<string, WiredSubnet>(),
  ports: new Map<string, WiredPort>(),
  groups: new Map<string, WiredGroup>(),
  rules: new Map<string, WiredRule>(),
  addressGroups: new Map<string, WiredAddressGroup>(),
  routers: new Map<string, WiredRouter>(),
  limits: new Map<string, WiredLimit>(),
  logs: new Map<string, WiredLog>(),
})

export const bareLandscape: Landscape = emptyLandscape()
