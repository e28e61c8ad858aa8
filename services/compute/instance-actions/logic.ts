import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction } from '../tables.ts'
import type { ActionEvent, ActionFilter, ActionKey, InstanceAction } from './instance-action.ts'
import type { InstanceActionStore } from './store.ts'

export interface Rooms {
  /** Of every cell, the one with hosts first: what failed before it had a host moves, and what was asked of it stays. */
  readonly stores: readonly InstanceActionStore[]
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
}

/** How an action, or an event of it, failed. */
export interface Failure {
  readonly message: string
  readonly host?: string | undefined
}

/**
 * What is asked of servers. It is noted in the transaction that grants the wish, and its end in the one that fulfils it, so that an action
 * without an end is one that is under way.
 */
export const instanceActionLogic = ({ stores, clock, chance }: Rooms) => {
  const [store] = stores as [InstanceActionStore]
  const now = () => new Date(clock.now()).toISOString()
  const keyOf = (serverId: string, { requestId }: Cause): ActionKey => ({ serverId, requestId })

  const end = async (tx: Transaction, key: ActionKey, failure?: Failure): Promise<void> => {
    const action = await store.find(key, tx.read)
    if (!action || action.finishedAt !== null) return
    const at = now()
    const result = failure ? ('Error' as const) : ('Success' as const)
    await store.endEvents(tx, action.id, { finishedAt: at, result, host: failure?.host ?? null, details: failure?.message ?? null })
    await store.update(tx, { id: action.id, updatedAt: at, finishedAt: at, message: failure ? 'Error' : null })
  }

  const begin = async (tx: Transaction, serverId: string, { action, event }: Begun, cause: Cause): Promise<void> => {
    const at = now()
    const begun: InstanceAction = {
      ...{ id: chance.uuid(), serverId, requestId: cause.requestId, action, startedAt: at, updatedAt: at },
      ...{ userId: cause.userId ?? null, projectId: cause.projectId ?? null, finishedAt: null, message: null },
    }
    await store.insert(tx, begun)
    if (event !== undefined) await store.writeEvent(tx, begun.id, open(event, at, null))
  }

  return {
    /** Begins an action and its first event, when there is one. */
    begin,

    /** An action that is over already; nothing, when the same request has noted what it does. */
    async noteOver(tx: Transaction, serverId: string, { action, failure }: Over, cause: Cause): Promise<void> {
      if (await store.find(keyOf(serverId, cause), tx.read)) return
      await begin(tx, serverId, { action, event: failure === undefined ? undefined : action }, cause)
      await end(tx, keyOf(serverId, cause), failure === undefined ? undefined : { message: failure })
    },

    /** Another piece of the same work begins; those before it have succeeded. */
    async next(tx: Transaction, serverId: string, { event, host }: { event: string; host?: string | undefined }, cause: Cause) {
      const action = await store.find(keyOf(serverId, cause), tx.read)
      if (!action) return
      const at = now()
      await store.endEvents(tx, action.id, { finishedAt: at, result: 'Success', host: host ?? null, details: null })
      await store.writeEvent(tx, action.id, open(event, at, host ?? null))
    },

    end: (tx: Transaction, serverId: string, cause: Cause, failure?: Failure): Promise<void> => end(tx, keyOf(serverId, cause), failure),

    /** Whatever was asked of the server and has no end yet. */
    async endAll(tx: Transaction, serverId: string, failure: Failure): Promise<void> {
      for (const { requestId } of await store.listOpen(serverId, tx.read)) await end(tx, { serverId, requestId }, failure)
    },

    async list(filter: Omit<ActionFilter, 'before'> & { readonly marker?: string | undefined }): Promise<readonly InstanceAction[]> {
      const { marker, ...rest } = filter
      const before = marker === undefined ? undefined : await find({ serverId: filter.serverId, requestId: marker })
      if (marker !== undefined && !before) throw new Refusal('invalid', `Marker ${marker} could not be found.`)
      const pages = await Promise.all(stores.map(one => one.list({ ...rest, before })))
      const newestFirst = (a: InstanceAction, b: InstanceAction) => (a.startedAt < b.startedAt ? 1 : a.startedAt > b.startedAt ? -1 : 0)
      return pages.flat().toSorted(newestFirst).slice(0, filter.limit)
    },

    async get(key: ActionKey): Promise<InstanceAction & { readonly events: readonly ActionEvent[] }> {
      for (const one of stores) {
        const action = await one.find(key)
        if (action) return { ...action, events: await one.listEvents(action.id) }
      }
      throw new Refusal('not-found', `Action ${key.requestId} not found`)
    },
  }

  async function find(key: ActionKey): Promise<InstanceAction | undefined> {
    const found = await Promise.all(stores.map(one => one.find(key)))
    return found.find(Boolean)
  }
}

export interface Begun {
  readonly action: string
  readonly event?: string | undefined
}

interface Over {
  readonly action: string
  /** Why it failed, when it did. */
  readonly failure?: string | undefined
}

const open = (event: string, startedAt: string, host: string | null): ActionEvent => ({
  ...{ event, startedAt, host, finishedAt: null, result: null, details: null },
})

export type InstanceActionLogic = ReturnType<typeof instanceActionLogic>
