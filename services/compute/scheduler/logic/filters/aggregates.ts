import { metadataOf } from '../../scheduler/host.ts'
import type { Filter } from '../../scheduler/request.ts'
import { matches } from './match.ts'

const scope = 'aggregate_instance_extra_specs'

/** Hosts whose aggregates say what the flavor's extra specs demand. */
export const aggregateInstanceExtraSpecsFilter: Filter = {
  name: 'AggregateInstanceExtraSpecsFilter',
  objection(host, { flavor }) {
    const metadata = metadataOf(host)
    for (const [key, demand] of Object.entries(flavor.extraSpecs)) {
      const [first = '', ...rest] = key.split(':')
      if (rest.length > 0 && first !== scope) continue
      const name = rest.length > 0 ? rest.join(':') : first
      const values = metadata.get(name)
      if (!values) return { kind: 'aggregate', says: `none of its aggregates says ${name}; the flavor wants “${demand}”` }
      if (![...values].some(value => matches(value, demand)))
        return { kind: 'aggregate', says: `its aggregates say ${name}=${[...values].join()}; the flavor wants “${demand}”` }
    }
    return undefined
  },
}

/** Hosts that an aggregate keeps for certain projects are for those alone. */
export const aggregateMultiTenancyIsolation: Filter = {
  name: 'AggregateMultiTenancyIsolation',
  objection(host, { projectId }) {
    const projects = metadataOf(host).get('filter_tenant_id')
    return !projects || projects.has(projectId) ? undefined : { kind: 'isolated', says: 'its aggregates keep it for other projects' }
  },
}

export interface ImageIsolationRules {
  readonly aggregate_image_properties_isolation_namespace: string | undefined
  readonly aggregate_image_properties_isolation_separator: string
}

/** What aggregates say of images holds for those that speak of it at all. */
export const aggregateImagePropertiesIsolation = (rules: ImageIsolationRules): Filter => ({
  name: 'AggregateImagePropertiesIsolation',
  objection(host, { image }) {
    const { aggregate_image_properties_isolation_namespace: space, aggregate_image_properties_isolation_separator: separator } = rules
    for (const [key, values] of metadataOf(host)) {
      if (space !== undefined && space !== '' && !key.startsWith(`${space}${separator}`)) continue
      const property = image?.properties[key]
      if (property !== undefined && property !== '' && !values.has(property))
        return { kind: 'image', says: `its aggregates want images with ${key} of ${[...values].join()}, not ${property}` }
    }
    return undefined
  },
})

/** Hosts whose aggregates name flavors take those alone. */
export const aggregateTypeAffinityFilter: Filter = {
  name: 'AggregateTypeAffinityFilter',
  objection(host, { flavor }) {
    const names = metadataOf(host).get('instance_type')
    if (!names || names.has(flavor.name)) return undefined
    return { kind: 'aggregate', says: `its aggregates are for the flavors ${[...names].join(', ')}, not for ${flavor.name}` }
  },
}
