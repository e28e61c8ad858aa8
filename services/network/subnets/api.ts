import type { NetworkLogic } from '../networks/logic.ts'
import { askNetworks } from '../versions/asking.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import type { SubnetLogic } from './logic/subnets.ts'
import { subnetAttributes } from './subnet/attributes.ts'
import type { Subnet } from './subnet/subnet.ts'

export const subnetApi = (subnets: SubnetLogic, tags: TagKeeper, networks: Pick<NetworkLogic, 'factsOf'>) =>
  collection<Subnet>({
    name: 'subnet',
    plural: 'subnets',
    path: '/v2.0/subnets',
    words: { one: 'a subnet', many: 'the subnets' },
    attributes: subnetAttributes,
    logic: subnets,
    tags,
    besides: askNetworks(networks.factsOf),
  })
