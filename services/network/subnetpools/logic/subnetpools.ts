import { given } from '@kilonova/platform/given.ts'
import { bitsOf, isInside, parseBlock } from '../../addresses/address.ts'
import type { AddressScopeLogic } from '../../address-scopes/logic.ts'
import { everybody, type Viewer } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { Network } from '../../networks/network/network.ts'
import type { SharingLogic } from '../../rbac-policies/logic/sharing.ts'
import { refuseBadRequest, refuseConflict, refuseForbidden, refuseInput, refuseInvalid, refuseUnknown } from '../../refusals/refusal.ts'
import { type Tools, usualLogic } from '../../standards/logic.ts'
import type { Act } from '../../standards/standard/act.ts'
import { revised } from '../../standards/standard/standard.ts'
import type { BlockSource } from '../../subnets/logic/subnets.ts'
import type { SubnetWish } from '../../subnets/subnet/attributes.ts'
import type { Transaction } from '../../tables.ts'
import type { SubnetpoolStore } from '../store.ts'
import type { Subnetpool, SubnetpoolChange, SubnetpoolWish } from '../subnetpool/subnetpool.ts'
import { anyBlock, blocksIn, checkBounds, compacted, doOverlap, thisBlock, unitsIn, versionOf } from './prefixes.ts'

export interface Rooms extends Tools {
  readonly store: SubnetpoolStore
  readonly sharing: Pick<SharingLogic, 'forget' | 'openToAll'>
  readonly scopes: Pick<AddressScopeLogic, 'find' | 'holdIn'>
  readonly networks: Pick<NetworkLogic, 'getIn'>
}

