import { type HostState, ioOpsOf, metadataOf } from '../../scheduler/host.ts'
import type { Filter } from '../../scheduler/request.ts'

export interface LoadRules {
  readonly max_io_ops_per_host: number
  readonly max_instances_per_host: number
}

type Bound = (host: HostState) => number

const busy = (name: string, most: Bound): Filter => ({
  name,
  objection(host) {
    const [now, bound] = [ioOpsOf(host), most(host)]
    return now < bound ? undefined : { kind: 'busy', says: `${now} servers are being made, moved or copied there; at most ${bound} may be` }
  },
})

const crowded = (name: string, most: Bound): Filter => ({
  name,
  objection(host) {
    const [now, bound] = [host.servers.size, most(host)]
    return now < bound ? undefined : { kind: 'crowded', says: `it has ${now} servers; at most ${bound} may be` }
  },
})

/** The smallest number that its aggregates say, or the one of the configuration. */
const ofAggregates =
  (key: string, otherwise: number): Bound =>
  host => {
    const numbers = [...(metadataOf(host).get(key) ?? [])].map(Number).filter(Number.isInteger)
    return numbers.length === 0 ? otherwise : Math.min(...numbers)
  }

export const ioOpsFilter = (rules: LoadRules) => busy('IoOpsFilter', () => rules.max_io_ops_per_host)
export const aggregateIoOpsFilter = (rules: LoadRules) =>
  busy('AggregateIoOpsFilter', ofAggregates('max_io_ops_per_host', rules.max_io_ops_per_host))
export const numInstancesFilter = (rules: LoadRules) => crowded('NumInstancesFilter', () => rules.max_instances_per_host)
export const aggregateNumInstancesFilter = (rules: LoadRules) =>
  crowded('AggregateNumInstancesFilter', ofAggregates('max_instances_per_host', rules.max_instances_per_host))
