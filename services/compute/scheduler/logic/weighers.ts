import { Refusal } from '@kilonova/platform/refusal.ts'
import type { SchedulerSettings } from '../options.ts'
import { freeOf, type HostState, ioOpsOf, metadataOf } from '../scheduler/host.ts'
import { metricsWeigher } from './metrics.ts'
import type { Ranked, Request, Weigher } from '../scheduler/request.ts'

type Settings = SchedulerSettings['filter_scheduler']
type Option = Extract<keyof Settings, `${string}_weight_multiplier`>
type Measure = (host: HostState, request: Request) => number

// biome-ignore format: a table
const measures: readonly (readonly [name: string, option: Option, weigh: Measure, floor?: number])[] = [
  ['RAMWeigher',                    'ram_weight_multiplier',                host => freeOf(host, 'MEMORY_MB'), 0],
  ['CPUWeigher',                    'cpu_weight_multiplier',                host => freeOf(host, 'VCPU'), 0],
  ['DiskWeigher',                   'disk_weight_multiplier',               host => freeOf(host, 'DISK_GB'), 0],
  ['IoOpsWeigher',                  'io_ops_weight_multiplier',             host => ioOpsOf(host), 0],
  ['PCIWeigher',                    'pci_weight_multiplier',                () => 100],
  ['ServerGroupSoftAffinityWeigher',     'soft_affinity_weight_multiplier',      ({ host }, { group }) => group?.policy === 'soft-affinity' ? (group.members.get(host) ?? 0) : 0, 0],
  ['ServerGroupSoftAntiAffinityWeigher', 'soft_anti_affinity_weight_multiplier', ({ host }, { group }) => group?.policy === 'soft-anti-affinity' ? -(group.members.get(host) ?? 0) : 0],
  ['BuildFailureWeigher',           'build_failure_weight_multiplier',      ({ failedBuilds }) => -failedBuilds],
  // There is one cell with hosts: none is nearer than another.
  ['CrossCellWeigher',              'cross_cell_move_weight_multiplier',    () => 0],
]

type WeigherSettings = Pick<SchedulerSettings, 'filter_scheduler' | 'metrics'>

/** Every weigher there is, under Nova's names. */
export const allWeighers = ({ filter_scheduler: settings, metrics }: WeigherSettings): readonly Weigher[] => [
  ...measures.map(([name, option, weigh, floor]): Weigher => ({ name, option, multiplier: settings[option], weigh, floor })),
  metricsWeigher(metrics),
]

/** The weighers that rank hosts. Those of plug-ins are named one by one, as in Nova: all_weighers are ours. */
export function enabledWeighers(settings: WeigherSettings, added: readonly Weigher[] = []): readonly Weigher[] {
  const own = allWeighers(settings)
  const all = [...own, ...added]
  const named = settings.filter_scheduler.weight_classes.map(one => one.split('.').at(-1) ?? one)
  const said = named.flatMap(name => (name === 'all_weighers' ? own.map(one => one.name) : [name]))
  const unknown = said.find(name => !all.some(one => one.name === name))
  if (unknown !== undefined)
    throw new Refusal(
      'invalid',
      `[filter_scheduler] weight_classes: there is no weigher ${unknown}. There are ${all.map(one => one.name).join(', ')}.`,
    )
  return all.filter(one => said.includes(one.name))
}

/**
 * The best first. Each measure is brought to between 0 and 1 over these hosts before it is multiplied, so that megabytes do not drown
 * processors. What weighs the same keeps its order.
 */
export function ranked(hosts: readonly HostState[], request: Request, weighers: readonly Weigher[]): readonly Ranked[] {
  const only = hosts.length === 1 ? hosts[0] : undefined
  if (only) return [{ host: only, weight: 0 }]
  const sums = hosts.map(() => 0)
  for (const weigher of weighers) {
    const raw = hosts.map(host => Math.max(weigher.weigh(host, request), weigher.floor ?? Number.NEGATIVE_INFINITY))
    const least = weigher.floor ?? Math.min(...raw)
    const span = Math.max(...raw) - least
    if (span === 0) continue
    for (const [at, host] of hosts.entries())
      sums[at] = (sums[at] ?? 0) + multiplierFor(weigher, host) * (((raw[at] ?? least) - least) / span)
  }
  return hosts.map((host, at) => ({ host, weight: sums[at] ?? 0 })).toSorted((a, b) => b.weight - a.weight)
}

/** The smallest that its aggregates say, or the configuration's. */
function multiplierFor({ option, multiplier }: Weigher, host: HostState): number {
  if (host.aggregates.length === 0) return multiplier
  const said = [...(metadataOf(host).get(option) ?? [])].map(Number).filter(Number.isFinite)
  return said.length === 0 ? multiplier : Math.min(...said)
}
