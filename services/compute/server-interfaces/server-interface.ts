/** A cable of a server, as those see it who manage servers rather than networks. */
export interface ServerInterface {
  readonly portId: string
  readonly networkId: string
  readonly macAddress: string
  readonly state: string
  readonly fixedIps: readonly { readonly address: string; readonly subnetId: string }[]
  readonly tag: string | null
}
