import type { Server } from '../server.ts'
import type { Overdue } from '../reconcilers/overdue.ts'
import type { Rooms } from './rooms.ts'

/** Servers whose time has come, as the operator says how long they may wait. Where nothing ever ends by itself, nobody is looked for. */
export const waiting = ({ cells, moves, settings, clock }: Pick<Rooms, 'cells' | 'moves' | 'settings' | 'clock'>) => {
  const { store } = cells.first
  const since = (moment: string | null | undefined, ms: number): boolean => moment != null && Date.parse(moment) <= clock.now() - ms

  const unconfirmed = async (ms: number): Promise<readonly Server[]> => {
    const ids = (await moves.listWaiting(ms)).map(({ serverId }) => serverId)
    const found = await store.listAmong(ids)
    return found.filter(({ vmState, taskState }) => vmState === 'resized' && taskState === null)
  }

  return {
    async overdue(): Promise<readonly Overdue[]> {
      const { confirmMs, rescueMs, reclaimMs, offloadMs } = settings()
      const resized = confirmMs > 0 ? await unconfirmed(confirmMs) : []
      const rescued = rescueMs > 0 ? await store.listResting('rescued') : []
      const deleted = reclaimMs > 0 ? await store.listResting('soft-delete') : []
      const shelved = offloadMs > 0 ? await store.listResting('shelved') : []
      return [
        ...resized.map(server => ({ server, end: 'confirmResize' as const })),
        // A rescue is a launch, as it is in Nova: from then on is counted.
        ...rescued.filter(({ launchedAt }) => since(launchedAt, rescueMs)).map(server => ({ server, end: 'unrescue' as const })),
        ...deleted.filter(({ deletedAt }) => since(deletedAt, reclaimMs)).map(server => ({ server, end: 'forceDelete' as const })),
        ...shelved
          .filter(({ systemMetadata }) => since(systemMetadata['shelved_at'], offloadMs))
          .map(server => ({ server, end: 'shelveOffload' as const })),
      ]
    },
  }
}
