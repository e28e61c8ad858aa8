import type { HostState } from '../scheduler/host.ts'
import type { Filter, Objection, Ranked, Refused, Request, Weigher } from '../scheduler/request.ts'
import { ranked } from './weighers.ts'

export interface Rules {
  readonly filters: readonly Filter[]
  readonly weighers: readonly Weigher[]
  /** Among how many of the best one is drawn. */
  readonly subsetSize: number
  /** Equally good hosts come in any order. */
  readonly shuffles: boolean
  /** What the rules always hold to, whatever the configuration enables: a zone that was asked for is kept to. */
  readonly always: readonly Filter[]
}

export interface Choice {
  /** The best first. */
  readonly ranked: readonly Ranked[]
  readonly refused: readonly Refused[]
}

/** Hosts in, an order and reasons out. Pure, but for the chance that is handed in. */
export function choose(request: Request, hosts: readonly HostState[], rules: Rules, fraction: () => number): Choice {
  const passing: HostState[] = []
  const refused: Refused[] = []
  for (const host of hosts) {
    const objection = objectionTo(host, request, rules)
    if (objection) refused.push({ host: host.host, objection })
    else passing.push(host)
  }
  if (passing.length === 0) return { ranked: [], refused }
  const order = ranked(rules.shuffles ? shuffled(passing, fraction) : passing, request, rules.weighers)
  return { ranked: drawn(order, rules.subsetSize, fraction), refused }
}

/** An operator who names a host is not argued with. */
export function objectionTo(host: HostState, request: Request, { filters, always }: Rules): Objection | undefined {
  if (request.ignoredHosts?.includes(host.host)) return { from: 'ignored', kind: 'named', says: 'it shall be another one' }
  const only = request.forcedHost ?? request.host
  if (only !== undefined && host.host !== only) return { from: 'requested', kind: 'named', says: `${only} was asked for` }
  if (request.forcedHost !== undefined) return undefined
  for (const filter of [...always, ...filters]) {
    const objection = filter.objection(host, request)
    if (objection) return { from: filter.name, ...objection }
  }
  return undefined
}

/** One of the best so many goes first, so that schedulers that work at the same time do not all want the same. */
function drawn(order: readonly Ranked[], size: number, fraction: () => number): readonly Ranked[] {
  const among = Math.min(size, order.length)
  if (among <= 1) return order
  const at = Math.floor(fraction() * among)
  const first = order[at]
  return first ? [first, ...order.slice(0, at), ...order.slice(at + 1)] : order
}

function shuffled<T>(items: readonly T[], fraction: () => number): readonly T[] {
  const keyed = items.map(item => ({ item, key: fraction() }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}
