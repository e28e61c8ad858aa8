import { everybody, type Viewer, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import { bareNetwork } from '../networks/network/attributes.ts'
import type { Network } from '../networks/network/network.ts'
import { refuseConflict, refuseUnknown } from '../refusals/refusal.ts'
import type { RouterLogic } from '../routers/logic/routers.ts'
import type { Act } from '../standards/standard/act.ts'
import type { SubnetpoolLogic } from '../subnetpools/logic/subnetpools.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import { bareSubnet } from '../subnets/subnet/attributes.ts'

export interface Rooms {
  readonly networks: NetworkLogic
  readonly subnets: Pick<SubnetLogic, 'create' | 'list'>
  readonly routers: RouterLogic
  readonly pools: Pick<SubnetpoolLogic, 'defaultOf'>
}

const name = { network: 'auto_allocated_network', subnet: 'auto_allocated_subnet_v4', router: 'auto_allocated_router' } as const

/** A network with a way out for a project that has none: made when it is first asked for, from what the operator has set up for all. */
export function topologyLogic({ networks, subnets, routers, pools }: Rooms) {
  const existing = async (projectId: string): Promise<Network | undefined> => {
    const [found] = await networks.list(where({ project_id: [projectId], name: [name.network] }), everybody)
    return found
  }

  /** Where it would lead, and out of which pool. */
  async function ground(viewer: Viewer) {
    const [external] = await networks.list(where({ 'router:external': [true], is_default: [true] }), everybody)
    const pool = await pools.defaultOf(4, viewer)
    if (!external) return refuseUnready('No default router:external network')
    return pool ? { external, pool } : refuseUnready('No default subnetpools')
  }

  async function make(projectId: string, act: Act): Promise<Network> {
    const there = await existing(projectId)
    if (there && there.subnets.length > 0) return there
    const { external, pool } = await ground({ seesAll: false, projectId })
    const own: Act = { ...act, viewer: everybody }
    const network = there ?? (await networks.create([bareNetwork({ projectId, name: name.network })], own))[0]
    if (!network) return refuseUnready('Auto allocated topology could not be made')
    const [subnet] = await subnets.create([bareSubnet({ projectId, networkId: network.id, subnetpoolId: pool.id, name: name.subnet })], own)
    const [router] = await routers.create([routerWish(projectId, external.id)], own)
    if (router && subnet) await routers.addInterface(router.id, { subnetId: subnet.id }, own)
    return networks.get(network.id, act.viewer)
  }

  const underWay = new Map<string, Promise<Network>>()

  return {
    /** Says whether it could be made. */
    check: async (projectId: string, viewer: Viewer): Promise<void> => {
      if (!(await existing(projectId))) await ground(viewer)
    },

    /** Those who ask at the same moment get the same. */
    ensure(projectId: string, act: Act): Promise<Network> {
      const making = underWay.get(projectId) ?? make(projectId, act).finally(() => underWay.delete(projectId))
      underWay.set(projectId, making)
      return making
    },

    async remove(projectId: string, act: Act): Promise<void> {
      const network = await existing(projectId)
      if (!network)
        return refuseUnknown('AutoAllocatedTopologyNotFound', `Auto-allocated topology for tenant ${projectId} could not be found.`)
      const own: Act = { ...act, viewer: everybody }
      for (const router of await routers.list(where({ project_id: [projectId], name: [name.router] }), everybody)) {
        const legs = await subnets.list(where({ network_id: [network.id] }), everybody)
        for (const { id } of legs) await routers.removeInterface(router.id, { subnetId: id }, own)
        await routers.delete(router.id, own)
      }
      await networks.delete(network.id, own)
    },
  }
}

export type TopologyLogic = ReturnType<typeof topologyLogic>

const refuseUnready = (reason: string): never => refuseConflict('AutoAllocationFailure', `Deployment error: ${reason}.`)

const routerWish = (projectId: string, externalId: string) => ({
  projectId,
  name: name.router,
  description: '',
  adminStateUp: true,
  availabilityZoneHints: [],
  externalGatewayInfo: { networkId: externalId },
})
