import type { Server } from '../servers/server.ts'

/** All that a guest may learn of itself, gathered before anything is written for it. */
export interface Told {
  readonly server: Server
  /** With the domain, where the operator has one. */
  readonly hostname: string
  readonly keyType: 'ssh' | 'x509'
  readonly cables: readonly GuestCable[]
  readonly securityGroups: readonly string[]
  /** What the operator tells every guest: `[api] vendordata_jsonfile_path`. */
  readonly vendor: Readonly<Record<string, unknown>>
  /** Sealed by the guest itself with its owner's public key; nothing when it set none. */
  readonly password: string | null
}

/** A NIC as the guest shall set it up. */
export interface GuestCable {
  /** The host's end: `tap...`. */
  readonly name: string
  readonly portId: string
  readonly macAddress: string
  readonly networkId: string
  readonly mtu: number | null
  readonly tag?: string | undefined
  /** One of each IP version at most counts, as with Nova. */
  readonly subnets: readonly GuestSubnet[]
  readonly floatingIps: readonly string[]
}

export interface GuestSubnet {
  readonly version: 4 | 6
  readonly address: string
  /** Asks a DHCP server: nothing further is told. */
  readonly isByDhcp: boolean
  /** `slaac`, `dhcpv6-stateful`, `dhcpv6-stateless`. */
  readonly ipv6Mode?: string | undefined
  readonly netmask?: string | undefined
  readonly gateway?: string | undefined
  readonly routes?: readonly { readonly network: string; readonly netmask: string; readonly gateway: string }[] | undefined
  readonly dns?: readonly string[] | undefined
}

/** What only a configuration drive is told: it is written once, before the guest runs. */
export interface AtBoot {
  readonly adminPassword?: string | undefined
  /** Until 2.56: base64 by path in the guest. */
  readonly files?: readonly { readonly path: string; readonly contents: string }[] | undefined
  /** Base64. */
  readonly randomSeed: string
}

/** Without the network service's word, as much of its cables as the server itself knows: they ask for their addresses. */
export const cablesOf = ({ nics }: Pick<Server, 'nics'>): readonly GuestCable[] =>
  nics.map(nic => ({
    name: `tap${nic.portId.slice(0, 11)}`,
    portId: nic.portId,
    macAddress: nic.macAddress,
    networkId: nic.networkId,
    mtu: nic.mtu ?? null,
    tag: nic.tag,
    subnets: nic.addresses
      .filter(({ type }) => type === 'fixed')
      .map(({ address, version }) => ({ version, address, isByDhcp: true, ipv6Mode: version === 6 ? 'slaac' : undefined })),
    floatingIps: nic.addresses.filter(({ type }) => type === 'floating').map(({ address }) => address),
  }))
