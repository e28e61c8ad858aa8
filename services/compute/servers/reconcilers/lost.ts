import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { Transaction, Write } from '../../tables.ts'
import { givenUp } from '../server.ts'
import type { ServerStore } from '../store.ts'

export interface Rooms {
  readonly store: Pick<ServerStore, 'listUnderWay' | 'findUnchecked' | 'update'>
  readonly write: Write
  /** The ids of those about whom there is work that has not ended, parked work too. */
  readonly busy: () => Promise<ReadonlySet<string>>
  readonly actions: { endAll(tx: Transaction, serverId: string, failure: { readonly message: string }): Promise<void> }
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
}

/**
 * Gives up servers that are said to be on their way somewhere while no work is about them: their tables were put back, or tasks were deleted by
 * hand. They are in ERROR from then on, and can be deleted, rebuilt or reset.
 *
 * The servers are read before the work. Whoever was granted something since has another `updatedAt`, and is left alone.
 */
export async function giveUpLost({ store, write, busy, actions, clock, log }: Rooms, cause: Cause): Promise<void> {
  const underWay = await store.listUnderWay()
  if (underWay.length === 0) return
  const worked = await busy()
  for (const { id, updatedAt, taskState, vmState } of underWay.filter(one => !worked.has(one.id))) {
    await write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (server?.updatedAt !== updatedAt) return
      log.error(`a server is ${taskState ?? vmState}, and no work is about it: it is given up`, { ...causeFields(cause), instance_id: id })
      await store.update(tx, givenUp(server, new Date(clock.now()).toISOString()), 'failed')
      await actions.endAll(tx, id, { message: 'The work on it was lost.' })
    })
  }
}
