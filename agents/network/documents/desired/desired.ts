import type { BandwidthLimit, PacketRateLimit } from '../../contract/wiring.ts'
import type { SetWish } from '../filter/sets.ts'
import type { FilterWish } from '../filter/tables.ts'
import type { DhcpFiles } from '../dhcp/files.ts'

/** What a host is to be like, in the kernel's words: computed from its wiring alone, and compared with what there is. */
export interface Desired {
  readonly bridges: readonly BridgeWish[]
  readonly cables: readonly CableWish[]
  readonly taps: readonly TapWish[]
  readonly namespaces: readonly NamespaceWish[]
  readonly filter: Omit<FilterWish, 'zones'>
  readonly sets: readonly SetWish[]
  /** What cannot be, with the subject it concerns. */
  readonly troubles: readonly { readonly subject: string; readonly reason: string }[]
}

export interface BridgeWish {
  readonly name: string
  readonly networkId: string
  readonly mtu: number
  readonly uplink?: UplinkWish | undefined
  /** A bridge of the operator's: things are plugged in, it itself is left as it is. */
  readonly isForeign: boolean
}

export type UplinkWish =
  /** A whole interface of the host. Its addresses move to the bridge with it, or the host would be cut off. */
  | { readonly kind: 'interface'; readonly device: string }
  | { readonly kind: 'vlan'; readonly device: string; readonly parent: string; readonly vlanId: number }
  | {
      readonly kind: 'vxlan'
      readonly device: string
      readonly vni: number
      readonly tunnelIp: string
      readonly port: number
      /** `00:00:00:00:00:00` is for what nobody is known by. */
      readonly forwarding: readonly { readonly mac: string; readonly to: string }[]
    }

/** A pair of devices: one end in a bridge of the host, the other in a namespace. */
export interface CableWish {
  readonly portId: string
  readonly tap: string
  readonly bridge: string
  readonly mtu: number
  readonly namespace: string
  readonly device: string
  readonly macAddress: string
}

/** A guest's cable: the hypervisor makes it; it is plugged in and shaped here. */
export interface TapWish {
  readonly portId: string
  readonly tap: string
  readonly bridge: string
  readonly mtu: number
  readonly isUp: boolean
  /** Made here, on another cable, when that one is there. */
  readonly vlan?: { readonly parent: string; readonly vlanId: number } | undefined
  readonly bandwidth: readonly BandwidthLimit[]
  readonly packetRates: readonly PacketRateLimit[]
  readonly dscpMark?: number | undefined
}

export interface NamespaceWish {
  readonly name: string
  /** The network or router. */
  readonly subject: string
  readonly settings: Readonly<Record<string, string>>
  readonly addresses: readonly { readonly device: string; readonly cidr: string }[]
  readonly routes: readonly RouteWish[]
  /** Which packets look for their route in which table, beside the kernel's own rules. */
  readonly rules?: readonly RuleWish[] | undefined
  /** Texts for iptables-restore and ip6tables-restore; the namespace is all ours, so they are the whole. */
  readonly tables?: { readonly v4: string; readonly v6: string } | undefined
  /** A router's limits as nft reads them; '' where it has none. */
  readonly limits?: string | undefined
  readonly dnsmasq?: DhcpFiles | undefined
  readonly radvd?: { readonly configPath: string; readonly config: string; readonly pidPath: string } | undefined
  readonly metadata?: MetadataWish | undefined
  /** Addresses that a device answers for though they are elsewhere. */
  readonly proxied?: readonly { readonly device: string; readonly address: string }[] | undefined
  /** Addresses the neighbours are told about when they are new here. */
  readonly announced: readonly { readonly device: string; readonly address: string }[]
}

export interface RouteWish {
  readonly destination: string
  readonly via?: string | undefined
  readonly device: string
  /** Reached though no address of the device is in its network. */
  readonly isOnLink?: boolean | undefined
  /** Absent: the main one. */
  readonly table?: number | undefined
}

/** A rule of routing, of the packets with a mark. */
export interface RuleWish {
  readonly version: 4 | 6
  readonly priority: number
  readonly mark: number
  readonly mask: number
  readonly table: number | 'main'
  /** A default route does not count: the next rule is asked. */
  readonly skipsDefault?: boolean | undefined
}

export interface MetadataWish {
  readonly addresses: readonly string[]
  readonly port: number
  /** A request that came from an address of these networks, or of this one; or through this router. */
  readonly networkIds: readonly string[]
  readonly header: { readonly name: 'X-Neutron-Network-ID' | 'X-Neutron-Router-ID'; readonly value: string }
}
