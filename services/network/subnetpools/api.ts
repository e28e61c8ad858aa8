import { readValue } from '../attributes/attribute/attribute.ts'
import { refuseInput } from '../refusals/refusal.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import { member } from '../versions/members.ts'
import type { SubnetpoolLogic } from './logic/subnetpools.ts'
import { prefixList, type Subnetpool, subnetpoolAttributes } from './subnetpool/subnetpool.ts'

export function subnetpoolApi(pools: SubnetpoolLogic, tags: TagKeeper) {
  const declared = {
    name: 'subnetpool',
    plural: 'subnetpools',
    path: '/v2.0/subnetpools',
    words: { one: 'a subnet pool', many: 'the subnet pools' },
    attributes: subnetpoolAttributes,
    logic: pools,
    tags,
    // NOTE: Neutron writes the lengths of prefixes as texts.
    shows: {
      default_prefixlen: (pool: Subnetpool) => String(pool.defaultPrefixlen),
      min_prefixlen: (pool: Subnetpool) => String(pool.minPrefixlen),
      max_prefixlen: (pool: Subnetpool) => String(pool.maxPrefixlen),
    },
  }
  const list = { type: 'object', properties: { prefixes: { type: 'array', items: { type: 'string' } } }, required: ['prefixes'] }
  const change = (name: string, policy: string, summary: string, run: SubnetpoolLogic['addPrefixes']) =>
    member<Subnetpool>({
      collection: declared,
      name,
      summary,
      policy,
      takes: list,
      gives: list,
      run: async ({ id, body, act }) => ({ prefixes: (await run(id, readValue('prefixes', prefixList, body['prefixes']), act)).prefixes }),
    })
  return [
    ...collection<Subnetpool>(declared),
    change('add_prefixes', 'add_prefixes', 'Add prefixes to a pool', pools.addPrefixes),
    change('remove_prefixes', 'remove_prefixes', 'Take prefixes out of a pool', pools.removePrefixes),
    member<Subnetpool>({
      collection: declared,
      name: 'onboard_network_subnets',
      summary: 'Give the subnets of a network to a pool',
      policy: 'onboard_network_subnets',
      takes: { type: 'object', properties: { network_id: { type: 'string' } }, required: ['network_id'] },
      gives: { type: 'array', items: { type: 'object' } },
      async run({ id, body, act }) {
        const networkId = body['network_id']
        return typeof networkId === 'string' ? pools.onboard(id, networkId, act) : refuseInput('network_id must be specified.')
      },
    }),
  ]
}
