import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Doors } from '@kilonova/platform/simulation/simulation.ts'
import { type Act, act, create, createGroup, projectId, remove, show, turnHost, userId } from './api.ts'
import type { Wish } from './wishes.ts'

/** Sees to its wishes one after the other, never giving up. */
export async function client(wishes: readonly Wish[], doors: Doors): Promise<void> {
  for (const wish of wishes) await pursue(wish, doors)
}

async function pursue(wish: Wish, doors: Doors): Promise<void> {
  const { bus } = doors
  const { told, patiently } = habitsOf(doors)
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

  const { name, count, isApart, acts, fate } = wish
  if (isApart) wish.groupId ??= await patiently(async () => (await bus.ask(createGroup, 'api', { name }, told()).catch(nothing))?.id)
  const { groupId } = wish
  wish.ids ??= await patiently(async () => (await bus.ask(create, 'api', { name, count, groupId }, told()).catch(nothing))?.ids)
  const { ids } = wish
  const [id = ''] = ids
  if (fate !== 'deleted at once') for (const one of ids) await patiently(() => isSettled(one))
  for (let at = wish.done ?? 0; at < acts.length; at++) {
    const what = acts[at]
    if (what) await patiently(() => isHeard(id, what))
    wish.done = at + 1
    // One that is to go at once is taken away in the middle of what was asked of it last.
    if (fate !== 'deleted at once' || at < acts.length - 1) await patiently(() => isSettled(id))
  }
  if (fate !== 'kept') await Promise.all(ids.map(one => patiently(() => isGone(one))))
}

/** Takes hosts out and lets them in again, by either of the two words there are for it; in the end all are in. */
export async function operator(hosts: readonly string[], rounds: number, doors: Doors): Promise<void> {
  const { bus, chance, clock } = doors
  const { told, patiently } = habitsOf(doors)
  const turn = (host: string, turned: { isDisabled?: boolean; isForcedDown?: boolean }) =>
    patiently(() => bus.ask(turnHost, 'api', { host, turned }, told()).then(() => true, nothing))
  for (let round = 0; round < rounds; round++) {
    const host = hosts[Math.floor(chance.fraction() * hosts.length)] ?? ''
    await turn(host, chance.fraction() < 0.5 ? { isDisabled: true } : { isForcedDown: true })
    await clock.sleep(chance.fraction() * 30_000)
    await turn(host, { isDisabled: false, isForcedDown: false })
  }
}

const nothing = () => undefined

/** How those outside speak to the API, and that they do not give up. */
const habitsOf = ({ chance, clock }: Doors) => ({
  told: () => ({
    cause: { requestId: `req-${chance.uuid()}`, why: 'a client’s wish', projectId, userId },
    deadlineMs: 4_000,
  }),
  async patiently<R>(again: () => Promise<R | undefined>): Promise<R> {
    for (;;) {
      const found = await again()
      if (found !== undefined) return found
      await clock.sleep(3_000)
    }
  },
})
