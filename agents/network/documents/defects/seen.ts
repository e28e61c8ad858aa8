import type { RuleWish } from '../desired/desired.ts'

/** What was seen on a host, as far as it is compared with what was wished. */
export interface Seen {
  readonly links: ReadonlyMap<string, SeenLink>
  readonly forwarding: SeenForwarding
  readonly namespaces: ReadonlyMap<string, SeenNamespace>
  readonly settings: Readonly<Record<string, string>>
  readonly filter: SeenFilter
}

/** Of each VXLAN device: where frames for a MAC address go. */
export type SeenForwarding = ReadonlyMap<string, readonly { readonly mac: string; readonly to: string }[]>

export interface SeenLink {
  readonly name: string
  /** `bridge`, `veth`, `vxlan`, `vlan`, `tun`; '' for what is real. */
  readonly kind: string
  readonly mtu: number
  readonly macAddress: string
  readonly isUp: boolean
  readonly master?: string | undefined
  /** Who made it, where that was written on it. */
  readonly alias?: string | undefined
  readonly addresses: readonly string[]
  readonly vxlan?: { readonly vni: number; readonly tunnelIp: string; readonly port: number } | undefined
}

export interface SeenRoute {
  readonly destination: string
  readonly via?: string | undefined
  readonly device: string
  readonly protocol: string
  /** Absent: the main one. */
  readonly table?: number | undefined
}

/** What a look at its devices tells of a namespace. */
export interface SeenDevices {
  readonly name: string
  /** Made whole: the mark is the last thing that is written on a new one. */
  readonly owner?: string | undefined
  readonly links: ReadonlyMap<string, SeenLink>
  readonly routes: readonly SeenRoute[]
  /** Beside those that the kernel has by itself. */
  readonly rules: readonly RuleWish[]
}

export interface SeenNamespace extends SeenDevices {
  readonly neighbours: readonly SeenNeighbour[]
  readonly settings: Readonly<Record<string, string>>
  /** As iptables-save and ip6tables-save print them. */
  readonly tables: { readonly v4: string; readonly v6: string }
  /** `dnsmasq`, `radvd`: those that run. */
  readonly services: readonly string[]
  /** TCP ports at which somebody listens. */
  readonly listening: readonly number[]
  /** The file that tells the DHCP server whom it may answer. */
  readonly dhcpHosts: string
}

export interface SeenNeighbour {
  readonly address: string
  readonly device: string
  /** '' while nobody has answered. */
  readonly macAddress: string
  /** `REACHABLE`, `STALE`, `PERMANENT`, `FAILED`, ... */
  readonly state: string
}

export interface SeenFilter {
  /** As iptables-save and ip6tables-save print them. */
  readonly v4: string
  readonly v6: string
  /** As nft lists the table of frames; '' when there is none. */
  readonly frames: string
  readonly sets: ReadonlyMap<string, ReadonlySet<string>>
}
