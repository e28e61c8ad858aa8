import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction } from '../../tables.ts'
import type { Server } from '../server.ts'
import { type Action, actions, hindrance, type Row } from '../states.ts'
import { absent, mustFind } from './find.ts'
import type { Rooms } from './rooms.ts'

/** Who asks, as far as the lives of servers depend on it. */
export interface Asker {
  /** A lock does not hold administrators. */
  readonly isAdmin: boolean
  /** Who locks as the owner does; absent when nobody's project is meant. */
  readonly projectId?: string | undefined
}

export interface Act<Input extends object> {
  readonly action: Action
  /** Nova's word and event for it, when they are noted. */
  readonly note?: { readonly action: string; readonly event?: string } | undefined
  readonly task?: { readonly name: string; readonly input: Input & { readonly serverId: string } } | undefined
  readonly input?: (server: Server) => Omit<Input, 'serverId'>
  readonly deadlineMs?: number
  /** Told the labour's id, for those who wait for its end. */
  readonly onRecorded?: (taskId: string) => void
  /** What changes at once. May refuse. */
  readonly change?: (server: Server) => Partial<Server>
  /** What is written besides, in the same transaction. */
  readonly besides?: (tx: Transaction, server: Server) => Promise<void>
}

/** Ten minutes: longer than a host takes for anything that moves no data. */
const usualDeadlineMs = 600_000

/**
 * Grants a wish to act on a server, or refuses it: a lock and the states are looked at in the transaction that writes down the work, so that of two
 * who ask at the same moment one is told so.
 */
export const acting = ({ cells, actions: notes, record, clock }: Pick<Rooms, 'cells' | 'actions' | 'record' | 'clock'>) =>
  async function act<Input extends object>(id: string, wish: Act<Input>, asker: Asker, cause: Cause): Promise<Server> {
    const { cell } = await mustFind(cells, id)
    return cell.write(cause, async tx => {
      const server = await cell.store.findUnchecked(id, tx.read)
      if (!server) throw absent(id)
      mustMay(wish.action, server, asker)
      const row: Row = actions[wish.action]
      const next: Server = {
        ...server,
        ...wish.change?.(server),
        ...(wish.task && row.while ? { taskState: row.while } : {}),
        updatedAt: new Date(clock.now()).toISOString(),
      }
      await cell.store.update(tx, next, row.while && wish.task ? row.while : 'updated')
      if (wish.note) await notes.begin(tx, id, wish.note, cause)
      await wish.besides?.(tx, server)
      if (wish.task) {
        const input = { serverId: id, ...wish.input?.(server) } as Input & { readonly serverId: string }
        const taskId = await record(tx, wish.task, { key: id, input, deadlineMs: wish.deadlineMs ?? usualDeadlineMs, cause })
        wish.onRecorded?.(taskId)
      } else if (wish.note) await notes.end(tx, id, cause)
      return next
    })
  }

/** Whether an action may be done, asked before what it needs is looked at; it is asked again when it is granted. */
export function mustMay(action: Action, server: Server, { isAdmin }: Asker): void {
  if (server.lockedBy !== null && !isAdmin) throw new Refusal('conflict', `Instance ${server.id} is locked`)
  const why = hindrance(action, server)
  if (why !== undefined) throw new Refusal('conflict', why)
}

export type ActOn = ReturnType<typeof acting>
