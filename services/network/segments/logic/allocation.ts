import type { Chance } from '@kilonova/platform/chance.ts'
import { refuseConflict, refuseExhausted, refuseInput } from '../../refusals/refusal.ts'
import { fresh, revised } from '../../standards/standard/standard.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Transaction } from '../../tables.ts'
import { type NetworkType, networkTypes, type Pool, type Segment, type SegmentRules, type SegmentWish } from '../segment/segment.ts'
import type { SegmentStore } from '../store.ts'

export interface Rooms {
  readonly store: SegmentStore
  readonly rules: SegmentRules
  /** Where a project's networks get their numbers from, the first choice first. */
  readonly pools: (tx: Transaction, projectId: string, networkType: string, physicalNetwork: string | null) => Promise<readonly Pool[]>
  readonly chance: Pick<Chance, 'uuid' | 'fraction'>
  readonly clock: Pick<Clock, 'now'>
}

/** Giving segments: each type knows what may be said of it, and no tag of a physical network is given twice. */
export function allocationOf({ store, rules, pools, chance, clock }: Rooms) {
  const numbers = numbersOf({ store, chance })

  async function chosen(
    tx: Transaction,
    projectId: string,
    wish: SegmentWish & { networkType: NetworkType },
  ): Promise<Pick<Segment, 'physicalNetwork' | 'segmentationId'>> {
    const { networkType, physicalNetwork = null, segmentationId = null } = wish
    if (networkType === 'local') return { physicalNetwork: null, segmentationId: null }
    if (networkType === 'flat') {
      if ((await store.taken('flat', physicalNetwork ?? '', [0], tx.read)).size > 0)
        refuseConflict('FlatNetworkInUse', `Unable to create the flat network. Physical network ${physicalNetwork} is in use.`)
      return { physicalNetwork, segmentationId: null }
    }
    const place = networkType === 'vxlan' ? null : physicalNetwork
    if (segmentationId !== null) {
      await numbers.mustBeFree(tx, networkType, place, segmentationId)
      return { physicalNetwork: place, segmentationId }
    }
    const free = await numbers.any(tx, networkType, await pools(tx, projectId, networkType, place))
    return free ?? refuseExhausted('NoNetworkAvailable', 'Unable to create the network. No tenant network is available for allocation.')
  }

  /** What a segment of a project's network is: as wished, where nothing is said of what is free. */
  async function place(tx: Transaction, projectId: string, wish: SegmentWish): Promise<Placed> {
    const typed = mustBePossible(rules, wish)
    return { networkType: typed.networkType, ...(await chosen(tx, projectId, typed)) }
  }

  /** The first of the projects' types that has something left. */
  async function firstWithRoom(tx: Transaction, projectId: string): Promise<readonly SegmentWish[]> {
    const said = { physicalNetwork: undefined, segmentationId: undefined }
    for (const networkType of rules.tenantTypes) {
      if (networkType === 'local') return [{ networkType, ...said }]
      const free = await numbers.any(tx, networkType, await pools(tx, projectId, networkType, null))
      if (free) return [{ networkType, ...free }]
    }
    return refuseExhausted('NoNetworkAvailable', 'Unable to create the network. No tenant network is available for allocation.')
  }

  return {
    ofNetworks: store.ofNetworks,

    /** The segments of a network that is new: what was asked for, or one of the types that projects get. */
    async allocate(tx: Transaction, network: Owned, wishes: readonly SegmentWish[]): Promise<readonly Segment[]> {
      const asked = wishes.length > 0 ? wishes : await firstWithRoom(tx, network.projectId)
      const segments: Segment[] = []
      for (const [segmentIndex, wish] of asked.entries()) {
        const standard = fresh(chance.uuid(), '', clock.now())
        const segment = { ...standard, networkId: network.id, segmentIndex, name: null, ...(await place(tx, network.projectId, wish)) }
        await store.insert(tx, [segment])
        segments.push(segment)
      }
      return segments
    },

    place,

    release: (tx: Transaction, segments: readonly Segment[]) => store.release(tx, segments),

    /** Another tag for a VLAN network. */
    async retag(tx: Transaction, segment: Segment, wish: SegmentWish): Promise<Segment> {
      if (segment.networkType !== 'vlan') return refuseInput('Only VLAN type networks can be updated.')
      if (wish.segmentationId === undefined || wish.segmentationId === null)
        return refuseInput('Only segmentation_id field can be updated in VLAN type networks')
      const moved = { ...segment, segmentationId: wish.segmentationId }
      mustBePossible(rules, moved)
      await numbers.mustBeFree(tx, 'vlan', segment.physicalNetwork, wish.segmentationId)
      await store.retag(tx, revised(moved, clock.now()))
      return moved
    },
  }
}

