import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted, where } from '../listings/listing.ts'
import { refuseBadRequest, refuseConflict, refuseInput, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import { type Pool, poolsOf, type SegmentRules } from '../segments/segment/segment.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { Act } from '../standards/standard/act.ts'
import { fresh } from '../standards/standard/standard.ts'
import type { Transaction } from '../tables.ts'
import type { RangeChange, RangeWish } from './network-segment-range/attributes.ts'
import { mostOf, type NetworkSegmentRange, rangeOf, rangeWithout } from './network-segment-range/network-segment-range.ts'
import type { RangeStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: RangeStore
  readonly rules: SegmentRules
  /** The same id for the same name, always. */
  readonly idOf: (name: string) => string
}

/** The rules of ranges: those of the configuration stay, others are apart from each other and go when none of their numbers is taken. */
export function rangeLogic({ store, rules, idOf, ...tools }: Rooms) {
  const unknown = (id: string): never => refuseUnknown('NetworkSegmentRangeNotFound', `Network Segment Range ${id} could not be found.`)

  const usual = usualLogic<NetworkSegmentRange, RangeWish, RangeChange>(tools, {
    store,
    refuseUnknown: unknown,
    async make({ name, shared, networkType, physicalNetwork, minimum, maximum }, standard, tx) {
      if (!rules.typeDrivers.includes(networkType))
        refuseInvalid('NetworkSegmentRangeNetTypeNotSupported', `Network type ${networkType} does not support network segment ranges.`)
      if (!shared && standard.projectId === '') refuseInput('if NetworkSegmentRange is not shared, it must have a project_id')
      const range: NetworkSegmentRange = {
        ...{ ...standard, projectId: shared ? '' : standard.projectId },
        ...{ name, shared, networkType, isDefault: false, used: {}, minimum, maximum },
        physicalNetwork: networkType === 'vlan' ? (physicalNetwork ?? refuseWithoutPlace()) : null,
      }
      mustBeRange(range)
      await mustBeApart(tx, range)
      return range
    },
    async change(before, { name, description, minimum, maximum }) {
      mustBeOwn(before)
      const range = { ...before, ...given({ name, description, minimum, maximum }) }
      const taken = Object.keys(before.used).map(Number)
      if (taken.some(number => number < range.minimum || number > range.maximum)) refuseReferenced(before.id)
      mustBeRange(range)
      return range
    },
    async mayGo(range) {
      mustBeOwn(range)
      if (Object.keys(range.used).length > 0) refuseReferenced(range.id)
    },
  })

  async function mustBeApart(tx: Transaction, { networkType, physicalNetwork, minimum, maximum }: NetworkSegmentRange): Promise<void> {
    const same = where({ network_type: [networkType], physical_network: [physicalNetwork], is_default: [false] })
    const hits = (await store.list(same, everybody, tx.read)).filter(other => minimum <= other.maximum && other.minimum <= maximum)
    if (hits.length > 0)
      refuseConflict(
        'NetworkSegmentRangeOverlaps',
        `Network segment range overlaps with range(s) with id ${hits.map(({ id }) => id).join(', ')}`,
      )
  }

  /** The ranges of the configuration, as things of their own. */
  const configured = (): readonly NetworkSegmentRange[] =>
    (['vlan', 'vxlan'] as const)
      .filter(type => rules.typeDrivers.includes(type))
      .flatMap(type => poolsOf(rules, type, null).map(pool => ({ type, pool })))
      .map(({ type, pool: { physicalNetwork, range } }) => ({
        ...fresh(idOf(`${type} ${physicalNetwork ?? ''} ${range.first} ${range.last}`), '', tools.clock.now()),
        ...{ name: '', isDefault: true, shared: true, networkType: type, physicalNetwork, used: {} },
        ...{ minimum: range.first, maximum: range.last },
      }))

  let settled: Promise<void> | undefined
  /** Written down when somebody first looks: the configuration of a process is what it began with. */
  const settle = (): Promise<void> => {
    settled ??= tools
      .write({ requestId: 'req-first-look', why: 'the network segment ranges of the configuration' }, tx => store.settle(tx, configured()))
      .catch(error => {
        settled = undefined
        throw error
      })
    return settled
  }

  return {
    ...usual,
    list: async (wanted: Wanted, viewer: Viewer) => {
      await settle()
      return usual.list(wanted, viewer)
    },
    get: async (id: string, viewer: Viewer) => {
      await settle()
      return usual.get(id, viewer)
    },
    update: async (id: string, change: RangeChange, act: Act) => {
      await settle()
      return usual.update(id, change, act)
    },

    /** Where a project's networks get their numbers from: its own ranges first, then everybody's without what is some other project's. */
    async pools(tx: Transaction, projectId: string, networkType: string, physicalNetwork: string | null): Promise<readonly Pool[]> {
      const usualPools = poolsOf(rules, networkType, physicalNetwork)
      const said = await store.list(where({ network_type: [networkType], is_default: [false] }), everybody, tx.read)
      if (said.length === 0) return usualPools
      const here = said.filter(one => physicalNetwork === null || one.physicalNetwork === physicalNetwork)
      const poolOf = (one: NetworkSegmentRange): Pool => ({ physicalNetwork: one.physicalNetwork, range: rangeOf(one) })
      const own = here.filter(one => !one.shared && one.projectId === projectId).map(poolOf)
      const others = here.filter(one => !one.shared && one.projectId !== projectId)
      const all = [...here.filter(({ shared }) => shared).map(poolOf), ...usualPools]
      const open = all.flatMap(pool => {
        const holes = others.filter(other => other.physicalNetwork === pool.physicalNetwork).map(rangeOf)
        return rangeWithout(pool.range, holes).map(range => ({ ...pool, range }))
      })
      return [...own, ...open]
    },
  }
}

export type RangeLogic = ReturnType<typeof rangeLogic>

const refuseReferenced = (id: string): never =>
  refuseConflict('NetworkSegmentRangeReferencedByProject', `Network Segment Range ${id} is referenced by one or more tenant networks.`)

const refuseWithoutPlace = (): never =>
  refuseBadRequest('network_segment_range', "Network type vlan requires 'physical_network' to be specified while creating new range")

function mustBeOwn({ id, isDefault }: NetworkSegmentRange): void {
  if (isDefault)
    refuseInvalid(
      'NetworkSegmentRangeDefaultReadOnly',
      `Network Segment Range ${id} is a default segment range which could not be updated or deleted.`,
    )
}

function mustBeRange({ networkType, minimum, maximum }: NetworkSegmentRange): void {
  const most = mostOf(networkType)
  const outside = [minimum, maximum].find(number => number > most)
  const [kind, type] = networkType === 'vlan' ? ['VLAN', 'NetworkVlanRangeError'] : ['tunnel ID', 'NetworkTunnelRangeError']
  if (outside !== undefined)
    refuseInvalid(
      type ?? '',
      `Invalid network ${kind} range: '${minimum}:${maximum}' - '${outside} is not a valid ${networkType} identifier'.`,
    )
  if (maximum < minimum)
    refuseInvalid(
      type ?? '',
      `Invalid network ${kind} range: '${minimum}:${maximum}' - 'End of ${kind} range is less than start of ${kind} range'.`,
    )
}
