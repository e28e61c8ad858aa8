import { everybody, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import { bareNetwork } from '../networks/network/attributes.ts'
import type { RouterLogic } from '../routers/logic/routers.ts'
import type { Act } from '../standards/standard/act.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import { bareSubnet } from '../subnets/subnet/attributes.ts'

export interface Rooms {
  readonly networks: Pick<NetworkLogic, 'list' | 'create'>
  readonly subnets: Pick<SubnetLogic, 'list' | 'create'>
  readonly routers: Pick<RouterLogic, 'list' | 'create' | 'addInterface'>
}

export interface FirstNetworks {
  /** Whose the network outside is, and whose those of servers. */
  readonly adminProject: string
  readonly memberProject: string
  readonly outside: { readonly physicalNetwork: string; readonly cidr: string; readonly gateway: string; readonly pool: Pool }
  readonly inside: { readonly cidr: string; readonly nameservers: readonly string[] }
}

interface Pool {
  readonly start: string
  readonly end: string
}

/**
 * What a new cloud begins with: `public`, which leads out through the host, and for the first project `private` with a router between. What is
 * there already stays, so that who was interrupted may begin again.
 */
export function firstNetworkLogic({ networks, subnets, routers }: Rooms) {
  async function networkOf(wish: { projectId: string; name: string } & Partial<Outside>, act: Act): Promise<string> {
    const [there] = await networks.list(where({ project_id: [wish.projectId], name: [wish.name] }), everybody)
    const made = there ? [there] : await networks.create([bareNetwork(wish)], act)
    return made[0]?.id ?? ''
  }

  async function subnetOf(wish: SubnetOf, act: Act): Promise<string> {
    const [there] = await subnets.list(where({ network_id: [wish.networkId] }), everybody)
    const made = there ? [there] : await subnets.create([bareSubnet(wish)], act)
    return made[0]?.id ?? ''
  }

  async function routerOf(projectId: string, outsideId: string, insideId: string, act: Act): Promise<void> {
    const [there] = await routers.list(where({ project_id: [projectId], name: ['router'] }), everybody)
    if (there) return
    const plain = { description: '', adminStateUp: true, availabilityZoneHints: [] }
    const wish = { ...plain, projectId, name: 'router', externalGatewayInfo: { networkId: outsideId } }
    const [router] = await routers.create([wish], act)
    if (router) await routers.addInterface(router.id, { subnetId: insideId }, act)
  }

  return {
    async provide({ adminProject, memberProject, outside, inside }: FirstNetworks, { cause }: Pick<Act, 'cause'>): Promise<void> {
      const act: Act = { cause, viewer: everybody, within: {} }
      const publicId = await networkOf(
        {
          ...{ projectId: adminProject, name: 'public', routerExternal: true, isDefault: true },
          ...{ providerNetworkType: 'flat', providerPhysicalNetwork: outside.physicalNetwork },
        },
        act,
      )
      const { cidr, gateway: gatewayIp, pool } = outside
      const way = { cidr, gatewayIp, allocationPools: [pool], enableDhcp: false }
      await subnetOf({ projectId: adminProject, name: 'public-subnet', networkId: publicId, ...way }, act)
      const privateId = await networkOf({ projectId: memberProject, name: 'private' }, act)
      const seats = { cidr: inside.cidr, dnsNameservers: inside.nameservers }
      const insideId = await subnetOf({ projectId: memberProject, name: 'private-subnet', networkId: privateId, ...seats }, act)
      await routerOf(memberProject, publicId, insideId, act)
    },
  }
}

interface Outside {
  readonly routerExternal: boolean
  readonly isDefault: boolean
  readonly providerNetworkType: string
  readonly providerPhysicalNetwork: string
}

interface SubnetOf {
  readonly projectId: string
  readonly name: string
  readonly networkId: string
  readonly cidr: string
  readonly gatewayIp?: string
  readonly allocationPools?: readonly Pool[]
  readonly dnsNameservers?: readonly string[]
  readonly enableDhcp?: boolean
}
