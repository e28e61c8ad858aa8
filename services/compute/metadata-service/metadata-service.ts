import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import type { Server } from '../servers/server.ts'

/** All that a guest may learn of itself, gathered before anything is written for it. */
export interface Told {
  readonly server: Server
  /** With the domain, where the operator has one. */
  readonly hostname: string
  readonly keyType: 'ssh' | 'x509'
  readonly cables: readonly GuestCable[]
  readonly securityGroups: readonly string[]
  /** What the operator tells every guest: `[api] vendordata_jsonfile_path`. Nothing where that is switched off. */
  readonly vendor: VendorData | undefined
  /** And what is told by each of those who are asked, under its name. */
  readonly vendors: VendorData
  /** Sealed by the guest itself with its owner's public key; nothing when it set none. */
  readonly password: string | null
}

export type VendorData = Readonly<Record<string, unknown>>

/** What those are told who are asked what else to tell a guest. */
export const askedOf = ({ projectId, id, imageId, userData, hostname, metadata, systemMetadata }: Server) => ({
  ...{ 'project-id': projectId, 'instance-id': id, 'image-id': imageId, 'user-data': userData, hostname, metadata },
  'boot-roles': systemMetadata['boot_roles'] ?? '',
})

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

/** The ports of a server as its guest shall set them up. */
export const cablesOfPorts = (ports: readonly ServerPort[]): readonly GuestCable[] =>
  ports.map(port => ({
    name: port.tapName,
    portId: port.id,
    macAddress: port.macAddress,
    networkId: port.networkId,
    mtu: port.mtu,
    tag: port.tag,
    subnets: port.addresses.map(({ address, version, subnet }) => ({
      version,
      address,
      isByDhcp: subnet.hasDhcp,
      ipv6Mode: subnet.ipv6AddressMode ?? undefined,
      netmask: netmaskOf(subnet.cidr, version),
      gateway: subnet.gateway ?? undefined,
      routes: subnet.routes.map(({ destination, nexthop }) => ({
        network: destination.split('/')[0] ?? destination,
        netmask: netmaskOf(destination, destination.includes(':') ? 6 : 4),
        gateway: nexthop,
      })),
      dns: subnet.dns,
    })),
    floatingIps: port.addresses.flatMap(({ floating }) => floating),
  }))

/** `10.9.0.0/24` is `255.255.255.0`. */
export function netmaskOf(cidr: string, version: 4 | 6): string {
  const length = Number(cidr.split('/')[1] ?? (version === 4 ? 32 : 128))
  const [parts, bits] = version === 4 ? [4, 8] : [8, 16]
  const part = (n: number) => {
    const ones = Math.min(bits, Math.max(0, length - n * bits))
    return 2 ** bits - 2 ** (bits - ones)
  }
  const all = Array.from({ length: parts }, (_, n) => part(n))
  if (version === 4) return all.join('.')
  return all
    .map(one => one.toString(16))
    .join(':')
    .replace(/(^|:)0(:0)+$/, '::')
}