/** A network as far as its segments need to know it. */
interface Owned {
  readonly id: string
  readonly projectId: string
}

type Placed = Pick<Segment, 'networkType' | 'physicalNetwork' | 'segmentationId'>

/** Looking for numbers that are free costs the same however many are taken: some are drawn by lot; only a nearly full range is walked. */
function numbersOf({ store, chance }: Pick<Rooms, 'store' | 'chance'>) {
  const draws = 16
  const step = 500
  async function inRange(tx: Transaction, networkType: string, { physicalNetwork, range }: Pool): Promise<number | undefined> {
    const size = range.last - range.first + 1
    const drawn = Array.from({ length: draws }, () => range.first + Math.floor(chance.fraction() * size))
    const taken = await store.taken(networkType, physicalNetwork ?? '', drawn, tx.read)
    const found = drawn.find(number => !taken.has(number))
    if (found !== undefined) return found
    for (let first = range.first; first <= range.last; first += step) {
      const some = Array.from({ length: Math.min(step, range.last - first + 1) }, (_, i) => first + i)
      const used = await store.taken(networkType, physicalNetwork ?? '', some, tx.read)
      const free = some.find(number => !used.has(number))
      if (free !== undefined) return free
    }
    return undefined
  }
  return {
    async any(tx: Transaction, networkType: string, pools: readonly Pool[]) {
      for (const pool of pools) {
        const segmentationId = await inRange(tx, networkType, pool)
        if (segmentationId !== undefined) return { physicalNetwork: pool.physicalNetwork, segmentationId }
      }
      return undefined
    },
    async mustBeFree(tx: Transaction, networkType: string, physicalNetwork: string | null, number: number): Promise<void> {
      if ((await store.taken(networkType, physicalNetwork ?? '', [number], tx.read)).size === 0) return
      if (networkType === 'vlan')
        refuseConflict('VlanIdInUse', `Unable to create the network. The VLAN ${number} on physical network ${physicalNetwork} is in use.`)
      refuseConflict('TunnelIdInUse', `Unable to create the network. The tunnel ID ${number} is in use.`)
    },
  }
}

/** What each type lets be said of it. */
function mustBePossible(rules: SegmentRules, wish: SegmentWish): SegmentWish & { networkType: NetworkType } {
  const networkType = networkTypes.find(type => type === wish.networkType)
  if (wish.networkType === null || wish.networkType === undefined) return refuseInput('network_type required')
  if (networkType === undefined || !rules.typeDrivers.includes(networkType))
    return refuseInput(`network_type value '${wish.networkType}' not supported`)
  const typed = { ...wish, networkType }
  checks[networkType](rules, typed)
  return typed
}

const checks: Readonly<Record<NetworkType, (rules: SegmentRules, wish: SegmentWish) => void>> = {
  local(_, { physicalNetwork, segmentationId }) {
    if (physicalNetwork != null) refuseInput('physical_network prohibited for local provider network')
    if (segmentationId != null) refuseInput('segmentation_id prohibited for local provider network')
  },
  flat({ flatNetworks }, { physicalNetwork, segmentationId }) {
    if (physicalNetwork == null || physicalNetwork === '') refuseInput('physical_network required for flat provider network')
    if (flatNetworks.length === 0) refuseInput('Flat provider networks are disabled')
    if (!flatNetworks.includes('*') && !flatNetworks.includes(physicalNetwork ?? ''))
      refuseInput(`physical_network '${physicalNetwork}' unknown for flat provider network`)
    if (segmentationId != null) refuseInput('segmentation_id prohibited for flat provider network')
  },
  vlan({ vlanRanges }, { physicalNetwork, segmentationId }) {
    if (physicalNetwork == null) {
      if (segmentationId != null) refuseInput('segmentation_id requires physical_network for VLAN provider network')
      return
    }
    if (!vlanRanges.has(physicalNetwork)) refuseInput(`physical_network '${physicalNetwork}' unknown for VLAN provider network`)
    if (segmentationId != null && (segmentationId < 1 || segmentationId > 4094))
      refuseInput('segmentation_id out of range (1 through 4094)')
  },
  vxlan(_, { physicalNetwork, segmentationId }) {
    if (physicalNetwork != null && physicalNetwork !== '') refuseInput('provider:physical_network specified for vxlan network')
    if (segmentationId != null && (segmentationId < 1 || segmentationId > 16_777_215))
      refuseInput('segmentation_id out of range (1 through 16777215)')
  },
}

export type Allocation = ReturnType<typeof allocationOf>
