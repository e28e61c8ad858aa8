import { type Turn, task } from '@kilonova/platform/tasks/task.ts'
import type { Transaction } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { TaskRooms } from './rooms.ts'
import type { Asked } from './settle.ts'

export interface FailedMove {
  readonly serverId: string
  readonly moveId: string
}

/** What a move that failed kept of a server goes when the server is well again: from then on there is no way back to it. */
export const forgetFailedMove = task<FailedMove, TaskRooms>('server.forget-failed-move')
  .stepOn('drop what the move kept', dropKept)
  .stepOn('give back what it held', giveBack)

async function dropKept({ serverId, moveId }: FailedMove, { store, hypervisors, moves }: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await store.findUnchecked(serverId)
  const move = await moves.find(moveId)
  if (!server || !move || !isWell(server) || move.sourceHost === null || (await moves.findUnfinished(serverId))) return
  const elsewhere = server.host !== move.sourceHost
  await hypervisors.confirmResize(move.sourceHost, { uuid: serverId, elsewhere, resize: move.number }, cause)
}

async function giveBack({ serverId, moveId }: FailedMove, { store, scheduling }: TaskRooms, { cause }: Turn): Promise<void> {
  const server = await store.findUnchecked(serverId)
  if (server && isWell(server)) await scheduling.release(moveId, cause)
}

/** On a host, and nobody is to say yet which of its disks are the right ones. */
const isWell = ({ host, isDeleted, vmState }: Server): boolean =>
  !isDeleted && host !== null && vmState !== 'error' && vmState !== 'resized' && vmState !== 'shelved_offloaded'

/** Written down where a server leaves ERROR, in the transaction in which it does. */
export async function noteFailedMove(
  tx: Transaction,
  { serverId, was }: Asked,
  { moves, forgetMove }: Pick<TaskRooms, 'moves' | 'forgetMove'>,
  cause: Turn['cause'],
): Promise<void> {
  if (was !== 'error') return
  const move = await moves.findOf(serverId, ['error'], tx.read)
  if (move) await forgetMove(tx, { serverId, moveId: move.id }, cause)
}
