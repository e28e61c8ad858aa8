import { everybody, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import { ownTarget, viewerOf } from '../versions/collection.ts'
import { describedView } from '../versions/members.ts'
import { endpoint } from '../versions.ts'

/** The subnets of external networks, out of which floating addresses are given. */
export const floatingipPoolApi = (networks: NetworkLogic, subnets: SubnetLogic) => [
  endpoint('GET /v2.0/floatingip_pools', {
    summary: 'List where floating addresses come from',
    policy: 'get_floatingip_pool',
    status: 200,
    view: describedView({ type: 'object', properties: { floatingip_pools: { type: 'array', items: { type: 'object' } } } }),
    target: ({ caller }) => ownTarget(caller),
    async run(asked) {
      const external = await networks.list(where({ 'router:external': [true] }), viewerOf(asked))
      const ids = external.map(({ id }) => id)
      const pools = ids.length === 0 ? [] : await subnets.list(where({ network_id: ids, ip_version: [4] }), everybody)
      return {
        floatingip_pools: pools.map(({ id, name, cidr, networkId, projectId }) => ({
          subnet_id: id,
          subnet_name: name,
          network_id: networkId,
          cidr,
          project_id: projectId,
          tenant_id: projectId,
        })),
      }
    },
  }),
]
