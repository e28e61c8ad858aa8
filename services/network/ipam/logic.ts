import { addressByMac, formatAddress, parseAddress, type Span, without } from '../addresses/address.ts'
import { refuseConflict, refuseInput, refuseInvalid } from '../refusals/refusal.ts'
import { blockOf, isAutoAddressed, mayHave, type Pool, spanOfPool, type Subnet } from '../subnets/subnet/subnet.ts'
import type { Transaction } from '../tables.ts'
import type { AddressWish, Allocation } from './ipam.ts'
import type { IpamStore } from './store.ts'

/** For whom addresses are taken. */
export interface Taker {
  readonly portId: string
  readonly networkId: string
  readonly macAddress: string
  readonly deviceOwner: string
}

/** A router's leg inside: it gives out prefixes, and makes no address of them for itself. */
export const isRouterLeg = (deviceOwner: string): boolean =>
  [
    'network:router_interface',
    'network:ha_router_replicated_interface',
    'network:router_interface_distributed',
    'network:router_centralized_snat',
  ].includes(deviceOwner)

/**
 * Giving out addresses. What is left of a subnet is a list of spans: the lowest address of the lowest span is the next, one look and one write
 * however many are taken, and the table's key sees to it that none is ever given twice.
 */
export function ipamLogic(store: IpamStore) {
  /** The next address of a subnet; nothing when none is left. */
  async function takeAny(tx: Transaction, subnet: Subnet, taker: Taker): Promise<Allocation | undefined> {
    await store.holdSubnet(tx, subnet.id)
    const span = await store.freeSpan(subnet.id, undefined, tx.read)
    if (!span) return undefined
    await cut(tx, subnet.id, span, span.first)
    return insert(tx, subnet, taker, formatAddress({ version: subnet.ipVersion, value: span.first }))
  }

  async function takeThis(tx: Transaction, subnet: Subnet, taker: Taker, ipAddress: string): Promise<Allocation> {
    await store.holdSubnet(tx, subnet.id)
    if (await store.find(subnet.id, ipAddress, tx.read))
      refuseConflict('IpAddressAlreadyAllocated', `IP address ${ipAddress} already allocated in subnet ${subnet.id}`)
    const value = parseAddress(ipAddress)?.value ?? 0n
    const span = await store.freeSpan(subnet.id, value, tx.read)
    if (span) await cut(tx, subnet.id, span, value)
    return insert(tx, subnet, taker, ipAddress)
  }

  const cut = (tx: Transaction, subnetId: string, span: Span, value: bigint) =>
    store.replaceSpans(tx, subnetId, [span], without([span], { first: value, last: value }))

  async function insert(tx: Transaction, subnet: Subnet, { portId, networkId }: Taker, ipAddress: string): Promise<Allocation> {
    const allocation = { ipAddress, subnetId: subnet.id, networkId, portId }
    await store.insert(tx, allocation)
    return allocation
  }

  const autoAddress = (subnet: Subnet, { macAddress }: Taker) =>
    formatAddress({ version: 6, value: addressByMac(blockOf(subnet), macAddress) })

  /** One wish that names a subnet, an address or both. */
  async function takeWished(tx: Transaction, subnet: Subnet, taker: Taker, wish: AddressWish): Promise<Allocation> {
    const isRouter = isRouterLeg(taker.deviceOwner)
    const isAuto = isAutoAddressed(subnet) && !isRouter
    if (wish.ipAddress !== undefined) {
      if (isAuto && wish.ipAddress !== autoAddress(subnet, taker))
        refuseInput(
          `IPv6 address ${wish.ipAddress} can not be directly assigned to a port on subnet ${subnet.id} as the subnet is configured for automatic addresses`,
        )
      return takeThis(tx, subnet, taker, wish.ipAddress)
    }
    if (isAuto) return takeThis(tx, subnet, taker, autoAddress(subnet, taker))
    return (await takeAny(tx, subnet, taker)) ?? refuseNone(taker.networkId)
  }

  return {
    poolsOf: store.poolsOf,
    ofPorts: store.ofPorts,
    ofSubnet: store.ofSubnet,
    takeWished,

    /** What a port gets when it does not say: an address of each family, and one of every subnet where guests find theirs themselves. */
    async takeUsual(tx: Transaction, subnets: readonly Subnet[], taker: Taker): Promise<readonly Allocation[]> {
      const taken: Allocation[] = []
      const isRouter = isRouterLeg(taker.deviceOwner)
      for (const version of [4, 6] as const) {
        const plain = subnets.filter(subnet => subnet.ipVersion === version && (isRouter || !isAutoAddressed(subnet)))
        const one = await takeFirst(tx, plain, taker)
        if (plain.length > 0 && !one) refuseNone(taker.networkId)
        if (one) taken.push(one)
      }
      if (!isRouter) for (const subnet of subnets.filter(isAutoAddressed)) taken.push(await takeWished(tx, subnet, taker, {}))
      return taken
    },

    /** Gives addresses back to the pools they are from. */
    async giveBack(tx: Transaction, allocations: readonly Allocation[]): Promise<void> {
      const pools = await store.poolsOf([...new Set(allocations.map(({ subnetId }) => subnetId))], tx.read)
      for (const allocation of allocations) {
        await store.holdSubnet(tx, allocation.subnetId)
        await store.delete(tx, allocation)
        const value = parseAddress(allocation.ipAddress)?.value ?? 0n
        const pool = pools
          .get(allocation.subnetId)
          ?.map(spanOfPool)
          .find(span => span.first <= value && value <= span.last)
        if (pool) await join(tx, allocation.subnetId, value, pool)
      }
    },

    /** The pools of a subnet that is new or gets other ones: what is taken already is not left in them. */
    async setPools(tx: Transaction, subnetId: string, pools: readonly Pool[]): Promise<void> {
      const taken = (await store.ofSubnet(subnetId, tx.read))
        .map(({ ipAddress }) => parseAddress(ipAddress)?.value ?? 0n)
        .sort((a, b) => (a < b ? -1 : 1))
      const free = pools.map(spanOfPool).flatMap(span => gapsIn(span, taken))
      await store.writePools(tx, subnetId, pools, free)
    },

    forget: store.deletePools,
  }

  async function takeFirst(tx: Transaction, subnets: readonly Subnet[], taker: Taker): Promise<Allocation | undefined> {
    for (const subnet of subnets) {
      const found = await takeAny(tx, subnet, taker)
      if (found) return found
    }
    return undefined
  }

  /** Free again: together with the free spans it touches, within its pool. */
  async function join(tx: Transaction, subnetId: string, value: bigint, pool: Span): Promise<void> {
    const below = value > pool.first ? await store.freeSpan(subnetId, value - 1n, tx.read) : undefined
    const above = value < pool.last ? await store.freeSpanFrom(subnetId, value + 1n, tx.read) : undefined
    const gone = [below, above].filter(span => span !== undefined)
    await store.replaceSpans(tx, subnetId, gone, [{ first: below?.first ?? value, last: above?.last ?? value }])
  }
}

