import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import { hindrance } from '../states.ts'
import { deleteServer } from '../tasks/delete.ts'
import { softDeleteServer } from '../tasks/power.ts'
import type { Asked } from '../tasks/settle.ts'
import type { ActOn, Asker } from './act.ts'
import { absent, mustFind } from './find.ts'
import type { Rooms } from './rooms.ts'

/** An hour: the work that is under way on a server ends before it goes. */
const deadlineMs = 3_600_000

export const deleting = (act: ActOn, { cells, actions, groups, record, settings, clock }: Rooms) => {
  async function destroy(id: string, note: string, { isAdmin }: Asker, cause: Cause): Promise<void> {
    const { cell } = await mustFind(cells, id)
    const { store, write } = cell
    await write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (!server) throw absent(id)
      if (server.lockedBy !== null && !isAdmin) throw new Refusal('conflict', `Instance ${id} is locked`)
      if (server.taskState === 'deleting') return
      const now = new Date(clock.now()).toISOString()
      const begun = { action: note, ...(cell === cells.first ? { event: 'compute_terminate_instance' } : {}) }
      if (cell === cells.first) {
        await actions.begin(tx, id, begun, cause)
        await store.update(tx, { ...server, taskState: 'deleting', updatedAt: now }, 'doomed')
        await record(tx, deleteServer, { key: id, input: { serverId: id }, deadlineMs, cause })
      } else {
        // Nothing of it was ever on a host: there is no labour.
        const gone: Partial<Server> = { vmState: 'deleted', taskState: null, isDeleted: true, terminatedAt: now, deletedAt: now }
        await store.update(tx, { ...server, ...gone, updatedAt: now }, 'deleted')
      }
    })
    if (cell !== cells.first) await groups.leave(id, cause)
  }

  return {
    /** Where the operator keeps deleted servers for a while, one that has run can be brought back. */
    async delete(server: Server, asker: Asker, cause: Cause): Promise<void> {
      const { id, vmState, taskState } = server
      if (settings().reclaimMs === 0 || hindrance('softDelete', server) !== undefined || server.host === null)
        return destroy(id, 'delete', asker, cause)
      if (vmState === 'soft-delete' || taskState === 'soft-deleting' || taskState === 'deleting') return undefined
      const change = () => ({ deletedAt: new Date(clock.now()).toISOString() })
      const note = { action: 'delete', event: 'compute_soft_delete_instance' }
      const input = (one: Server) => ({ was: one.vmState })
      await act<Asked>(id, { action: 'softDelete', task: softDeleteServer, note, input, change }, asker, cause)
    },

    forceDelete: (id: string, asker: Asker, cause: Cause): Promise<void> => destroy(id, 'delete', asker, cause),
  }
}
