/** How many addresses of a network are taken, of how many. */
export interface IpAvailability {
  readonly networkId: string
  readonly networkName: string
  readonly projectId: string
  readonly total: bigint
  readonly used: number
  readonly subnets: readonly SubnetAvailability[]
}

export interface SubnetAvailability {
  readonly id: string
  readonly name: string
  readonly cidr: string
  readonly ipVersion: 4 | 6
  readonly total: bigint
  readonly used: number
}
