import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../server.ts'
import { absent, mustFind } from './find.ts'
import type { Rooms } from './rooms.ts'

/** Changes of a server that no host hears of. */
export const noting = ({ cells, actions, clock }: Pick<Rooms, 'cells' | 'actions' | 'clock'>) => {
  const change = async (
    id: string,
    { turn, act, note }: { turn: (server: Server) => Partial<Server>; act: string; note?: { action: string; event?: string } },
    cause: Cause,
  ): Promise<Server> => {
    const { store, write } = (await mustFind(cells, id)).cell
    return write(cause, async tx => {
      const server = await store.findUnchecked(id, tx.read)
      if (!server) throw absent(id)
      const next = { ...server, ...turn(server), updatedAt: new Date(clock.now()).toISOString() }
      await store.update(tx, next, act)
      if (note) {
        await actions.begin(tx, id, note, cause)
        await actions.end(tx, id, cause)
      }
      return next
    })
  }

  return {
    /** Whoever locked it as its owner changes nothing by locking it again. */
    async lock(server: Server, { isOwner, reason }: { isOwner: boolean; reason: string | null }, cause: Cause): Promise<void> {
      if (server.lockedBy !== null && isOwner) return
      const turn = () => ({ lockedBy: isOwner ? 'owner' : 'admin', lockedReason: reason ?? server.lockedReason }) as const
      await change(server.id, { turn, act: 'locked', note: { action: 'lock', event: 'api_lock' } }, cause)
    },

    async unlock({ id }: Server, { isOwner, mayOverride }: { isOwner: boolean; mayOverride: boolean }, cause: Cause): Promise<void> {
      const turn = ({ lockedBy }: Server) => {
        if (lockedBy !== null && lockedBy !== (isOwner ? 'owner' : 'admin') && !mayOverride)
          throw new Refusal('forbidden', "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
        return { lockedBy: null, lockedReason: null }
      }
      await change(id, { turn, act: 'unlocked', note: { action: 'unlock', event: 'api_unlock' } }, cause)
    },

    /** An operator's word about what it is; nothing is done to it. */
    async resetState(id: string, vmState: 'active' | 'error', cause: Cause): Promise<void> {
      const turn = () => ({ vmState, taskState: null })
      await change(id, { turn, act: 'reset', note: { action: 'resetState' } }, cause)
    },

    /** What its owner calls it and says of it. */
    update: (id: string, changed: Changed, cause: Cause): Promise<Server> => change(id, { turn: () => changed, act: 'updated' }, cause),
  }
}

type Changed = Partial<Pick<Server, 'name' | 'description' | 'hostname' | 'diskConfig' | 'accessIpV4' | 'accessIpV6'>>
