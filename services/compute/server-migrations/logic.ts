import type { Clock } from '@kilonova/platform/clock.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Transaction } from '../tables.ts'
import type { MigrationStatus, ServerMigration } from './server-migration.ts'
import type { MigrationSearch, ServerMigrationStore } from './store.ts'

export interface Rooms {
  readonly store: ServerMigrationStore
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
}

export type MoveWish = Omit<ServerMigration, 'number' | 'createdAt' | 'updatedAt' | 'destHost' | 'destNode' | 'destAddress'>

/** Moves of servers, as far as they are written down; the labours of servers make them. */
export const serverMigrationLogic = ({ store, clock, chance }: Rooms) => ({
  newId: () => chance.uuid(),

  async begin(tx: Transaction, wish: MoveWish): Promise<ServerMigration> {
    const createdAt = new Date(clock.now()).toISOString()
    const number = await store.takeNumber(tx)
    const begun = { ...wish, number, createdAt, updatedAt: createdAt, destHost: null, destNode: null, destAddress: null }
    await store.insert(tx, begun)
    return begun
  },

  /** The newest of a server that stands so. */
  findOf: (serverId: string, statuses: readonly MigrationStatus[]) => store.findOf(serverId, statuses),

  async turn(tx: Transaction, id: string, status: MigrationStatus): Promise<void> {
    const found = await store.find(id, tx.read)
    if (found) await store.update(tx, { ...found, status, updatedAt: new Date(clock.now()).toISOString() }, status)
  },

  listOf: (serverId: string) => store.listOf(serverId),

  /** Of all servers. The marker is the last one's UUID. */
  async search(wanted: MigrationSearch, { limit, marker }: { readonly limit: number; readonly marker?: string | undefined }) {
    const before = marker === undefined ? undefined : await store.find(marker)
    if (marker !== undefined && !before) throw new Refusal('invalid', `Marker ${marker} could not be found.`)
    return store.search(wanted, limit, before)
  },

  async get(serverId: string, number: string): Promise<ServerMigration> {
    const found = (await store.listOf(serverId)).find(one => String(one.number) === number)
    if (!found) throw new Refusal('not-found', `Migration ${number} not found for server ${serverId}.`)
    return found
  },

  /** Resizes that have waited for their confirmation for so long. */
  listWaiting: (ms: number) => store.listFinishedBefore(new Date(clock.now() - ms).toISOString()),
})

export type ServerMigrationLogic = ReturnType<typeof serverMigrationLogic>
