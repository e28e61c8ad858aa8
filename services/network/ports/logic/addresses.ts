import type { IpamLogic, Taker } from '../../ipam/logic.ts'
import { isRouterLeg, subnetFor } from '../../ipam/logic.ts'
import type { AddressWish, Allocation } from '../../ipam/ipam.ts'
import { refuseConflict, refuseInput, refuseInvalid } from '../../refusals/refusal.ts'
import { isAutoAddressed, type Subnet } from '../../subnets/subnet/subnet.ts'
import type { Transaction } from '../../tables.ts'
import type { IpAllocation, Port } from '../port/port.ts'

export interface AddressRooms {
  readonly ipam: Pick<IpamLogic, 'takeWished' | 'takeUsual' | 'giveBack' | 'ofPorts'>
  readonly subnets: { ofNetwork(tx: Transaction, networkId: string): Promise<readonly Subnet[]> }
  readonly mostAddresses: number
  /** Of a network's segments, those that a host is connected to. */
  readonly segmentsAt: (tx: Transaction, networkId: string, host: string) => Promise<readonly string[]>
}

/** Who takes addresses, and on which host it will be; '' when that is not known. */
export interface HostedTaker extends Taker {
  readonly host: string
}

export interface Taken {
  readonly allocations: readonly Allocation[]
  readonly ipAllocation: IpAllocation
}

/** The addresses of ports: what is wished, or one of each family; a change keeps what it can. */
export function portAddresses({ ipam, subnets, mostAddresses, segmentsAt }: AddressRooms) {
  /** Where a network's racks have subnets of their own, only those of the host's rack; nothing when the host is not known. */
  async function within(tx: Transaction, all: readonly Subnet[], { networkId, host }: HostedTaker): Promise<readonly Subnet[] | undefined> {
    if (!isRouted(all)) return all
    if (host === '') return undefined
    const [segment, another] = await segmentsAt(tx, networkId, host)
    if (segment === undefined || another !== undefined) return refuseHost(networkId, host, another !== undefined)
    return all.filter(({ segmentId }) => segmentId === segment)
  }

  async function take(tx: Transaction, taker: HostedTaker, wishes: readonly AddressWish[] | undefined): Promise<Taken> {
    const all = await subnets.ofNetwork(tx, taker.networkId)
    const near = await within(tx, all, taker)
    if (wishes === undefined) {
      if (near === undefined) return { allocations: [], ipAllocation: 'deferred' }
      const candidates = candidatesFor(near, taker.deviceOwner)
      if (candidates.length === 0 && all.length > 0)
        refuseInvalid(
          'IpAddressGenerationFailureNoMatchingSubnet',
          `No valid service subnet for the given device owner, network ${taker.networkId}, service type ${taker.deviceOwner}.`,
        )
      return { allocations: await ipam.takeUsual(tx, candidates, taker), ipAllocation: 'immediate' }
    }
    mustBeFew(wishes, taker.deviceOwner, mostAddresses)
    const taken: Allocation[] = []
    for (const wish of wishes) taken.push(await ipam.takeWished(tx, subnetFor(wish, all, taker), taker, wish))
    mustBeOfOneSegment(all, taken, taker)
    const allocations = [...taken, ...(await autoBeside(tx, all, taker, taken))]
    return { allocations, ipAllocation: wishes.length === 0 ? 'none' : 'immediate' }
  }

  /** Guests on a subnet where they find their address themselves always have one of it, whatever else was asked for. */
  async function autoBeside(
    tx: Transaction,
    all: readonly Subnet[],
    taker: Taker,
    taken: readonly Allocation[],
  ): Promise<readonly Allocation[]> {
    if (taken.length === 0 || isRouterLeg(taker.deviceOwner)) return []
    const more: Allocation[] = []
    for (const subnet of all.filter(isAutoAddressed))
      if (!taken.some(({ subnetId }) => subnetId === subnet.id)) more.push(await ipam.takeWished(tx, subnet, taker, {}))
    return more
  }

  return {
    take,

    /** The addresses a port has must be good on the host it goes to. */
    async mustSuitHost(tx: Transaction, { id, networkId, fixedIps }: Port, taker: HostedTaker): Promise<void> {
      const all = fixedIps.length === 0 ? [] : await subnets.ofNetwork(tx, networkId)
      const near = await within(tx, all, taker)
      if (near && fixedIps.some(({ subnetId }) => !near.some(subnet => subnet.id === subnetId))) refuseIncompatible(id, taker.host)
    },

    /** Takes what is new, gives back what is not wished any more, and keeps the rest. */
    async change(tx: Transaction, port: Port, wishes: readonly AddressWish[], taker: HostedTaker): Promise<readonly Allocation[]> {
      mustBeFew(wishes, taker.deviceOwner, mostAddresses)
      const all = await subnets.ofNetwork(tx, port.networkId)
      const before = await ipam.ofPorts([port.id], tx.read)
      const kept = keptOf(before, wishes, all, taker)
      await ipam.giveBack(
        tx,
        before.filter(one => !kept.allocations.includes(one)),
      )
      const added: Allocation[] = []
      for (const wish of kept.open) added.push(await ipam.takeWished(tx, subnetFor(wish, all, taker), taker, wish))
      const allocations = [...kept.allocations, ...added]
      mustBeOfOneSegment(all, allocations, taker)
      const near = await within(tx, all, taker)
      if (near && allocations.some(({ subnetId }) => !near.some(({ id }) => id === subnetId))) refuseIncompatible(port.id, taker.host)
      return allocations
    },

    /** The address a device makes itself where a subnet now tells it the prefix, however many it has already. */
    takeAuto: (tx: Transaction, subnet: Subnet, taker: Taker): Promise<Allocation> => ipam.takeWished(tx, subnet, taker, {}),

    async giveBackAll(tx: Transaction, portIds: readonly string[]): Promise<void> {
      await ipam.giveBack(tx, await ipam.ofPorts(portIds, tx.read))
    },
  }
}

