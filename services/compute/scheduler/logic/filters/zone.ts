import { type HostState, metadataOf } from '../../scheduler/host.ts'
import type { Filter } from '../../scheduler/request.ts'

export interface ZoneRules {
  readonly default_availability_zone: string
}

export const zonesOf = (host: Pick<HostState, 'aggregates'>, { default_availability_zone }: ZoneRules): readonly string[] => {
  const named = metadataOf(host).get('availability_zone')
  return named ? [...named] : [default_availability_zone]
}

/** Hosts of the zone that was asked for. */
export const availabilityZoneFilter = (rules: ZoneRules): Filter => ({
  name: 'AvailabilityZoneFilter',
  objection(host, { zone }) {
    if (zone === undefined) return undefined
    const zones = zonesOf(host, rules)
    return zones.includes(zone) ? undefined : { kind: 'zone', says: `it is in ${zones.join(', ')}, not in ${zone}` }
  },
})
