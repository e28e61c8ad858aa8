import {
  bitsOf,
  type Block,
  formatAddress,
  holds,
  lastOf,
  parseAddress,
  parseBlock,
  type Span,
  spanOf,
  type Version,
  without,
} from '../../addresses/address.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** A block of addresses on a network, and what its guests are told by DHCP or router advertisements. */
export interface Subnet extends Standard {
  readonly name: string
  readonly networkId: string
  readonly ipVersion: Version
  readonly cidr: string
  readonly gatewayIp: string | null
  readonly enableDhcp: boolean
  readonly ipv6RaMode: Ipv6Mode | null
  readonly ipv6AddressMode: Ipv6Mode | null
  readonly subnetpoolId: string | null
  readonly segmentId: string | null
  readonly dnsNameservers: readonly string[]
  readonly hostRoutes: readonly Route[]
  /** Which devices get addresses from it, by how their owner begins; all when there is none. */
  readonly serviceTypes: readonly string[]
  readonly allocationPools: readonly Pool[]
  /** Its network is open to the project that looks. */
  readonly shared: boolean
  /** Who owns its network. */
  readonly networkProjectId: string
}

export type Ipv6Mode = 'slaac' | 'dhcpv6-stateful' | 'dhcpv6-stateless'
export const ipv6Modes: readonly Ipv6Mode[] = ['dhcpv6-stateful', 'dhcpv6-stateless', 'slaac']

export interface Route {
  readonly destination: string
  readonly nexthop: string
}

export interface Pool {
  readonly start: string
  readonly end: string
}

/** Guests find their own address, made from their MAC. */
export const isAutoAddressed = ({
  ipVersion,
  ipv6AddressMode,
  ipv6RaMode,
}: Pick<Subnet, 'ipVersion' | 'ipv6AddressMode' | 'ipv6RaMode'>): boolean =>
  ipVersion === 6 && [ipv6AddressMode, ipv6RaMode].some(mode => mode === 'slaac' || mode === 'dhcpv6-stateless')

export const blockOf = ({ cidr }: Pick<Subnet, 'cidr'>): Block => parseBlock(cidr) ?? { version: 4, first: 0n, prefix: 32 }

/** What hosts may be called: without the network's own address and, in IPv4, the broadcast's. */
export function hostsIn(block: Block): Span {
  const { first, last } = spanOf(block)
  if (bitsOf(block.version) - block.prefix < 2) return { first, last }
  return { first: first + 1n, last: block.version === 4 ? last - 1n : last }
}

/** Where addresses come from when nobody says: all hosts but the gateway. */
export function usualPools(block: Block, gateway: string | null): readonly Pool[] {
  const address = gateway === null ? undefined : parseAddress(gateway)
  const hosts = [hostsIn(block)]
  const spans = address && holds(block, address) ? without(hosts, { first: address.value, last: address.value }) : hosts
  return spans.map(span => poolOf(block.version, span))
}

export const poolOf = (version: Version, { first, last }: Span): Pool => ({
  start: formatAddress({ version, value: first }),
  end: formatAddress({ version, value: last }),
})

export const spanOfPool = ({ start, end }: Pool): Span => ({
  first: parseAddress(start)?.value ?? 0n,
  last: parseAddress(end)?.value ?? 0n,
})

/** As pools stand in messages. */
export const poolText = ({ start, end }: Pool): string => `${start}-${end}`

/** Whether a host on this subnet may have the address. Routers may have the first one of an IPv6 block. */
export function mayHave(block: Block, text: string, deviceOwner = ''): boolean {
  const address = parseAddress(text)
  if (!address || !holds(block, address)) return false
  if (bitsOf(block.version) - block.prefix < 2) return true
  if (block.version === 6) return address.value !== block.first || deviceOwner.startsWith('network:router')
  return address.value !== block.first && address.value !== lastOf(block)
}
