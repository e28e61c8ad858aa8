import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { given } from '@kilonova/platform/given.ts'
import { formatAddress, parseBlock } from '../../addresses/address.ts'
import type { IpamLogic } from '../../ipam/logic.ts'
import { everybody, type Viewer, type Wanted, where } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { Network } from '../../networks/network/network.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import { refuseBadRequest, refuseConflict, refuseInput, refuseUnknown } from '../../refusals/refusal.ts'
import { allOrNone } from '../../standards/logic.ts'
import { type Act, mustBeAt } from '../../standards/standard/act.ts'
import { fresh, revised } from '../../standards/standard/standard.ts'
import type { Reading, Transaction, Write } from '../../tables.ts'
import type { TagLogic } from '../../tags/logic.ts'
import type { SubnetStore } from '../store.ts'
import type { SubnetChange, SubnetWish } from '../subnet/attributes.ts'
import { blockOf, isAutoAddressed, type Pool, type Subnet, usualPools } from '../subnet/subnet.ts'
import { checkPools, checkSubnet, type Limits, mustNotOverlap, refuseWithoutCidr } from './check.ts'

export interface Rooms {
  readonly store: SubnetStore
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid'>
  readonly clock: Pick<Clock, 'now'>
  readonly networks: Pick<NetworkLogic, 'getIn' | 'hold' | 'holdIn' | 'touch'>
  readonly ipam: Pick<IpamLogic, 'setPools' | 'forget' | 'ofSubnet'>
  readonly quotas: Pick<QuotaLogic, 'take' | 'give'>
  readonly tags: Pick<TagLogic, 'forget'>
  readonly source: BlockSource
  readonly limits: Limits
  readonly others: readonly SubnetFollower[]
}

/** Where blocks come from when a client asks for one out of a pool. */
export interface BlockSource {
  /** The pool a wish means, if any; refuses one that is not to be used. */
  poolOf(tx: Transaction, wish: SubnetWish, viewer: Viewer): Promise<string | null>
  /** A block of the pool, chosen or found. */
  take(tx: Transaction, poolId: string, wish: SubnetWish, network: Network): Promise<string>
  /** Whether a subnet of this pool may stand beside the others of its network. */
  mustFit(tx: Transaction, poolId: string | null, wish: Pick<SubnetWish, 'ipVersion'>, beside: readonly Subnet[]): Promise<void>
}

/** Who has a say when a subnet has come, changes or goes. */
export interface SubnetFollower {
  readonly addSubnet?: (tx: Transaction, subnet: Subnet, act: Act) => Promise<unknown>
  readonly changeSubnet?: (tx: Transaction, subnet: Subnet, before: Subnet) => Promise<unknown>
  /** Takes its addresses off whatever may lose them. */
  readonly dropSubnet?: (tx: Transaction, subnet: Subnet) => Promise<unknown>
}