/** The rules of pools: one default per family, prefixes of one scope apart, and no block cut twice. */
export function subnetpoolLogic({ store, sharing, scopes, networks, ...tools }: Rooms) {
  const unknown = (id: string): never => refuseUnknown('SubnetPoolNotFound', `Subnet pool ${id} could not be found.`)

  const usual = usualLogic<Subnetpool, SubnetpoolWish, SubnetpoolChange>(tools, {
    store,
    counted: 'subnetpool',
    refuseUnknown: unknown,
    async make(wish, standard, tx, act) {
      const ipVersion = versionOf(wish.prefixes)
      const pool = { ...standard, ...bounded(wish, ipVersion), ipVersion, name: wish.name, shared: wish.shared, isDefault: wish.isDefault }
      const whole = {
        ...pool,
        prefixes: compacted(wish.prefixes),
        defaultQuota: wish.defaultQuota ?? null,
        addressScopeId: wish.addressScopeId ?? null,
      }
      await checkPool(tx, whole, undefined, act)
      return whole
    },
    async change(before, change, tx, act) {
      const pool = { ...before, ...given(change) } as Subnetpool
      const whole = { ...pool, prefixes: change.prefixes ? grown(before, change.prefixes) : before.prefixes }
      checkBounds(whole, before.ipVersion)
      await checkPool(tx, whole, before, act)
      return whole
    },
    async settled({ id, projectId }, { shared }, tx) {
      if (shared) await sharing.openToAll(tx, { objectType: 'subnetpool', objectId: id, projectId, action: 'access_as_shared' })
    },
    async mayGo({ id }, tx) {
      if ((await store.cutsOf(id, tx.read)).length > 0)
        refuseInvalid('SubnetPoolDeleteError', 'Unable to delete subnet pool: Subnet pool has existing allocations.')
      await sharing.forget(tx, [id])
    },
  })

  async function checkPool(tx: Transaction, pool: Subnetpool, before: Subnetpool | undefined, act: Act): Promise<void> {
    if (versionOf(pool.prefixes) !== pool.ipVersion)
      refuseInvalid('PrefixVersionMismatch', 'Cannot mix IPv4 and IPv6 prefixes in a subnet pool.')
    if (pool.isDefault && !before?.isDefault && (await defaultOf(tx, pool.ipVersion, everybody)))
      refuseInput('A default subnetpool for this IP family has already been set. Only one default may exist per IP family')
    if (pool.addressScopeId !== null) await checkScope(tx, pool, pool.addressScopeId, act)
  }

  async function checkScope(tx: Transaction, pool: Subnetpool, scopeId: string, act: Act): Promise<void> {
    const scope = await scopes.holdIn(tx, scopeId, everybody)
    if (!(await scopes.find(scopeId, act.viewer, tx.read)))
      refuseInvalid(
        'IllegalSubnetPoolAssociationToAddressScope',
        `Illegal subnetpool association: subnetpool ${pool.id} cannot be associated with address scope ${scopeId}.`,
      )
    if (scope.ipVersion !== pool.ipVersion)
      refuseInvalid(
        'IllegalSubnetPoolIpVersionAssociationToAddressScope',
        `Illegal subnetpool association: subnetpool ${pool.id} cannot associate with address scope ${scopeId} because subnetpool ip_version is not ${scope.ipVersion}.`,
      )
    const others = await store.list({ filters: { address_scope_id: [scopeId] }, sort: [] }, everybody, tx.read)
    if (others.some(other => other.id !== pool.id && doOverlap(other.prefixes, pool.prefixes)))
      refuseConflict(
        'AddressScopePrefixConflict',
        'Failed to associate address scope: subnetpools within an address scope must have unique prefixes.',
      )
  }

  async function defaultOf(tx: Transaction, ipVersion: number, viewer: Viewer): Promise<Subnetpool | undefined> {
    const [found] = await store.list({ filters: { is_default: [true], ip_version: [ipVersion] }, sort: [] }, viewer, tx.read)
    return found
  }

  const source: BlockSource = {
    async poolOf(tx: Transaction, wish: SubnetWish, viewer: Viewer): Promise<string | null> {
      if (wish.useDefaultSubnetpool && wish.subnetpoolId)
        refuseBadRequest('subnets', 'subnetpool_id and use_default_subnetpool cannot both be specified')
      if (wish.subnetpoolId === 'prefix_delegation') return refuseBadRequest('subnets', 'IPv6 prefix delegation is not available')
      if (wish.subnetpoolId) return (await store.find(wish.subnetpoolId, viewer, tx.read))?.id ?? unknown(wish.subnetpoolId)
      if (!wish.useDefaultSubnetpool) return null
      return (
        (await defaultOf(tx, wish.ipVersion, viewer))?.id ??
        refuseBadRequest('subnets', `No default subnetpool found for IPv${wish.ipVersion}`)
      )
    },

    async take(tx: Transaction, poolId: string, wish: SubnetWish): Promise<string> {
      await store.hold(tx, poolId)
      const pool = (await store.find(poolId, everybody, tx.read)) ?? unknown(poolId)
      if (wish.allocationPools && !wish.cidr) refuseBadRequest('subnets', 'allocation_pools allowed only for specific subnet requests.')
      if (wish.ipVersion !== pool.ipVersion)
        refuseBadRequest('subnets', `Cannot allocate IPv${wish.ipVersion} subnet from IPv${pool.ipVersion} subnet pool`)
      if (wish.cidr && wish.prefixlen !== undefined) refuseBadRequest('subnets', 'cidr and prefixlen must not be supplied together')
      const asked = wish.cidr ? parseBlock(wish.cidr)?.prefix : wish.prefixlen
      const prefix = asked ?? pool.defaultPrefixlen
      mustBeWithin(pool, prefix)
      const cuts = await store.cutsOf(poolId, tx.read)
      const taken = blocksIn(cuts.map(({ cidr }) => cidr))
      if (pool.defaultQuota) {
        const own = blocksIn(cuts.filter(({ projectId }) => projectId === wish.projectId).map(({ cidr }) => cidr))
        const used = own.reduce((sum, block) => sum + unitsIn(block), 0)
        if (used + unitsIn({ version: pool.ipVersion, first: 0n, prefix }) > pool.defaultQuota)
          refuseConflict('SubnetPoolQuotaExceeded', 'Per-tenant subnet pool prefix quota exceeded.')
      }
      return wish.cidr ? thisBlock(pool, taken, wish.cidr) : anyBlock(pool, taken, prefix)
    },

    async mustFit(tx, poolId, { ipVersion }, beside): Promise<void> {
      const same = beside.filter(subnet => subnet.ipVersion === ipVersion)
      const pool = poolId === null ? undefined : await store.find(poolId, everybody, tx.read)
      for (const other of same) {
        if (other.subnetpoolId === poolId) continue
        const otherPool = other.subnetpoolId === null ? undefined : await store.find(other.subnetpoolId, everybody, tx.read)
        const isSameScope = pool?.addressScopeId != null && pool.addressScopeId === otherPool?.addressScopeId
        if (!isSameScope)
          refuseInvalid('NetworkSubnetPoolAffinityError', 'Subnets hosted on the same network must be allocated from the same subnet pool.')
      }
    },
  }

  const changePrefixes = (
    id: string,
    act: Act,
    change: (pool: Subnetpool, tx: Transaction) => Promise<readonly string[]>,
  ): Promise<Subnetpool> =>
    tools.write(act.cause, async tx => {
      const before = await usual.getIn(tx, id, act.viewer)
      const pool = revised({ ...before, prefixes: await change(before, tx) }, tools.clock.now())
      await checkPool(tx, pool, before, act)
      await store.update(tx, pool)
      return pool
    })

  return {
    ...usual,
    source,
    defaultOf: (ipVersion: number, viewer: Viewer) =>
      store.list({ filters: { is_default: [true], ip_version: [ipVersion] }, sort: [] }, viewer).then(([pool]) => pool),

    addPrefixes: (id: string, prefixes: readonly string[], act: Act) =>
      changePrefixes(id, act, async pool => compacted([...pool.prefixes, ...prefixes])),

    removePrefixes: (id: string, prefixes: readonly string[], act: Act) =>
      changePrefixes(id, act, async (pool, tx) => {
        const cuts = await store.cutsOf(id, tx.read)
        if (
          doOverlap(
            prefixes,
            cuts.map(({ cidr }) => cidr),
          )
        )
          refuseInvalid(
            'IllegalSubnetPoolUpdate',
            'Illegal subnetpool update : One or more subnets allocated from the prefixes to be removed.',
          )
        return pool.prefixes.filter(prefix => !prefixes.includes(prefix))
      }),

    /** Subnets that were made without a pool become this one's. */
    onboard: (id: string, networkId: string, act: Act): Promise<readonly { readonly id: string; readonly cidr: string }[]> =>
      tools.write(act.cause, async tx => {
        const network: Network = await networks.getIn(tx, networkId, act.viewer)
        if (!act.viewer.seesAll && network.projectId !== act.viewer.projectId) refuseForbidden('NotAuthorized', 'Not authorized.')
        const before = await usual.getIn(tx, id, act.viewer)
        const found = await store.subnetsOfNetwork(networkId, before.ipVersion, tx.read)
        const there = (await store.cutsOf(id, tx.read)).map(({ cidr }) => cidr)
        for (const subnet of found)
          if (doOverlap([subnet.cidr], there))
            refuseInvalid(
              'IllegalSubnetPoolUpdate',
              `Illegal subnetpool update : Onboarding subnet ${subnet.id}: ${subnet.cidr} conflicts with allocated prefixes in subnet pool ${id}.`,
            )
        const pool = revised({ ...before, prefixes: compacted([...before.prefixes, ...found.map(({ cidr }) => cidr)]) }, tools.clock.now())
        await checkPool(tx, pool, before, act)
        await store.update(tx, pool)
        const ids = found.map(subnet => subnet.id)
        await store.adopt(tx, ids, id)
        return found.map(subnet => ({ id: subnet.id, cidr: subnet.cidr }))
      }),
  }
}

