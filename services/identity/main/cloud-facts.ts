import type { CloudFacts } from '../contract/cloud-facts.ts'
import type { Logics } from '../routes.ts'

type Rooms = Pick<Logics, 'auth' | 'limits' | 'registeredLimits' | 'services'>

/** A limit of a region counts before one of every region, and one of a project before what is registered for all. */
export const cloudFacts = ({ auth, limits, registeredLimits, services }: Rooms): CloudFacts => ({
  async findEndpoint({ userId, projectId, serviceType, ...wish }) {
    const catalog = await auth.catalogFor({ userId, projectId, roles: [] })
    const endpoints = catalog.filter(({ type }) => type === serviceType).flatMap(service => service.endpoints)
    return endpoints.find(one => one.region_id === wish.region && one.interface === wish.interface)?.url
  },

  async limitsOf({ projectId, serviceType, region }) {
    const ids = (await services.list()).filter(({ type }) => type === serviceType).map(({ id }) => id)
    const nearestLast = <L extends OfService>(all: readonly L[]) =>
      all
        .filter(({ serviceId, regionId }) => ids.includes(serviceId) && (regionId === null || regionId === region))
        .toSorted((a, b) => Number(a.regionId !== null) - Number(b.regionId !== null))
    const registered = nearestLast(await registeredLimits.list()).map(one => [one.resourceName, one.defaultLimit] as const)
    const own = nearestLast(await limits.listOfProjects([projectId])).map(one => [one.resourceName, one.resourceLimit] as const)
    return new Map([...registered, ...own])
  },
})

interface OfService {
  readonly serviceId: string
  readonly regionId: string | null
}