/** The rules of subnets: blocks of one network never overlap, pools lie inside, and one whose addresses are in use stays. */
export function subnetLogic({ store, write, chance, clock, networks, ipam, quotas, tags, source, limits, others }: Rooms) {
  const get = async (id: string, viewer: Viewer, from?: Reading): Promise<Subnet> =>
    (await store.find(id, viewer, from)) ?? refuseUnknown('SubnetNotFound', `Subnet ${id} could not be found.`)
  const ofNetwork = (tx: Transaction, networkId: string) => store.list(where({ network_id: [networkId] }), everybody, tx.read)

  async function createOne(tx: Transaction, wish: SubnetWish, act: Act): Promise<Subnet> {
    const { projectId = '' } = wish
    const network = await networks.holdIn(tx, wish.networkId, act.viewer)
    await quotas.take(tx, projectId, 'subnet')
    const beside = await ofNetwork(tx, network.id)
    const subnetpoolId = await source.poolOf(tx, wish, act.viewer)
    const cidr = await cidrOf(tx, wish, subnetpoolId, network)
    mustNotOverlap(cidr, network.id, beside)
    await source.mustFit(tx, subnetpoolId, wish, beside)
    const subnet = wholeSubnet(wish, { id: chance.uuid(), cidr, subnetpoolId, network, now: clock.now() })
    checkSubnet({ ...subnet, id: 'new subnet' }, limits)
    if (wish.allocationPools) checkPools(wish.allocationPools, subnet)
    await store.insert(tx, [subnet])
    await ipam.setPools(tx, subnet.id, subnet.allocationPools)
    await networks.touch(tx, network)
    for (const { addSubnet } of others) await addSubnet?.(tx, subnet, act)
    return get(subnet.id, act.viewer, tx.read)
  }

  async function cidrOf(tx: Transaction, wish: SubnetWish, poolId: string | null, network: Network): Promise<string> {
    if (poolId !== null) return source.take(tx, poolId, wish, network)
    if (wish.prefixlen !== undefined && wish.cidr) refuseBadRequest('subnets', 'cidr and prefixlen must not be supplied together')
    if (wish.allocationPools !== undefined && !wish.cidr)
      refuseBadRequest('subnets', 'allocation_pools allowed only for specific subnet requests.')
    return wish.cidr ?? refuseWithoutCidr()
  }

  async function changed(tx: Transaction, before: Subnet, change: SubnetChange): Promise<Subnet> {
    const { allocationPools, ...fields } = change
    const subnet = { ...before, ...given(fields) } as Subnet
    checkSubnet(subnet, limits, before)
    if (allocationPools) checkPools(allocationPools, subnet)
    else if (change.gatewayIp) checkPools(before.allocationPools, subnet)
    if (change.gatewayIp !== undefined && change.gatewayIp !== before.gatewayIp && before.gatewayIp !== null) {
      const port = await store.routerPortWith(before.id, before.gatewayIp, tx.read)
      if (port !== undefined)
        refuseConflict('GatewayIpInUse', `Current gateway ip ${before.gatewayIp} already in use by port ${port}. Unable to update.`)
    }
    if (allocationPools) await ipam.setPools(tx, before.id, allocationPools)
    return { ...subnet, allocationPools: allocationPools ?? before.allocationPools }
  }

  return {
    get: (id: string, viewer: Viewer) => get(id, viewer),
    getIn: (tx: Transaction, id: string, viewer: Viewer) => get(id, viewer, tx.read),
    ofNetwork,
    find: store.find,
    list: (wanted: Wanted, viewer: Viewer): Promise<readonly Subnet[]> => store.list(wanted, viewer),
    /** For what makes a network with its subnets in one go. */
    createIn: createOne,

    create: allOrNone(write, createOne),

    update: (id: string, change: SubnetChange, act: Act): Promise<Subnet> =>
      write(act.cause, async tx => {
        const before = await get(id, act.viewer, tx.read)
        mustBeAt(act, before)
        await networks.hold(tx, before.networkId)
        const subnet = revised(await changed(tx, before, change), clock.now())
        await store.update(tx, subnet)
        for (const { changeSubnet } of others) await changeSubnet?.(tx, subnet, before)
        return get(id, act.viewer, tx.read)
      }),

    /** A network takes its subnets along. */
    async forgetNetwork(tx: Transaction, network: Network): Promise<void> {
      for (const subnet of await ofNetwork(tx, network.id)) await discard(tx, subnet)
    },

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        const subnet = await get(id, act.viewer, tx.read)
        mustBeAt(act, subnet)
        await networks.hold(tx, subnet.networkId)
        await store.hold(tx, id)
        const ports = await store.portsWithAddresses(id, tx.read)
        const stays = isAutoAddressed(subnet) ? await routersAmong(tx, subnet) : ports
        if (stays.length > 0)
          refuseConflict(
            'SubnetInUse',
            `Unable to complete operation on subnet ${id}: One or more ports have an IP allocation from this subnet.`,
          )
        await discard(tx, subnet)
        await networks.touch(tx, await networks.getIn(tx, subnet.networkId, everybody))
      }),
  }

  async function discard(tx: Transaction, subnet: Subnet): Promise<void> {
    for (const { dropSubnet } of others) await dropSubnet?.(tx, subnet)
    await ipam.forget(tx, subnet.id)
    await tags.forget(tx, subnet.id)
    await store.delete(tx, subnet)
    await quotas.give(tx, subnet.projectId, 'subnet')
  }

  /** Of a subnet whose addresses guests make themselves, only a router's port holds it back. */
  async function routersAmong(tx: Transaction, subnet: Subnet): Promise<readonly string[]> {
    const found: string[] = []
    for (const { ipAddress } of await ipam.ofSubnet(subnet.id, tx.read)) {
      const port = await store.routerPortWith(subnet.id, ipAddress, tx.read)
      if (port !== undefined) found.push(port)
    }
    return found
  }
}

export type SubnetLogic = ReturnType<typeof subnetLogic>

interface Decided {
  readonly id: string
  readonly cidr: string
  readonly subnetpoolId: string | null
  readonly network: Network
  readonly now: number
}

function wholeSubnet(wish: SubnetWish, { id, cidr, subnetpoolId, network, now }: Decided): Subnet {
  const block = parseBlock(cidr) ?? refuseInput(`'${cidr}' is not a valid IP subnet`)
  const gatewayIp = wish.gatewayIp === undefined ? usualGateway(cidr) : wish.gatewayIp
  const pools: readonly Pool[] = wish.allocationPools ?? usualPools(blockOf({ cidr }), gatewayIp)
  return {
    ...fresh(id, wish.projectId ?? '', now, wish.description),
    name: wish.name,
    networkId: network.id,
    networkProjectId: network.projectId,
    shared: network.shared,
    ipVersion: wish.ipVersion,
    cidr: block ? cidr : '',
    gatewayIp,
    enableDhcp: wish.enableDhcp,
    ipv6RaMode: wish.ipv6RaMode ?? null,
    ipv6AddressMode: wish.ipv6AddressMode ?? null,
    subnetpoolId,
    segmentId: wish.segmentId,
    dnsNameservers: wish.dnsNameservers ?? [],
    hostRoutes: wish.hostRoutes ?? [],
    serviceTypes: wish.serviceTypes,
    allocationPools: pools,
  }
}

/** The first host of the block; none where there is but one address. */
function usualGateway(cidr: string): string | null {
  const block = blockOf({ cidr })
  if (block.prefix === (block.version === 4 ? 32 : 128)) return null
  return formatAddress({ version: block.version, value: block.first + 1n })
}
