import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServiceLogic } from '../services/logic.ts'
import type { Service } from '../services/service.ts'
import { type Hypervisor, nameOf, type Occupant, useOf } from './hypervisor.ts'
import type { OccupantStore } from './store.ts'

export interface Rooms {
  readonly store: OccupantStore
  readonly services: Pick<ServiceLogic, 'list' | 'isUp'>
  readonly agents: { uptime(host: string, cause: Cause): Promise<string | null> }
}

/** What a list is narrowed to. */
export interface Search {
  /** A part of the hypervisor's name. */
  readonly pattern?: string | undefined
  readonly withUptime?: boolean | undefined
}

/** The hosts that run servers, by what their agents said last and what servers were promised. */
export const hypervisorLogic = ({ store, services, agents }: Rooms) => {
  const computes = async (): Promise<readonly Service[]> => (await services.list()).filter(({ binary }) => binary === 'nova-compute')

  const seen = (service: Service, mine: readonly Occupant[]): readonly Hypervisor[] => {
    const { facts } = service
    if (facts === null) return []
    const byProject = Object.fromEntries([...Map.groupBy(mine, one => one.projectId)].map(([id, all]) => [id, useOf(all)]))
    const servers = mine.map(({ id, name }) => ({ id, name }))
    const workload = mine.filter(({ isBusy }) => isBusy).length
    return [{ service, facts, isUp: services.isUp(service), used: useOf(mine), byProject, servers, workload }]
  }

  /** Nobody is asked who is known not to answer. */
  const uptimeOf = async ({ service: { host }, isUp }: Hypervisor, cause: Cause): Promise<string | null> =>
    isUp ? agents.uptime(host, cause).catch(() => null) : null

  const timed = (all: readonly Hypervisor[], cause: Cause): Promise<readonly Hypervisor[]> =>
    Promise.all(all.map(async one => ({ ...one, uptime: await uptimeOf(one, cause) })))

  return {
    async list({ pattern, withUptime = false }: Search = {}, cause?: Cause): Promise<readonly Hypervisor[]> {
      const found = await computes()
      const hosts = Map.groupBy(await store.list(), one => one.host)
      const all = found.flatMap(service => seen(service, hosts.get(service.host) ?? []))
      const matching = pattern === undefined ? all : all.filter(one => nameOf(one).includes(pattern))
      if (pattern !== undefined && matching.length === 0)
        throw new Refusal('not-found', `No hypervisor matching '${pattern}' could be found.`)
      return withUptime && cause ? timed(matching, cause) : matching
    },

    /** By UUID, or by its number. */
    async get(id: string): Promise<Hypervisor> {
      const service = (await computes()).find(one => one.id === id || String(one.number) === id)
      const [found] = service ? seen(service, await store.list([service.host])) : []
      if (!found) throw new Refusal('not-found', `Hypervisor with ID '${id}' could not be found.`)
      return found
    },

    withUptime: async (one: Hypervisor, cause: Cause): Promise<Hypervisor> => ({ ...one, uptime: await uptimeOf(one, cause) }),

    async uptime(one: Hypervisor, cause: Cause): Promise<string> {
      const { host } = one.service
      if (!one.isUp) throw new Refusal('invalid', `Compute service of ${host} is unavailable at this time.`)
      const uptime = await agents.uptime(host, cause).catch(error => {
        throw new Refusal('invalid', `Compute service of ${host} is unavailable at this time.`, { cause: error })
      })
      if (uptime === null) throw new Refusal('not-built', 'The requested functionality is not supported.')
      return uptime
    },
  }
}

export type HypervisorLogic = ReturnType<typeof hypervisorLogic>
