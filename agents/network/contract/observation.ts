/** What a host is like, seen by its agent: for `kilonova verify` and the path tracer, and to see that nothing is left behind. */
export interface Observation {
  readonly host: string
  readonly bridges: readonly ObservedBridge[]
  readonly namespaces: readonly ObservedNamespace[]
  /** Where the host is not as it was told to be: changes that the next run would make. */
  readonly differences: readonly string[]
}

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
  readonly routes: readonly { readonly destination: string; readonly via?: string | undefined; readonly device?: string | undefined }[]
  /** `dnsmasq`, `radvd`, `metadata`: those that run. */
  readonly services: readonly string[]
}

/** From the namespace of a network's DHCP server or of a router. */
export interface ProbeWish {
  readonly from: { readonly networkId: string } | { readonly routerId: string }
  readonly to: string
  readonly deadlineMs: number
}

export interface ProbeAnswer {
  readonly answered: boolean
  readonly tookMs?: number | undefined
}
