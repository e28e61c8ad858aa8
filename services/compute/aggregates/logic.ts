import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServiceLogic } from '../services/logic.ts'
import type { ApiTransaction, ApiWrite } from '../tables/api.ts'
import { type Aggregate, zoneOf } from './aggregate.ts'
import type { AggregateStore } from './store.ts'
import type { CacheWish } from './tasks/cache-images.ts'

export interface Rooms {
  readonly store: AggregateStore
  readonly write: ApiWrite
  readonly services: Pick<ServiceLogic, 'list' | 'isUp'>
  /** Writes down that these hosts shall fetch these images. */
  readonly order: (wish: CacheWish, key: string, cause: Cause) => Promise<unknown>
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
  /** Placement hears at once which hosts belong together; what it misses it hears at the next heartbeat. */
  readonly mirrored?: ((hosts: readonly string[], cause: Cause) => Promise<unknown>) | undefined
}

export const aggregateLogic = ({ store, write, services, order, clock, chance, mirrored }: Rooms) => {
  const now = () => new Date(clock.now()).toISOString()
  const pick = async (id: string, from?: ApiTransaction['read']): Promise<Aggregate> => {
    if (!/^-?\d+$/.test(id)) throw new Refusal('invalid', `Invalid aggregate id: ${id.slice(0, 64)}`)
    const found = (await store.list(from)).find(one => one.id === Number(id))
    if (!found) throw new Refusal('not-found', `Aggregate ${id} could not be found.`)
    return found
  }
  const change = (id: string, turn: (was: Aggregate, all: readonly Aggregate[]) => Aggregate, cause: Cause): Promise<Aggregate> =>
    write(cause, async tx => {
      const next = { ...turn(await pick(id, tx.read), await store.list(tx.read)), updatedAt: now() }
      await store.update(tx, next)
      return next
    })

  return {
    list: () => store.list(),
    get: (id: string) => pick(id),

    create: (name: string, zone: string | undefined, cause: Cause): Promise<Aggregate> =>
      write(cause, async tx => {
        refuseTaken(name, await store.list(tx.read))
        const metadata: Aggregate['metadata'] = zone === undefined ? {} : { availability_zone: zone }
        const id = await store.takeNumber(tx)
        const made: Aggregate = { id, uuid: chance.uuid(), name, hosts: [], metadata, createdAt: now(), updatedAt: null }
        await store.insert(tx, made)
        return made
      }),

    update: (id: string, { name, zone }: { readonly name?: string | undefined; readonly zone?: string | undefined }, cause: Cause) =>
      change(
        id,
        (was, all) => {
          if (name !== undefined && name !== was.name) refuseTaken(name, all)
          if (zone !== undefined) refuseTwoZones(was, was.hosts, zone, all)
          const metadata = zone === undefined ? was.metadata : { ...was.metadata, availability_zone: zone }
          return { ...was, name: name ?? was.name, metadata }
        },
        cause,
      ),

    /** What is null goes. */
    setMetadata: (id: string, told: Readonly<Record<string, string | null>>, cause: Cause) =>
      change(
        id,
        (was, all) => {
          const zone = told['availability_zone']
          if (zone != null) refuseTwoZones(was, was.hosts, zone, all)
          const merged = Object.entries({ ...was.metadata, ...told })
          const metadata = Object.fromEntries(merged.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])))
          return { ...was, metadata }
        },
        cause,
      ),

    async addHost(id: string, host: string, cause: Cause): Promise<Aggregate> {
      const isKnown = (await services.list()).some(one => one.binary === 'nova-compute' && one.host === host)
      await pick(id)
      if (!isKnown) throw new Refusal('not-found', `Compute host ${host} could not be found.`)
      const changed = await change(
        id,
        (was, all) => {
          if (was.hosts.includes(host)) throw new Refusal('conflict', `Aggregate ${id} already has host ${host}.`)
          const zone = zoneOf(was)
          if (zone !== undefined) refuseTwoZones(was, [host], zone, all)
          return { ...was, hosts: [...was.hosts, host].toSorted() }
        },
        cause,
      )
      await mirrored?.([host], cause).catch(() => undefined)
      return changed
    },

    async removeHost(id: string, host: string, cause: Cause): Promise<Aggregate> {
      const changed = await change(
        id,
        was => {
          if (!was.hosts.includes(host)) throw new Refusal('not-found', `Aggregate ${id} has no host ${host}.`)
          return { ...was, hosts: was.hosts.filter(one => one !== host) }
        },
        cause,
      )
      await mirrored?.([host], cause).catch(() => undefined)
      return changed
    },

    /** Hosts that do not answer fetch an image when its first guest comes. */
    async cacheImages(id: string, imageIds: readonly string[], cause: Cause): Promise<void> {
      if (new Set(imageIds).size < imageIds.length) throw new Refusal('invalid', 'Duplicate images in request')
      const { hosts, uuid } = await pick(id)
      const up = (await services.list()).filter(one => one.binary === 'nova-compute' && services.isUp(one)).map(({ host }) => host)
      await order({ hosts: hosts.filter(host => up.includes(host)), imageIds }, uuid, cause)
    },

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const found = await pick(id, tx.read)
        if (found.hosts.length > 0)
          throw new Refusal('invalid', `Cannot remove aggregate ${id}: Invalid aggregate to delete. Reason: Host aggregate is not empty.`)
        await store.delete(tx, found)
      }),
  }
}

export type AggregateLogic = ReturnType<typeof aggregateLogic>

function refuseTaken(name: string, all: readonly Aggregate[]): void {
  if (all.some(one => one.name === name)) throw new Refusal('conflict', `Aggregate ${name} already exists.`)
}

/** A host is in one zone at most. */
function refuseTwoZones(mine: Aggregate, hosts: readonly string[], zone: string, all: readonly Aggregate[]): void {
  const other = all.find(one => {
    const theirs = zoneOf(one)
    return one.id !== mine.id && theirs !== undefined && theirs !== zone && one.hosts.some(host => hosts.includes(host))
  })
  if (other) throw new Refusal('conflict', `One or more hosts already in availability zone(s) ['${zoneOf(other)}'].`)
}
