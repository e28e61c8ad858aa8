import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { ServiceLogic } from '../services/logic.ts'
import type { Service } from '../services/service.ts'
import type { Hypervisor } from './hypervisor.ts'

export const hypervisorLogic = ({ services, servers }: { readonly services: ServiceLogic; readonly servers: ServerLogic }) => {
  const list = async (): Promise<readonly Hypervisor[]> => {
    const found = (await services.list()).filter(({ binary }) => binary === 'nova-compute')
    const all = await Promise.all(found.map(of))
    return all.filter(one => one !== undefined)
  }
  const of = async (service: Service): Promise<Hypervisor | undefined> => {
    const { facts } = service
    if (facts === null) return undefined
    const mine = await servers.listOnHost(service.host)
    const sum = (size: (flavor: (typeof mine)[number]['flavor']) => number) => mine.reduce((all, { flavor }) => all + size(flavor), 0)
    return {
      service,
      facts,
      isUp: services.isUp(service),
      used: {
        vcpus: sum(flavor => flavor.vcpus),
        memoryMb: sum(flavor => flavor.memoryMb),
        diskGb: sum(flavor => flavor.diskGb + flavor.ephemeralGb),
        servers: mine.length,
      },
      servers: mine.map(({ id, name }) => ({ id, name })),
    }
  }
  return {
    list,

    async get(id: string): Promise<Hypervisor> {
      const found = (await list()).find(({ service }) => service.id === id || String(service.number) === id)
      if (!found) throw new Refusal('not-found', `Hypervisor with ID '${id}' could not be found.`)
      return found
    },

    async matching(pattern: string): Promise<readonly Hypervisor[]> {
      const found = (await list()).filter(({ service }) => service.host.includes(pattern))
      if (found.length === 0) throw new Refusal('not-found', `No hypervisor matching '${pattern}' could be found.`)
      return found
    },
  }
}

export type HypervisorLogic = ReturnType<typeof hypervisorLogic>
