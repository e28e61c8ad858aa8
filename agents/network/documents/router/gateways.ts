import { networkOf, versionOf } from '../../contract/addresses.ts'
import { gatewayDeviceOf } from '../../contract/names.ts'
import type { FloatingIpWiring, RouterGateway, RouterWiring } from '../../contract/router.ts'
import type { RouteWish, RuleWish } from '../desired/desired.ts'

/**
 * A router with several gateways sends what is for nobody it knows by the first. What came in by another must go back by that one, or it would
 * arrive outside where nobody asked for it. So each gateway has a table of its own beside the main one, and connections remember by their mark
 * which they belong to:
 *
 * - those that began outside, with one bit more: their answers use the gateway's table alone;
 * - those of guests whose only floating IPs are on a gateway that is not the first: what is not for a network near goes by that gateway's table.
 *
 * Numbers come from the port's id, so that a gateway keeps its own while others come and go.
 */
export interface Out extends RouterGateway {
  readonly device: string
  readonly isFirst: boolean
  /** Nothing, where there is but one way out. */
  readonly number: number | undefined
}

export function outsOf({ gateway, extraGateways = [] }: RouterWiring): readonly Out[] {
  const all = [...(gateway ? [gateway] : []), ...extraGateways]
  const numbers = numbered(all.map(({ portId }) => portId))
  return all.map((one, index) => ({
    ...one,
    device: gatewayDeviceOf(one.portId),
    isFirst: index === 0,
    number: all.length > 1 ? numbers.get(one.portId) : undefined,
  }))
}

const mostNumbers = 0xfff

/** Two of one number are rare; the one of the greater id takes the next that is free. */
function numbered(ids: readonly string[]): ReadonlyMap<string, number> {
  const numbers = new Map<string, number>()
  const taken = new Set<number>()
  for (const id of ids.toSorted()) {
    let number = (Number.parseInt(id.replace(/[^0-9a-f]/gi, '').slice(0, 8), 16) || 0) % mostNumbers
    while (taken.has(number)) number = (number + 1) % mostNumbers
    taken.add(number)
    numbers.set(id, number + 1)
  }
  return numbers
}

/** The part of a mark that says which gateway, and the bit that says that the connection began outside. */
export const gatewayBits = 0xfff_0000
export const outsideBit = 0x1000_0000
export const markOf = (number: number): number => number * 0x1_0000

/** Who answers for an address: the gateway that was named, or the first. */
export const answersFor = ({ portId, isFirst }: Out, { gatewayPortId }: Pick<FloatingIpWiring, 'gatewayPortId'>): boolean =>
  gatewayPortId === undefined ? isFirst : portId === gatewayPortId

const firstTable = 1000
const priorities = { near: 100, out: 200 } as const
/** By these the rules that were made here are known. */
export const rulePriorities: readonly number[] = Object.values(priorities)

/** For both versions: what is near is found without the default route, then the mark tells the way out. */
export function routingRules(outs: readonly Out[]): readonly RuleWish[] {
  const numbers = outs.flatMap(({ number }) => number ?? [])
  if (numbers.length === 0) return []
  return ([4, 6] as const).flatMap((version): readonly RuleWish[] => [
    { version, priority: priorities.near, mark: 0, mask: outsideBit, table: 'main', skipsDefault: true },
    ...numbers.map(
      (number): RuleWish => ({ version, priority: priorities.out, mark: markOf(number), mask: gatewayBits, table: firstTable + number }),
    ),
  ])
}

/** A gateway's own table: its networks, and what lies behind its next hops. */
export function ownRoutes({ device, fixedIps, number }: Out, behind: readonly RouteWish[]): readonly RouteWish[] {
  if (number === undefined) return []
  const near = fixedIps.map(({ address, prefixLength }) => ({ destination: networkOf(`${address}/${prefixLength}`), device }))
  const byDestination = new Map([...near, ...behind].map(route => [route.destination, route]))
  return [...byDestination.values()].map(route => ({ ...route, table: firstTable + number }))
}

/** The ways to everywhere by a gateway, one a version at most. */
export const everywhereBy = ({ device, nexthops }: Out, isNear: (nexthop: string) => boolean): readonly RouteWish[] =>
  nexthops.map(via => ({ destination: versionOf(via) === 4 ? '0.0.0.0/0' : '::/0', via, device, isOnLink: !isNear(via) }))
