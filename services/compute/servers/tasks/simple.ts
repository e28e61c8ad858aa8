import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import { type Task, type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Server } from '../server.ts'
import { type Action, actions, type Row } from '../states.ts'
import { noteFailedMove } from './forget-failed-move.ts'
import type { TaskRooms } from './rooms.ts'
import { type Asked, fallBack, iso, mustRun, settle } from './settle.ts'

export interface Simple<Input extends Asked> {
  readonly action: Action
  /** The sentence of its one step. */
  readonly step: string
  /** What the host does. */
  readonly run: (server: Server & { readonly host: string }, asked: Input, rooms: TaskRooms, turn: Turn) => Promise<Done | undefined>
  /** As the change log says it when it is done. */
  readonly act: string
  /** What it is then, besides. */
  readonly change?: (server: Server, asked: Input, now: string) => Partial<Server>
}

/** What the guest is then, and its cables where they were looked at. */
type Done = Pick<GuestState, 'power'> & { readonly nics?: Server['nics'] }

interface Outcome {
  readonly host: string
  readonly power: Done['power'] | undefined
  readonly nics: Done['nics'] | undefined
}

/** Work of one step on the server's host. What it ends in stands in the table of states; what a failure leaves is asked of the host. */
export function simple<Input extends Asked>(
  name: string,
  { action, step, run, act, change }: Simple<Input>,
): Task<Input, Input & Outcome, TaskRooms> {
  const row: Row = actions[action]
  const during = row.while ? [row.while] : []
  return task<Input, TaskRooms>(name)
    .step(step, async (asked, rooms, turn): Promise<Outcome> => {
      const server = await mustRun(rooms.store, asked.serverId)
      const done = await run(server, asked, rooms, turn)
      return { host: server.host, power: done?.power, nics: done?.nics }
    })
    .onDone((asked, rooms, { cause }) =>
      settle(
        rooms,
        asked.serverId,
        {
          during,
          act,
          change: server => ({
            ...(row.to ? { vmState: row.to } : {}),
            ...(asked.power ? { powerState: asked.power } : {}),
            ...(asked.nics ? { nics: asked.nics } : {}),
            ...change?.(server, asked, iso(rooms.clock)),
          }),
          besides: tx => noteFailedMove(tx, asked, rooms, cause),
        },
        cause,
      ),
    )
    .onUndone((asked, rooms, turn) => fallBack(rooms, asked, turn, during)) as Task<Input, Input & Outcome, TaskRooms>
}
