import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted } from '../listings/listing.ts'
import type { QuotaLogic } from '../quotas/logic.ts'
import type { SharingLogic } from '../rbac-policies/logic/sharing.ts'
import { refuseBody, refuseConflict, refuseInput, refuseUnknown } from '../refusals/refusal.ts'
import type { Allocation } from '../segments/logic/allocation.ts'
import { mtuOf, type SegmentRules, type SegmentWish } from '../segments/segment/segment.ts'
import { allOrNone } from '../standards/logic.ts'
import { type Act, mustBeAt } from '../standards/standard/act.ts'
import { fresh, revised } from '../standards/standard/standard.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import type { TagLogic } from '../tags/logic.ts'
import type { NetworkChange, NetworkWish } from './network/attributes.ts'
import type { Network } from './network/network.ts'
import type { NetworkStore } from './store.ts'

export interface Rooms {
  readonly store: NetworkStore
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid'>
  readonly clock: Pick<Clock, 'now'>
  readonly segments: Pick<Allocation, 'allocate' | 'release' | 'retag'>
  readonly sharing: SharingLogic
  readonly quotas: Pick<QuotaLogic, 'take' | 'give'>
  readonly tags: Pick<TagLogic, 'forget'>
  readonly rules: SegmentRules
  /** What else begins or ends with a network, in the same transaction: where its DHCP is served, whether a QoS policy exists. */
  readonly others: readonly NetworkFollower[]
}

/** Who has a say when a network comes, changes or goes. */
export interface NetworkFollower {
  /** Says what a new network has where nobody said. */
  readonly furnishNetwork?: (tx: Transaction, network: Network) => Promise<Network>
  readonly checkNetwork?: (tx: Transaction, network: Network, act: Act) => Promise<unknown>
  /** Takes away what nobody uses, before it is asked whether the network is in use. */
  readonly leaveNetwork?: (tx: Transaction, network: Network, act: Act) => Promise<unknown>
  /** Takes away what the network's own services have on it. */
  readonly forgetNetwork?: (tx: Transaction, network: Network) => Promise<unknown>
}

