/** What was seen on a host, as far as it is compared with what was wished. */
export interface Seen {
  readonly links: ReadonlyMap<string, SeenLink>
  /** Of each VXLAN device: where frames for a MAC address go. */
  readonly forwarding: ReadonlyMap<string, readonly { readonly mac: string; readonly to: string }[]>
  readonly namespaces: ReadonlyMap<string, SeenNamespace>
  readonly settings: Readonly<Record<string, string>>
  readonly filter: SeenFilter
}

export interface SeenLink {
  readonly name: string
  /** `bridge`, `veth`, `vxlan`, `tun`; '' for what is real. */
  readonly kind: string
  readonly mtu: number
  readonly macAddress: string
  readonly isUp: boolean
  readonly master?: string | undefined
  readonly alias?: string | undefined
  readonly addresses: readonly string[]
  readonly vxlan?: { readonly vni: number; readonly tunnelIp: string; readonly port: number } | undefined
}

export interface SeenNamespace {
  readonly name: string
  readonly owner?: string | undefined
  readonly links: ReadonlyMap<string, SeenLink>
  readonly routes: readonly {
    readonly destination: string
    readonly via?: string | undefined
    readonly device: string
    readonly protocol: string
  }[]
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
