import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Viewer, Wanted } from '../listings/listing.ts'
import type { QuotaLogic } from '../quotas/logic.ts'
import type { Counted } from '../quotas/quota.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import type { TagLogic } from '../tags/logic.ts'
import { type Act, type Answering, mustBeAt } from './standard/act.ts'
import { fresh, revised, type Standard } from './standard/standard.ts'

/** What every resource's logic is made with. */
export interface Tools {
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid'>
  readonly clock: Pick<Clock, 'now'>
  readonly quotas: Pick<QuotaLogic, 'take' | 'give'>
  readonly tags: Pick<TagLogic, 'forget'>
}

/** What a store must do for the usual five. */
export interface Keeper<N> {
  list(wanted: Wanted, viewer?: Viewer, from?: Reading): Promise<readonly N[]>
  find(id: string, viewer?: Viewer, from?: Reading): Promise<N | undefined>
  insert(tx: Transaction, things: readonly N[]): Promise<unknown>
  update(tx: Transaction, thing: N): Promise<unknown>
  delete(tx: Transaction, thing: N): Promise<unknown>
  /** Nobody else changes it, takes it away or hangs something on it until the commit. */
  hold(tx: Transaction, id: string): Promise<boolean>
}

/** What is a resource's own about being made, changed and deleted. */
export interface Habits<N, W, C> {
  readonly store: Keeper<N>
  readonly counted?: Counted
  refuseUnknown(id: string): never
  make(wish: W, standard: Standard, tx: Transaction, act: Act): N | Promise<N>
  change?(before: N, change: C, tx: Transaction, act: Act): N | Promise<N>
  /** After it is written, in the same transaction: what hangs on it. */
  settled?(thing: N, wish: W | C, tx: Transaction, act: Act): Promise<unknown>
  mayGo?(thing: N, tx: Transaction, act: Act): Promise<unknown>
}

type Wishing = { readonly projectId?: string | undefined; readonly description?: string | undefined }

/** The usual life of a resource that is a row of its own: made, listed, changed, deleted. */
export function usualLogic<N extends Standard, W extends Wishing, C extends object>(tools: Tools, habits: Habits<N, W, C>) {
  const { write, chance, clock, quotas, tags } = tools
  const { store, counted, refuseUnknown } = habits
  const get = async (id: string, viewer?: Viewer, from?: Reading): Promise<N> => (await store.find(id, viewer, from)) ?? refuseUnknown(id)

  async function createIn(tx: Transaction, wish: W, act: Act): Promise<N> {
    const projectId = wish.projectId ?? ''
    if (counted) await quotas.take(tx, projectId, counted)
    const thing = await habits.make(wish, fresh(chance.uuid(), projectId, clock.now(), wish.description), tx, act)
    await store.insert(tx, [thing])
    await habits.settled?.(thing, wish, tx, act)
    return get(thing.id, act.viewer, tx.read)
  }

  async function deleteIn(tx: Transaction, thing: N, act: Act): Promise<void> {
    await habits.mayGo?.(thing, tx, act)
    await tags.forget(tx, thing.id)
    await store.delete(tx, thing)
    if (counted) await quotas.give(tx, thing.projectId, counted)
  }

  return {
    find: store.find,
    list: (wanted: Wanted, viewer: Viewer): Promise<readonly N[]> => store.list(wanted, viewer),
    get: (id: string, viewer: Viewer): Promise<N> => get(id, viewer),
    getIn: (tx: Transaction, id: string, viewer: Viewer): Promise<N> => get(id, viewer, tx.read),
    createIn,
    deleteIn,
    /** As it is in this transaction, and stays until its end: for what is hung on it. */
    async holdIn(tx: Transaction, id: string, viewer: Viewer): Promise<N> {
      await store.hold(tx, id)
      return get(id, viewer, tx.read)
    },

    create: allOrNone(write, createIn),

    update: (id: string, change: C, act: Act): Promise<N> =>
      write(act.cause, async tx => {
        await store.hold(tx, id)
        const before = await get(id, act.viewer, tx.read)
        mustBeAt(act, before)
        const changed = (await habits.change?.(before, change, tx, act)) ?? { ...before, ...change }
        const thing = revised(changed, clock.now())
        await store.update(tx, thing)
        await habits.settled?.(thing, change, tx, act)
        return get(id, act.viewer, tx.read)
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        await store.hold(tx, id)
        const thing = await get(id, act.viewer, tx.read)
        mustBeAt(act, thing)
        await deleteIn(tx, thing, act)
      }),
  } satisfies Answering<N> & Record<string, unknown>
}

/** Makes all that are wished for, or none when one of them may not be. */
export const allOrNone =
  <W, N>(write: Write, createIn: (tx: Transaction, wish: W, act: Act) => Promise<N>) =>
  (wishes: readonly W[], act: Act): Promise<readonly N[]> =>
    write(act.cause, async tx => {
      const made: N[] = []
      for (const wish of wishes) made.push(await createIn(tx, wish, act))
      return made
    })
