import type { CandidatesAsk } from '@kilonova/placement/contract/placement.ts'
import { type Aggregate, zoneOf } from '../../aggregates/aggregate.ts'
import type { SchedulerSettings } from '../options.ts'
import type { Objection, Request } from '../scheduler/request.ts'
import { groupPolicyOf, groupsOf } from './resources.ts'

type Settings = Pick<SchedulerSettings, 'scheduler'>
type Narrowed = { -readonly [K in 'memberOf' | 'notMemberOf' | 'rootRequired' | 'rootForbidden']: CandidatesAsk[K][number][] }

/** A host's provider has it while its nova-compute is disabled. */
export const disabledTrait = 'COMPUTE_STATUS_DISABLED'

/**
 * What placement is asked: the sizes, and whatever narrows the search there already, so that it does not count hosts that would be refused
 * anyway. Nothing at all can do when this says an objection.
 */
export function prefiltered(
  request: Request,
  aggregates: readonly Aggregate[],
  settings: Settings,
  inTree: string | undefined,
): CandidatesAsk | Objection {
  const { scheduler: rules } = settings
  const groups = groupsOf(request)
  const asked: Narrowed = { memberOf: [], notMemberOf: [], rootRequired: [], rootForbidden: [] }
  if (request.forcedHost === undefined) asked.rootForbidden.push(disabledTrait)
  if (rules.query_placement_for_availability_zone && request.zone !== undefined) {
    const zone = aggregates.filter(one => zoneOf(one) === request.zone)
    if (zone.length > 0) asked.memberOf.push(zone.map(({ uuid }) => uuid))
  }
  if (rules.limit_tenants_to_placement_aggregate) {
    const own = ownAggregates(request.projectId, aggregates)
    if (own.length > 0) asked.memberOf.push(own)
    else if (rules.placement_aggregate_required_for_tenants)
      return { from: 'require_tenant_aggregate', kind: 'isolated', says: 'the project has no aggregate of its own' }
  }
  if (rules.enable_isolated_aggregate_filtering) {
    const required = new Set(groups.flatMap(one => one.required))
    asked.notMemberOf.push(...isolating(aggregates, required))
  }
  const { image } = request
  if (rules.query_placement_for_image_type_support && image?.diskFormat !== undefined)
    asked.rootRequired.push(`COMPUTE_IMAGE_TYPE_${image.diskFormat.toUpperCase()}`)
  if (rules.image_metadata_prefilter) asked.rootRequired.push(...traitsOfImage(image?.properties ?? {}))
  if (request.flavor.extraSpecs['accel:device_profile'] !== undefined) asked.rootRequired.push('COMPUTE_ACCELERATORS')
  return { groups, ...asked, inTree, isolate: groupPolicyOf(request) === 'isolate', limit: rules.max_placement_results }
}

export const isObjection = (found: CandidatesAsk | Objection): found is Objection => 'says' in found

/** Those that an operator made for a project, by `filter_tenant_id` or `filter_tenant_id3`. */
const ownAggregates = (projectId: string, aggregates: readonly Aggregate[]) =>
  aggregates
    .filter(({ metadata }) => Object.entries(metadata).some(([key, value]) => key.startsWith('filter_tenant_id') && value === projectId))
    .map(({ uuid }) => uuid)

/** Those that demand a trait which is not asked for. */
const isolating = (aggregates: readonly Aggregate[], required: ReadonlySet<string>) =>
  aggregates
    .filter(({ metadata }) =>
      Object.entries(metadata).some(
        ([key, value]) => key.startsWith('trait:') && value === 'required' && !required.has(key.slice('trait:'.length)),
      ),
    )
    .map(({ uuid }) => uuid)

const prefixes: Readonly<Record<string, string>> = {
  hw_cdrom_bus: 'COMPUTE_STORAGE_BUS',
  hw_disk_bus: 'COMPUTE_STORAGE_BUS',
  hw_video_model: 'COMPUTE_GRAPHICS_MODEL',
  hw_vif_model: 'COMPUTE_NET_VIF_MODEL',
  hw_architecture: 'HW_ARCH',
  hw_emulation_architecture: 'COMPUTE_ARCH',
  hw_viommu_model: 'COMPUTE_VIOMMU',
}

const traitsOfImage = (properties: Readonly<Record<string, string>>) =>
  Object.entries(prefixes).flatMap(([key, prefix]) => {
    const value = properties[key]
    return value === undefined ? [] : [`${prefix}_${value.replaceAll('-', '_').toUpperCase()}`]
  })
