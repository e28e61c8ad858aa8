/** What there is on the host, as far as the agent looks. */
export interface Observed {
  readonly links: ReadonlyMap<string, Link>
  /** The host's own, of every table, as `ip route` lists them. */
  readonly routes: readonly string[]
  /** Of each VXLAN device: where frames for a MAC address go. */
  readonly forwarding: ReadonlyMap<string, readonly { readonly mac: string; readonly to: string }[]>
  readonly namespaces: ReadonlyMap<string, Namespace>
}

export interface Link {
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
  /** The same addresses with all that is said of them. */
  readonly held: readonly HeldAddress[]
  readonly vxlan?: { readonly vni: number; readonly tunnelIp: string; readonly port: number } | undefined
}

export interface HeldAddress {
  readonly cidr: string
  /** What `ip addr add` is told to have it again. */
  readonly line: string
  /** What `ip addr del` is told. */
  readonly peerCidr: string
}

export interface Route {
  readonly destination: string
  readonly via?: string | undefined
  readonly device: string
  readonly protocol: string
  readonly metric?: number | undefined
}

export interface Namespace {
  readonly name: string
  /** Made whole: the mark is the last thing that is written on a new one. */
  readonly owner?: string | undefined
  readonly links: ReadonlyMap<string, Link>
  readonly routes: readonly Route[]
}
