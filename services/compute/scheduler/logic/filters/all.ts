import { Refusal } from '@kilonova/platform/refusal.ts'
import type { SchedulerSettings } from '../../options.ts'
import type { Filter } from '../../scheduler/request.ts'
import { affinityFilter, antiAffinityFilter, differentHostFilter, sameHostFilter, simpleCidrAffinityFilter } from './affinity.ts'
import {
  aggregateImagePropertiesIsolation,
  aggregateInstanceExtraSpecsFilter,
  aggregateMultiTenancyIsolation,
  aggregateTypeAffinityFilter,
} from './aggregates.ts'
import { computeCapabilitiesFilter, computeFilter } from './compute.ts'
import { metricsFilter } from '../metrics.ts'
import { numaTopologyFilter, pciPassthroughFilter } from './hardware.ts'
import { imagePropertiesFilter } from './images.ts'
import { isolatedHostsFilter } from './isolated.ts'
import { jsonFilter } from './json.ts'
import { aggregateIoOpsFilter, aggregateNumInstancesFilter, ioOpsFilter, numInstancesFilter } from './load.ts'
import { availabilityZoneFilter } from './zone.ts'

export type FilterSettings = Pick<SchedulerSettings, 'filter_scheduler' | 'DEFAULT' | 'metrics'>

/** Every filter there is, under Nova's names. */
export const allFilters = ({ filter_scheduler: rules, DEFAULT, metrics }: FilterSettings): readonly Filter[] => [
  { name: 'AllHostsFilter', objection: () => undefined },
  availabilityZoneFilter(DEFAULT),
  computeFilter,
  computeCapabilitiesFilter,
  imagePropertiesFilter(rules),
  antiAffinityFilter,
  affinityFilter,
  numaTopologyFilter,
  pciPassthroughFilter,
  aggregateInstanceExtraSpecsFilter,
  aggregateMultiTenancyIsolation,
  aggregateImagePropertiesIsolation(rules),
  aggregateIoOpsFilter(rules),
  aggregateNumInstancesFilter(rules),
  aggregateTypeAffinityFilter,
  ioOpsFilter(rules),
  numInstancesFilter(rules),
  sameHostFilter,
  differentHostFilter,
  simpleCidrAffinityFilter,
  jsonFilter,
  isolatedHostsFilter(rules),
  metricsFilter(metrics),
]

/** What placement does since, or what journalled tasks do: configurations of older clouds still name them. */
const placementSeesToIt = ['RetryFilter', 'RamFilter', 'CoreFilter', 'DiskFilter', 'ExactRamFilter', 'ExactCoreFilter', 'ExactDiskFilter']

/** Whether a name is taken by a filter of ours. */
export const isOwnFilter = (name: string, settings: FilterSettings): boolean =>
  placementSeesToIt.includes(name) || allFilters(settings).some(one => one.name === name)

/** The filters that hosts must pass, in the configuration's order. Those of hints, zones and groups cost nothing when nobody asks for them. */
export function enabledFilters(settings: FilterSettings, added: readonly Filter[] = []): readonly Filter[] {
  const known = new Map([...allFilters(settings), ...added].map(filter => [filter.name, filter]))
  return settings.filter_scheduler.enabled_filters.flatMap(said => {
    const name = said.split('.').at(-1) ?? said
    const filter = known.get(name)
    if (filter) return [filter]
    if (placementSeesToIt.includes(name)) return []
    throw new Refusal(
      'invalid',
      `[filter_scheduler] enabled_filters: there is no filter ${said}. There are ${[...known.keys()].join(', ')}.`,
    )
  })
}
