import { type Block, formatAddress, holds, lastOf, overlap, parseAddress, parseBlock, type Version } from '../../addresses/address.ts'
import { refuseBadRequest, refuseConflict, refuseInput, refuseInvalid } from '../../refusals/refusal.ts'
import { blockOf, hostsIn, type Ipv6Mode, type Pool, poolText, type Route, spanOfPool, type Subnet } from '../subnet/subnet.ts'

/** What a subnet may look like. */
export interface Limits {
  readonly nameservers: number
  readonly hostRoutes: number
}

export type Checked = Pick<
  Subnet,
  'ipVersion' | 'cidr' | 'gatewayIp' | 'enableDhcp' | 'dnsNameservers' | 'hostRoutes' | 'ipv6RaMode' | 'ipv6AddressMode'
> & {
  readonly id?: string
}

export function checkSubnet(subnet: Checked, { nameservers, hostRoutes }: Limits, before?: Checked): void {
  const block = blockOf(subnet)
  mustBeOf(subnet.ipVersion, subnet.cidr, 'cidr')
  if (subnet.enableDhcp && !before?.enableDhcp) mustSuitDhcp(block)
  if (subnet.gatewayIp !== null) {
    mustBeOf(subnet.ipVersion, subnet.gatewayIp, 'gateway_ip')
    if (!mayBeGateway(block, subnet.gatewayIp)) refuseInput('Gateway is not valid on subnet')
  }
  const name = subnet.id ?? 'new subnet'
  if (subnet.dnsNameservers.length > nameservers)
    refuseInvalid(
      'DNSNameServersExhausted',
      `Unable to complete operation for ${name}. The number of DNS nameservers exceeds the limit ${nameservers}.`,
    )
  for (const host of subnet.dnsNameservers) mustBeOf(subnet.ipVersion, host, 'dns_nameserver')
  if (subnet.hostRoutes.length > hostRoutes)
    refuseInvalid(
      'HostRoutesExhausted',
      `Unable to complete operation for ${name}. The number of host routes exceeds the limit ${hostRoutes}.`,
    )
  for (const route of subnet.hostRoutes) mustBeRoute(subnet.ipVersion, route)
  checkModes(subnet, before)
}

function mustBeRoute(version: Version, { destination, nexthop }: Route): void {
  mustBeOf(version, nexthop, 'nexthop')
  mustBeOf(version, destination, 'destination')
}

function mustBeOf(version: Version, text: string, name: string): void {
  if (parseBlock(text)?.version !== version) refuseInput(`${name} '${text}' does not match the ip_version '${version}'`)
}

function mustSuitDhcp(block: Block): void {
  if (block.prefix > (block.version === 4 ? 30 : 126))
    refuseInput('Subnet has a prefix length that is incompatible with DHCP service enabled')
  const first = block.version === 4 ? block.first >> 24n : block.first >> 120n
  if (block.version === 4 ? first >= 224n && first <= 239n : first === 255n)
    refuseInput('Multicast IP subnet is not supported if enable_dhcp is True')
  if (block.version === 4 ? first === 127n : block.first === 1n) refuseInput('Loopback IP subnet is not supported if enable_dhcp is True')
  if (block.version === 4 && block.first === 0n) refuseInput("First IP '0.0.0.0' of network is not supported if enable_dhcp is True.")
}

/** Anywhere, even outside of the block, but never its first or (in IPv4) last address. */
function mayBeGateway(block: Block, text: string): boolean {
  const address = parseAddress(text)
  if (!address || address.value === 0n) return false
  if (!holds(block, address) || block.version === 6 || block.prefix > 30) return true
  return address.value !== block.first && address.value !== lastOf(block)
}

function checkModes(subnet: Checked, before?: Checked): void {
  const { ipv6RaMode: ra, ipv6AddressMode: own } = subnet
  if (subnet.ipVersion === 4) {
    if (ra !== null) refuseInput('ipv6_ra_mode is not valid when ip_version is 4')
    if (own !== null) refuseInput('ipv6_address_mode is not valid when ip_version is 4')
    return
  }
  if ((ra !== null || own !== null) && !subnet.enableDhcp)
    refuseInput(
      before
        ? 'Cannot disable enable_dhcp with ipv6 attributes set'
        : 'ipv6_ra_mode or ipv6_address_mode cannot be set when enable_dhcp is set to False',
    )
  if (before) return
  if (ra !== null && own !== null && ra !== own)
    refuseInput(
      `ipv6_ra_mode set to '${ra}' with ipv6_address_mode set to '${own}' is not valid. If both attributes are set, they must be the same value`,
    )
  if ([ra, own].some(isStateless) && blockOf(subnet).prefix !== 64)
    refuseInput(
      `Invalid CIDR ${subnet.cidr} for IPv6 address mode. OpenStack uses the EUI-64 address format, which requires the prefix to be /64`,
    )
}

const isStateless = (mode: Ipv6Mode | null) => mode === 'slaac' || mode === 'dhcpv6-stateless'

/** No address of a network belongs to two of its subnets. */
export function mustNotOverlap(cidr: string, networkId: string, others: readonly Subnet[]): void {
  const block = parseBlock(cidr)
  if (!block) return void refuseInput(`'${cidr}' is not a valid IP subnet`)
  if (block.prefix === 0) refuseInput('0 is not allowed as CIDR prefix length')
  if (others.some(other => overlap(block, blockOf(other))))
    refuseInput(`Requested subnet with cidr: ${cidr} for network: ${networkId} overlaps with another subnet`)
}

/** Pools are ordered pairs within the block, apart from each other and from the gateway. */
export function checkPools(pools: readonly Pool[], subnet: Pick<Subnet, 'cidr' | 'gatewayIp'>): void {
  const block = blockOf(subnet)
  const hosts = hostsIn(block)
  const spans = pools.map(pool => {
    const [start, end] = [parseAddress(pool.start), parseAddress(pool.end)]
    if (!start || !end || start.version !== end.version || start.value > end.value || start.version !== block.version)
      return refuseInvalid('InvalidAllocationPool', `The allocation pool ${poolText(pool)} is not valid.`)
    const first = block.version === 6 ? block.first + 1n : hosts.first
    if (start.value < first || end.value > hosts.last)
      return refuseInvalid(
        'OutOfBoundsAllocationPool',
        `The allocation pool ${poolText(pool)} spans beyond the subnet cidr ${subnet.cidr}.`,
      )
    return { pool, ...spanOfPool(pool) }
  })
  spans.forEach((a, i) => {
    const b = spans.slice(i + 1).find(other => a.first <= other.last && other.first <= a.last)
    if (b)
      refuseConflict(
        'OverlappingAllocationPools',
        `Found overlapping allocation pools: ${poolText(a.pool)} ${poolText(b.pool)} for subnet ${subnet.cidr}.`,
      )
  })
  const gateway = subnet.gatewayIp === null ? undefined : parseAddress(subnet.gatewayIp)
  const hit =
    gateway && gateway.version === block.version
      ? spans.find(({ first, last }) => first <= gateway.value && gateway.value <= last)
      : undefined
  if (hit && gateway)
    refuseConflict(
      'GatewayConflictWithAllocationPools',
      `Gateway ip ${formatAddress(gateway)} conflicts with allocation pool ${poolText(hit.pool)}.`,
    )
}

export const refuseWithoutCidr = (): never => refuseBadRequest('subnets', 'a subnetpool must be specified in the absence of a cidr')
