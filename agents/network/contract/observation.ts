/** What a host is like, seen by its agent: for `kilonova verify` and the path tracer, and to see that nothing is left behind. */
export interface Observation {
  readonly host: string
  readonly bridges: readonly ObservedBridge[]
  readonly namespaces: readonly ObservedNamespace[]
  /** Where the host is not as it was told to be: changes that the next run would make. */
  readonly differences: readonly string[]
  /** The same for people: what is amiss, and what that does to packets. */
  readonly defects: readonly Defect[]
}

/** One thing that is not as the wiring wants it. */
export interface Defect {
  /** The network, port, router or set of addresses it concerns; `firewall` for what concerns all. */
  readonly subject: string
  readonly part: DefectPart
  /** The device, namespace, chain or file. */
  readonly where: string
  /** `the bridge brq… is down` */
  readonly what: string
  /** What somebody would do about it by hand. */
  readonly remedy: string
  /** Packets that need it stop there; or else they pass, and something is wrong all the same. */
  readonly stops: boolean
  readonly repairedBy: 'agent' | 'hypervisor' | 'operator'
  /** Which of several: ids of rules, addresses, MAC addresses, destinations. Nothing: all. */
  readonly about?: readonly string[] | undefined
  /** Packets above this many bytes. */
  readonly largerThan?: number | undefined
}

/**
 * `guard`: who pretends is kept out, nobody else; `answers`: what comes back on a connection; `announcer`: router advertisements.
 */
export type DefectPart =
  | ('bridge' | 'uplink' | 'forwarding' | 'way-out' | 'mtu')
  | ('tap' | 'card' | 'cable')
  | ('namespace' | 'address' | 'route' | 'setting' | 'nat' | 'neighbour')
  | ('dhcp' | 'dhcp-host' | 'announcer' | 'metadata')
  | ('filter-in' | 'filter-out' | 'answers' | 'spoof' | 'guard' | 'set')

export interface ObservedBridge {
  readonly name: string
  readonly mtu: number
  readonly isUp: boolean
  readonly members: readonly string[]
}

export interface ObservedNamespace {
  readonly name: string
  readonly devices: readonly {
    readonly name: string
    readonly isUp: boolean
    readonly macAddress: string
    readonly addresses: readonly string[]
  }[]
  readonly routes: readonly {
    readonly destination: string
    readonly via?: string | undefined
    readonly device?: string | undefined
    /** A gateway's own, where a router has several; absent: the main one. */
    readonly table?: number | undefined
  }[]
  /** `dnsmasq`, `radvd`, `metadata`: those that run. */
  readonly services: readonly string[]
}

/** From the namespace of a network's DHCP server or of a router. */
export interface ProbeWish {
  readonly from: { readonly networkId: string } | { readonly routerId: string }
  readonly to: string
  readonly deadlineMs: number
  /** Asks on the link, which no rule of a group forbids: ARP, in IPv6 an echo. */
  readonly isNeighbour?: boolean | undefined
  /** Whose device it is sent from, where the namespace has several. */
  readonly portId?: string | undefined
}

export interface ProbeAnswer {
  readonly answered: boolean
  readonly tookMs?: number | undefined
}
