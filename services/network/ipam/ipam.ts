/** An address that a port has. */
export interface Allocation {
  readonly ipAddress: string
  readonly subnetId: string
  readonly networkId: string
  readonly portId: string
}

/** What is said of one address of a port: where it is from, which it is, both, or which subnet shall choose. */
export interface AddressWish {
  readonly subnetId?: string | undefined
  readonly ipAddress?: string | undefined
}
