import { everybody, type Viewer, type Wanted, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import type { Network } from '../networks/network/network.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import { spanOfPool, type Subnet } from '../subnets/subnet/subnet.ts'
import type { IpAvailability, SubnetAvailability } from './ip-availability.ts'
import type { AvailabilityStore } from './store.ts'

export interface Rooms {
  readonly store: AvailabilityStore
  readonly networks: Pick<NetworkLogic, 'list' | 'get'>
  readonly subnets: Pick<SubnetLogic, 'list'>
}

/** Counting addresses: three questions, however many networks. */
export function availabilityLogic({ store, networks, subnets }: Rooms) {
  async function of(some: readonly Network[], versions: readonly number[]): Promise<readonly IpAvailability[]> {
    const ids = some.map(({ id }) => id)
    const all = ids.length === 0 ? [] : await subnets.list(where({ network_id: ids }), everybody)
    const wanted = all.filter(({ ipVersion }) => versions.length === 0 || versions.includes(ipVersion))
    const used = await store.used(wanted.map(({ id }) => id))
    return some.map(({ id, name, projectId }) => {
      const own = wanted.filter(({ networkId }) => networkId === id).map(subnet => availabilityOf(subnet, used.get(subnet.id) ?? 0))
      const total = own.reduce((sum, subnet) => sum + subnet.total, 0n)
      return { networkId: id, networkName: name, projectId, total, used: own.reduce((sum, subnet) => sum + subnet.used, 0), subnets: own }
    })
  }

  return {
    async list(filters: Wanted['filters'], versions: readonly number[], viewer: Viewer): Promise<readonly IpAvailability[]> {
      return of(await networks.list(where(filters), viewer), versions)
    },
    async get(networkId: string, viewer: Viewer): Promise<IpAvailability> {
      const network = await networks.get(networkId, viewer)
      const [found] = await of([network], [])
      return found ?? { networkId, networkName: network.name, projectId: network.projectId, total: 0n, used: 0, subnets: [] }
    },
  }
}

export type AvailabilityLogic = ReturnType<typeof availabilityLogic>

function availabilityOf({ id, name, cidr, ipVersion, allocationPools }: Subnet, used: number): SubnetAvailability {
  const total = allocationPools.map(spanOfPool).reduce((sum, { first, last }) => sum + last - first + 1n, 0n)
  return { id, name, cidr, ipVersion, total, used }
}
