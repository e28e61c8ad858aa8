import type { Provider } from '@kilonova/placement/contract/placement.ts'
import type { Picture } from './look.ts'

/** How many servers of one kind there is room for: on each host, and in all. */
export interface Headroom {
  readonly onHosts: ReadonlyMap<string, number>
  readonly inAll: number
}

/**
 * As far as resources and the rules of the group go, with nothing made meanwhile. What hosts share is given to the better ones first, so
 * that the sum is never more than there is. `others` are the providers besides the hosts' own: those below them, and those that share.
 */
export function headroomOf({ request, ranked }: Picture, others: readonly Provider[]): Headroom {
  const free = new Map<string, Map<string, number>>()
  for (const { uuid, stock } of [...ranked.map(one => one.host.provider), ...others])
    free.set(
      uuid,
      new Map([...stock].map(([name, one]) => [name, Math.floor((one.total - one.reserved) * one.allocationRatio) - one.used])),
    )
  const onHosts = new Map<string, number>()
  for (const { host, candidate } of ranked) {
    const taken = [...candidate.allocations].flatMap(([uuid, amounts]) =>
      Object.entries(amounts).map(([name, amount]) => ({ of: free.get(uuid), name, amount })),
    )
    const room = Math.min(...taken.map(({ of, name, amount }) => Math.floor((of?.get(name) ?? 0) / amount)))
    const count = Math.max(0, Math.min(room, mostOn(host.host, request)))
    for (const { of, name, amount } of taken) of?.set(name, (of.get(name) ?? 0) - count * amount)
    onHosts.set(host.host, count)
  }
  const counts = [...onHosts.values()]
  // The first of a group that stays together decides where all others go.
  const inAll = request.group?.policy === 'affinity' ? Math.max(0, ...counts) : counts.reduce((sum, count) => sum + count, 0)
  return { onHosts, inAll }
}

function mostOn(host: string, { group }: Picture['request']): number {
  if (group?.policy !== 'anti-affinity') return Number.MAX_SAFE_INTEGER
  return (group.rules['max_server_per_host'] ?? 1) - (group.members.get(host) ?? 0)
}