export type PortAddresses = ReturnType<typeof portAddresses>

/** Each rack of the network has subnets of its own; routers outside of the cloud pass packets between them. */
const isRouted = (subnets: readonly Subnet[]): boolean => subnets.some(({ segmentId }) => segmentId !== null)

function refuseHost(networkId: string, host: string, isManifold: boolean): never {
  const [type, how] = isManifold ? ['HostConnectedToMultipleSegments', 'multiple'] : ['HostNotConnectedToAnySegment', 'any']
  return refuseConflict(
    type ?? '',
    `Host ${host} is ${isManifold ? '' : 'not '}connected to ${how} segments on routed provider network '${networkId}'.  It should be connected to one.`,
  )
}

const refuseIncompatible = (portId: string, host: string): never =>
  refuseConflict(
    'HostNotCompatibleWithFixedIps',
    `Host ${host} is not connected to a segment where the existing fixed_ips on port ${portId} will function given the routed network topology.`,
  )

/** The cloud's own servers may stand in several racks at once; a guest cannot. */
function mustBeOfOneSegment(subnets: readonly Subnet[], taken: readonly Allocation[], { deviceOwner }: Taker): void {
  const segments = new Set(taken.map(({ subnetId }) => subnets.find(({ id }) => id === subnetId)?.segmentId ?? null))
  if (segments.size > 1 && deviceOwner !== 'network:dhcp')
    refuseInvalid('FixedIpsSubnetsNotOnSameSegment', 'Cannot allocate addresses from different segments.')
}

function mustBeFew(wishes: readonly AddressWish[], deviceOwner: string, most: number): void {
  if (wishes.length > most && !deviceOwner.startsWith('network:')) refuseInput('Exceeded maximum amount of fixed ips per port')
}

/** Which of a network's subnets such a device gets its addresses from: those made for it, before those made for all. */
function candidatesFor(subnets: readonly Subnet[], deviceOwner: string): readonly Subnet[] {
  const own = subnets.filter(({ serviceTypes }) => serviceTypes.some(type => deviceOwner === type))
  return [...own, ...subnets.filter(({ serviceTypes }) => serviceTypes.length === 0)]
}

/** The allocations that fit a wish stay, each for one wish; addresses that guests make themselves stay unless their subnet is named. */
function keptOf(before: readonly Allocation[], wishes: readonly AddressWish[], all: readonly Subnet[], taker: Taker) {
  const left = [...before]
  const kept: Allocation[] = []
  const open: AddressWish[] = []
  const claim = (fits: (one: Allocation) => boolean, wish: AddressWish) => {
    const i = left.findIndex(fits)
    const [found] = i < 0 ? [] : left.splice(i, 1)
    if (found) kept.push(found)
    else open.push(wish)
  }
  for (const wish of wishes.filter(({ ipAddress }) => ipAddress !== undefined)) claim(one => one.ipAddress === wish.ipAddress, wish)
  for (const wish of wishes.filter(({ ipAddress }) => ipAddress === undefined)) claim(one => one.subnetId === wish.subnetId, wish)
  const isAuto = (subnetId: string) => all.some(subnet => subnet.id === subnetId && isAutoAddressed(subnet))
  if (!isRouterLeg(taker.deviceOwner)) kept.push(...left.filter(({ subnetId }) => isAuto(subnetId)))
  return { allocations: kept, open }
}
