/** What the operator decided for this host, in one value: everything that is not in the wiring and yet shapes what is made from it. */
export interface HostSetup {
  /** Where files of DHCP servers and routers are: `/var/lib/neutron`. */
  readonly stateDir: string
  /** Written on every device and namespace that is made, so that nobody else's is ever taken away. */
  readonly owner: string
  /** The first letters of all chains in the host's tables. */
  readonly chainPrefix: string
  /** Physical network to the interface that leads there. */
  readonly interfaceMappings: Readonly<Record<string, string>>
  /** Physical network to a bridge of the operator's, taken as it is. */
  readonly bridgeMappings: Readonly<Record<string, string>>
  /** The address of this host that other hosts send VXLAN to; absent: no VXLAN here. */
  readonly tunnelIp?: string | undefined
  readonly vxlanPort: number
  /** Whether the kernel has 802.1q devices. */
  readonly hasVlans: boolean
  readonly dhcp: DhcpSetup
}

export interface DhcpSetup {
  readonly leaseS: number
  readonly leaseMax: number
  /** Servers that names of the world are asked of. */
  readonly forwarders: readonly string[]
  /** Whether names of the world are asked of whom the host itself asks. */
  readonly asksHostResolver: boolean
  readonly configFile?: string | undefined
  /** Whom dnsmasq becomes; its own user unless told. */
  readonly user?: string | undefined
  readonly hasIsolatedMetadata: boolean
  readonly forcesMetadata: boolean
}
