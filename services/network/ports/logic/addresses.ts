import type { IpamLogic, Taker } from '../../ipam/logic.ts'
import { isRouterLeg, subnetFor } from '../../ipam/logic.ts'
import type { AddressWish, Allocation } from '../../ipam/ipam.ts'
import { refuseInput, refuseInvalid } from '../../refusals/refusal.ts'
import { isAutoAddressed, type Subnet } from '../../subnets/subnet/subnet.ts'
import type { Transaction } from '../../tables.ts'
import type { Port } from '../port/port.ts'

export interface AddressRooms {
  readonly ipam: Pick<IpamLogic, 'takeWished' | 'takeUsual' | 'giveBack' | 'ofPorts'>
  readonly subnets: { ofNetwork(tx: Transaction, networkId: string): Promise<readonly Subnet[]> }
  readonly mostAddresses: number
}

/** The addresses of ports: what is wished, or one of each family; a change keeps what it can. */
export function portAddresses({ ipam, subnets, mostAddresses }: AddressRooms) {
  async function take(tx: Transaction, taker: Taker, wishes: readonly AddressWish[] | undefined): Promise<readonly Allocation[]> {
    const all = await subnets.ofNetwork(tx, taker.networkId)
    if (wishes === undefined) {
      const candidates = candidatesFor(all, taker.deviceOwner)
      if (candidates.length === 0 && all.length > 0)
        refuseInvalid(
          'IpAddressGenerationFailureNoMatchingSubnet',
          `No valid service subnet for the given device owner, network ${taker.networkId}, service type ${taker.deviceOwner}.`,
        )
      return ipam.takeUsual(tx, candidates, taker)
    }
    mustBeFew(wishes, taker.deviceOwner, mostAddresses)
    const taken: Allocation[] = []
    for (const wish of wishes) taken.push(await ipam.takeWished(tx, subnetFor(wish, all, taker), taker, wish))
    return [...taken, ...(await autoBeside(tx, all, taker, taken))]
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

    /** Takes what is new, gives back what is not wished any more, and keeps the rest. */
    async change(tx: Transaction, port: Port, wishes: readonly AddressWish[], taker: Taker): Promise<readonly Allocation[]> {
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
      return [...kept.allocations, ...added]
    },

    /** The address a device makes itself where a subnet now tells it the prefix, however many it has already. */
    takeAuto: (tx: Transaction, subnet: Subnet, taker: Taker): Promise<Allocation> => ipam.takeWished(tx, subnet, taker, {}),

    async giveBackAll(tx: Transaction, portIds: readonly string[]): Promise<void> {
      await ipam.giveBack(tx, await ipam.ofPorts(portIds, tx.read))
    },
  }
}

export type PortAddresses = ReturnType<typeof portAddresses>

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