export type IpamLogic = ReturnType<typeof ipamLogic>

const refuseNone = (networkId: string): never =>
  refuseConflict('IpAddressGenerationFailure', `No more IP addresses available on network ${networkId}.`)

/** What is left of a span between these addresses, which are in order. */
function gapsIn(span: Span, taken: readonly bigint[]): readonly Span[] {
  const gaps: Span[] = []
  let first = span.first
  for (const value of taken) {
    if (value < first || value > span.last) continue
    if (value > first) gaps.push({ first, last: value - 1n })
    first = value + 1n
  }
  return first <= span.last ? [...gaps, { first, last: span.last }] : gaps
}

/** Which of a network's subnets a wish is about. */
export function subnetFor(
  wish: AddressWish,
  subnets: readonly Subnet[],
  { networkId, deviceOwner }: Pick<Taker, 'networkId' | 'deviceOwner'>,
): Subnet {
  if (subnets.length === 0) return refuseInput('IP allocation requires subnets for network')
  const { subnetId, ipAddress } = wish
  if (subnetId !== undefined) {
    const subnet = subnets.find(({ id }) => id === subnetId)
    if (!subnet) return refuseInput(`Failed to create port on network ${networkId}, because fixed_ips included invalid subnet ${subnetId}`)
    if (ipAddress !== undefined && !mayHave(blockOf(subnet), ipAddress, deviceOwner))
      return refuseInvalid('InvalidIpForSubnet', `IP address ${ipAddress} is not a valid IP for the specified subnet.`)
    return subnet
  }
  if (ipAddress === undefined) return refuseInput('IP allocation requires subnet_id or ip_address')
  return (
    subnets.find(subnet => mayHave(blockOf(subnet), ipAddress, deviceOwner)) ??
    refuseInvalid('InvalidIpForNetwork', `IP address ${ipAddress} is not a valid IP for any of the subnets on the specified network.`)
  )
}
