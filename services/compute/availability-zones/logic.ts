import { zoneOf } from '../aggregates/aggregate.ts'
import type { AggregateLogic } from '../aggregates/logic.ts'
import type { ServiceLogic } from '../services/logic.ts'
import type { Service } from '../services/service.ts'
import type { Zone } from './availability-zone.ts'

export interface Rooms {
  readonly services: ServiceLogic
  readonly aggregates: AggregateLogic
  /** Where hosts are of which no aggregate says so. */
  readonly usualZone: () => string
}

export const zoneLogic = ({ services, aggregates, usualZone }: Rooms) => {
  /** In which zone a process is: that of its host's group, or the control plane's own. */
  const zoning = async () => {
    const all = await aggregates.list()
    return ({ binary, host }: Pick<Service, 'binary' | 'host'>): string => {
      if (binary !== 'nova-compute') return 'internal'
      const said = all.filter(one => one.hosts.includes(host)).map(zoneOf)
      return said.find(Boolean) ?? usualZone()
    }
  }

  return {
    zoning,

    ofHost: async (host: string): Promise<string> => (await zoning())({ binary: 'nova-compute', host }),

    /** A zone is available while one of its hosts lets servers in; the one that holds the control plane is for operators. */
    async list(withInternal: boolean): Promise<readonly Zone[]> {
      const zoneOfService = await zoning()
      const seen = (await services.list()).map(service => ({ service, isUp: services.isUp(service), zone: zoneOfService(service) }))
      const zones = Map.groupBy(
        seen.filter(({ zone }) => withInternal || zone !== 'internal'),
        ({ zone }) => zone,
      )
      return [...zones].map(([name, members]) => ({ name, members, isAvailable: members.some(({ service }) => !service.isDisabled) }))
    },
  }
}

export type ZoneLogic = ReturnType<typeof zoneLogic>
