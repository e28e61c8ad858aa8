import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Doors } from '@kilonova/platform/simulation/simulation.ts'
import { type Act, act, acts, create, projectId, remove, show, userId } from './simulated-api.ts'

/** What a client wants of one server, and what it knows of it; the client may be killed, what it was told is remembered. */
export interface Wish {
  readonly name: string
  /** What it asks of the server, one after the other; some of it will be refused. */
  readonly acts: readonly Act[]
  readonly fate: 'kept' | 'deleted' | 'deleted at once'
  /** Set when the API has acknowledged the server. */
  id?: string
  /** How many of the acts are behind it. */
  done?: number
}

/** A course that a user would take: what follows an act is mostly what undoes or ends it. */
export function courseOf(chance: Chance, length: number): readonly Act[] {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(chance.fraction() * from.length)] as T
  return Array.from({ length }, () => pick(pairs)).flatMap(pair => (chance.fraction() < 0.8 ? pair : [pick(acts)]))
}

// biome-ignore format: a table
const pairs: readonly (readonly Act[])[] = [
  ['stop', 'start'], ['pause', 'unpause'], ['suspend', 'resume'], ['rescue', 'unrescue'], ['resize', 'confirmResize'], ['resize', 'revertResize'],
  ['migrate', 'confirmResize'], ['migrate', 'revertResize'], ['shelve', 'unshelve'], ['shelve', 'shelveOffload', 'unshelve'], ['softReboot'],
  ['hardReboot'], ['rebuild'], ['snapshot'],
]

/** Sees to its wishes one after the other, never giving up. */
export async function client(wishes: readonly Wish[], doors: Doors): Promise<void> {
  for (const wish of wishes) await pursue(wish, doors)
}

async function pursue(wish: Wish, { bus, chance, clock }: Doors): Promise<void> {
  const told = () => ({
    cause: { requestId: `req-${chance.uuid()}`, why: 'a client’s wish', projectId, userId },
    deadlineMs: 4_000,
  })
  const patiently = async <R>(again: () => Promise<R | undefined>): Promise<R> => {
    for (;;) {
      const found = await again()
      if (found !== undefined) return found
      await clock.sleep(3_000)
    }
  }
  const look = (id: string) =>
    bus
      .ask(show, 'api', { id }, told())
      .catch(error => (error instanceof Refusal && error.kind === 'not-found' ? { vmState: 'gone', taskState: null } : undefined))
  const isSettled = async (id: string) => {
    const seen = await look(id)
    return seen && seen.vmState !== 'building' && seen.taskState === null ? true : undefined
  }
  const isGone = async (id: string) => {
    await bus.ask(remove, 'api', { id }, told()).catch(() => {})
    return (await look(id))?.vmState === 'gone' ? true : undefined
  }
  /** Refused is an answer too: what was asked before went another way. */
  const isHeard = (id: string, what: Act) =>
    bus.ask(act, 'api', { id, what }, told()).then(
      () => true,
      error => (error instanceof Refusal && error.kind !== 'unavailable' ? true : undefined),
    )

  wish.id ??= await patiently(async () => (await bus.ask(create, 'api', { name: wish.name }, told()).catch(() => undefined))?.id)
  const { id, fate } = wish
  if (fate !== 'deleted at once') await patiently(() => isSettled(id))
  for (let at = wish.done ?? 0; at < wish.acts.length; at++) {
    const what = wish.acts[at]
    if (what) await patiently(() => isHeard(id, what))
    wish.done = at + 1
    // One that is to go at once is taken away in the middle of what was asked of it last.
    if (fate !== 'deleted at once' || at < wish.acts.length - 1) await patiently(() => isSettled(id))
  }
  if (fate !== 'kept') await patiently(() => isGone(id))
}