export type SubnetpoolLogic = ReturnType<typeof subnetpoolLogic>

function bounded(wish: SubnetpoolWish, version: 4 | 6) {
  const minPrefixlen = wish.minPrefixlen ?? (version === 4 ? 8 : 64)
  const bounds = {
    minPrefixlen,
    maxPrefixlen: wish.maxPrefixlen ?? bitsOf(version),
    defaultPrefixlen: wish.defaultPrefixlen ?? minPrefixlen,
  }
  checkBounds(bounds, version)
  return bounds
}

/** By an update prefixes may only be added; there is a call of its own for taking them away. */
function grown(before: Subnetpool, prefixes: readonly string[]): readonly string[] {
  const after = compacted(prefixes)
  const blocks = blocksIn(after)
  if (!blocksIn(before.prefixes).every(old => blocks.some(block => isInside(old, block))))
    refuseInvalid('IllegalSubnetPoolPrefixUpdate', 'Illegal update to prefixes: Existing prefixes must be a subset of the new prefixes.')
  return after
}

function mustBeWithin({ minPrefixlen, maxPrefixlen }: Subnetpool, prefixlen: number): void {
  if (prefixlen > maxPrefixlen)
    refuseInvalid(
      'MaxPrefixSubnetAllocationError',
      `Unable to allocate subnet with prefix length ${prefixlen}, maximum allowed prefix is ${maxPrefixlen}.`,
    )
  if (prefixlen < minPrefixlen)
    refuseInvalid(
      'MinPrefixSubnetAllocationError',
      `Unable to allocate subnet with prefix length ${prefixlen}, minimum allowed prefix is ${minPrefixlen}.`,
    )
}
