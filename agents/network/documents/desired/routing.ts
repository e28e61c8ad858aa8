import type { RouteWish, RuleWish } from './desired.ts'

type Route = Pick<RouteWish, 'destination' | 'via' | 'device' | 'table'>

/** Each table has one route to a destination. */
export const isSamePlace = (a: Route, b: Route): boolean => a.destination === b.destination && a.table === b.table

export const isSameRoute = (a: Route, b: Route): boolean => isSamePlace(a, b) && a.via === b.via && a.device === b.device

export const isSameRule = (a: RuleWish, b: RuleWish): boolean =>
  a.version === b.version &&
  a.priority === b.priority &&
  a.mark === b.mark &&
  a.mask === b.mask &&
  a.table === b.table &&
  (a.skipsDefault ?? false) === (b.skipsDefault ?? false)

/** As `ip route` is told, behind what is to be done. */
export const routeText = ({ destination, via, device, table }: Route): string =>
  `${destination}${via === undefined ? '' : ` via ${via}`} dev ${device}${table === undefined ? '' : ` table ${table}`}`

export const ruleText = ({ priority, mark, mask, table, skipsDefault }: RuleWish): string =>
  `priority ${priority} fwmark 0x${mark.toString(16)}/0x${mask.toString(16)} table ${table}${skipsDefault ? ' suppress_prefixlength 0' : ''}`