/** The rules of networks: what they are made of, who may use them, and that one with ports stays. */
export function networkLogic({ store, write, chance, clock, segments, sharing, quotas, tags, rules, others }: Rooms) {
  const get = async (id: string, viewer: Viewer, from?: Reading): Promise<Network> =>
    (await store.find(id, viewer, from)) ?? refuseUnknown('NetworkNotFound', `Network ${id} could not be found.`)

  async function createOne(tx: Transaction, wish: NetworkWish, act: Act): Promise<Network> {
    const [id, projectId] = [chance.uuid(), wish.projectId ?? '']
    await quotas.take(tx, projectId, 'network')
    const made = await segments.allocate(tx, { id, projectId }, segmentWishes(wish))
    const network: Network = {
      ...fresh(id, projectId, clock.now(), wish.description),
      name: wish.name,
      adminStateUp: wish.adminStateUp,
      status: 'ACTIVE',
      mtu: checkedMtu(wish.mtu, mtuOf(rules, made)),
      portSecurityEnabled: wish.portSecurityEnabled,
      isDefault: wish.isDefault,
      routerExternal: wish.routerExternal,
      availabilityZoneHints: wish.availabilityZoneHints,
      qosPolicyId: wish.qosPolicyId,
      dnsDomain: wish.dnsDomain,
      shared: wish.shared,
      subnets: [],
      segments: made,
      isRouted: false,
      availabilityZones: [],
      ipv4AddressScope: null,
      ipv6AddressScope: null,
    }
    const furnished = await furnish(tx, network)
    for (const { checkNetwork } of others) await checkNetwork?.(tx, furnished, act)
    await store.insert(tx, [furnished])
    await open(tx, network, wish)
    return get(id, act.viewer, tx.read)
  }

  async function furnish(tx: Transaction, bare: Network): Promise<Network> {
    let network = bare
    for (const { furnishNetwork } of others) network = (await furnishNetwork?.(tx, network)) ?? network
    return network
  }

  async function open(tx: Transaction, network: Network, wish: { shared?: boolean | undefined; routerExternal?: boolean | undefined }) {
    const opening = { objectType: 'network', objectId: network.id, projectId: network.projectId }
    if (wish.shared === true) await sharing.openToAll(tx, { ...opening, action: 'access_as_shared' })
    if (wish.shared === false) await closeShared(tx, network)
    if (wish.routerExternal === true) await sharing.openToAll(tx, { ...opening, action: 'access_as_external' })
    if (wish.routerExternal === false) await sharing.close(tx, network.id, 'access_as_external')
  }

  /** Whoever has ports or subnets on the network must go on seeing it. */
  async function closeShared(tx: Transaction, network: Network): Promise<void> {
    const opened = await sharing.projectsOf(network.id, 'access_as_shared', tx)
    if (!opened.includes('*')) return
    const users = await store.projectsOn(network.id, tx.read)
    const stillSeen = new Set([...opened.filter(one => one !== '*'), network.projectId, ''])
    if (users.some(user => !stillSeen.has(user)))
      refuseConflict(
        'InvalidSharedSetting',
        `Unable to reconfigure sharing settings for network ${network.name}. Multiple tenants are using it.`,
      )
    await sharing.closeToAll(tx, network.id, 'access_as_shared')
  }

  async function resegmented(tx: Transaction, network: Network, change: NetworkChange): Promise<void> {
    const wish = providerWish(change)
    if (wish === undefined) return
    const [segment, another] = network.segments
    if (segment === undefined || another) return void refuseInput('Plugin does not support updating provider attributes')
    if (wish.networkType !== undefined && wish.networkType !== segment.networkType)
      refuseInput('Plugin does not support updating provider attributes')
    if (wish.physicalNetwork !== undefined && wish.physicalNetwork !== segment.physicalNetwork)
      refuseInput('Plugin does not support updating provider attributes')
    if (wish.segmentationId !== undefined && wish.segmentationId !== segment.segmentationId) await segments.retag(tx, segment, wish)
  }

  return {
    get: (id: string, viewer: Viewer) => get(id, viewer),
    find: store.find,
    list: (wanted: Wanted, viewer: Viewer): Promise<readonly Network[]> => store.list(wanted, viewer),
    factsOf: store.factsOf,
    /** As it is in this transaction, for others that build on it. */
    getIn: (tx: Transaction, id: string, viewer: Viewer) => get(id, viewer, tx.read),
    /** Nobody changes it, takes it away or puts something on it until the commit. */
    hold: (tx: Transaction, id: string) => store.hold(tx, id),
    /** As it is then. */
    async holdIn(tx: Transaction, id: string, viewer: Viewer): Promise<Network> {
      await store.hold(tx, id)
      return get(id, viewer, tx.read)
    },
    /** Something of it has changed that is kept elsewhere. */
    touch: async (tx: Transaction, network: Network) => void (await store.update(tx, revised(network, clock.now()))),

    /** It leads out from now on, or not any more. */
    async setExternal(tx: Transaction, id: string, routerExternal: boolean): Promise<void> {
      const network = await get(id, everybody, tx.read)
      if (network.routerExternal === routerExternal) return
      if (!routerExternal) await mustHaveNoGateways(tx, network)
      await store.update(tx, revised({ ...network, routerExternal }, clock.now()))
    },

    create: allOrNone(write, createOne),

    update: (id: string, change: NetworkChange, act: Act): Promise<Network> =>
      write(act.cause, async tx => {
        await store.hold(tx, id)
        const before = await get(id, act.viewer, tx.read)
        mustBeAt(act, before)
        await resegmented(tx, before, change)
        const { shared, mtu: asked, providerNetworkType, providerPhysicalNetwork, providerSegmentationId, segments: _, ...fields } = change
        const mtu = asked === undefined ? before.mtu : checkedMtu(asked, mtuOf(rules, before.segments))
        const network = revised({ ...before, ...given(fields), mtu } as Network, clock.now())
        if (before.routerExternal && change.routerExternal === false) await mustHaveNoGateways(tx, before)
        for (const { checkNetwork } of others) await checkNetwork?.(tx, network, act)
        await store.update(tx, network)
        await open(tx, network, { shared, routerExternal: change.routerExternal })
        return get(id, act.viewer, tx.read)
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        await store.hold(tx, id)
        const network = await get(id, act.viewer, tx.read)
        mustBeAt(act, network)
        for (const { leaveNetwork } of others) await leaveNetwork?.(tx, network, act)
        const users = await store.portsInUse(id, tx.read)
        if (users.length > 0)
          refuseConflict(
            'NetworkInUse',
            `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${users.join(',')}.`,
          )
        for (const { forgetNetwork } of others) await forgetNetwork?.(tx, network)
        await segments.release(tx, network.segments)
        await sharing.forget(tx, [id])
        await tags.forget(tx, id)
        await store.delete(tx, network)
        await quotas.give(tx, network.projectId, 'network')
      }),
  }

  async function mustHaveNoGateways(tx: Transaction, { id }: Network): Promise<void> {
    if ((await store.gatewaysOn(id, tx.read)) > 0)
      refuseConflict(
        'ExternalNetworkInUse',
        `External network ${id} cannot be updated to be made non-external, since it has existing gateway ports.`,
      )
  }
}

export type NetworkLogic = ReturnType<typeof networkLogic>

function checkedMtu(asked: number, most: number): number {
  if (asked > most) refuseInput(`Requested MTU is too big, maximum is ${most}`)
  return asked === 0 ? most : asked
}

const isSaid = (value: unknown): boolean => value !== undefined && value !== null

function providerWish(wish: NetworkChange): SegmentWish | undefined {
  const { providerNetworkType: networkType, providerPhysicalNetwork: physicalNetwork, providerSegmentationId: segmentationId } = wish
  return [networkType, physicalNetwork, segmentationId].some(isSaid) ? { networkType, physicalNetwork, segmentationId } : undefined
}

/** One segment by the provider attributes, several by `segments`, never both. */
function segmentWishes(wish: NetworkChange): readonly SegmentWish[] {
  const one = providerWish(wish)
  if (wish.segments === undefined) return one ? [one] : []
  if (one) return refuseBody('Plural and individual segment attributes cannot be specified together') as never
  return wish.segments
}
