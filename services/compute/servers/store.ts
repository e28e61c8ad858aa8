import { nextNumber } from '@kilonova/platform/sql/counter.ts'
import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import { type Given, kept } from '@kilonova/platform/sql/kept.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { Server } from './server.ts'
import type { VmState } from './states.ts'
import { toChanging, toRow, toServer } from './store/rows.ts'
import { searchStore } from './store/search.ts'

/** Asked at every report of every host. */
const rowsOnHost = kept((read: Reader<Tables>, given: Given<{ host: string }>) =>
  read.selectFrom('instance').selectAll().where('host', '=', given('host')).where('deleted', '=', 0).orderBy('number'),
)

/** Servers in one cell's `instance`. Reads are of one project unless their name says that they are not. */
export const serverStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  ...searchStore({ read }),

  async findUnchecked(id: string, from = read): Promise<Server | undefined> {
    const row = await from.selectFrom('instance').selectAll().where('id', '=', id).where('deleted', '=', 0).executeTakeFirst()
    return row && toServer(row)
  },

  /** Also one that was deleted. */
  async findEvenDeletedUnchecked(id: string, from = read): Promise<Server | undefined> {
    const row = await from.selectFrom('instance').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toServer(row)
  },

  async listEvenDeletedUnchecked(ids: readonly string[], from = read): Promise<readonly Server[]> {
    if (ids.length === 0) return []
    return (await from.selectFrom('instance').selectAll().where('id', 'in', ids).execute()).map(toServer)
  },

  async listOnHost(host: string, from = read): Promise<readonly Server[]> {
    return (await rowsOnHost(from, { host })).map(toServer)
  },

  async listAmong(ids: readonly string[], from = read): Promise<readonly Server[]> {
    if (ids.length === 0) return []
    const rows = await from.selectFrom('instance').selectAll().where('id', 'in', ids).where('deleted', '=', 0).execute()
    return rows.map(toServer)
  },

  /** The cables of all servers that have some, a page at a time in the order of their ids. */
  async pageOfCables(after: string, limit: number, from = read): Promise<readonly Pick<Server, 'id' | 'nics'>[]> {
    const rows = await from
      .selectFrom('instance')
      .select(['id', 'nics'])
      .where('id', '>', after)
      .where('deleted', '=', 0)
      .where('nics', '!=', '[]')
      .orderBy('id')
      .limit(limit)
      .execute()
    return rows.map(({ id, nics }) => ({ id, nics: JSON.parse(nics) }))
  },

  /** Servers on which somebody is at work, or is to be. */
  async listUnderWay(from = read): Promise<readonly Server[]> {
    const rows = await from
      .selectFrom('instance')
      .selectAll()
      .where('deleted', '=', 0)
      .where(or => or.or([or('task_state', 'is not', null), or('vm_state', '=', 'building')]))
      .orderBy('number')
      .execute()
    return rows.map(toServer)
  },

  /** Servers in a state in which nothing is done to them. */
  async listResting(vmState: VmState, from = read): Promise<readonly Server[]> {
    const rows = await from
      .selectFrom('instance')
      .selectAll()
      .where('vm_state', '=', vmState)
      .where('task_state', 'is', null)
      .where('deleted', '=', 0)
      .orderBy('number')
      .execute()
    return rows.map(toServer)
  },

  /** A number no server had before. */
  takeNumber: (tx: Transaction): Promise<number> => nextNumber(tx, 'instance_counter'),

  insert: (tx: Transaction, server: Server) =>
    tx.change(change(server, 'created'), sql => sql.insertInto('instance').values(toRow(server)).execute()),

  /** `act` is what happened to it, as the change log says it: 'launched', 'failed', 'deleted'. */
  update: (tx: Transaction, server: Server, act: string) =>
    tx.change(change(server, act), sql => sql.updateTable('instance').set(toChanging(server)).where('id', '=', server.id).execute()),

  /** Keeps a server that another cell had; nothing happened to it, so nothing is told. */
  keepMoved: (tx: Transaction, server: Server) => tx.change([], sql => sql.insertInto('instance').values(toRow(server)).execute()),

  /** Forgets a server that another cell keeps. */
  forgetMoved: (tx: Transaction, id: string) => tx.change([], sql => sql.deleteFrom('instance').where('id', '=', id).execute()),
})

export type ServerStore = ReturnType<typeof serverStore>

const change = (server: Server, act: string) => ({
  kind: 'compute.server',
  id: server.id,
  act,
  projectId: server.projectId,
  userId: server.userId,
  after: {
    name: server.name,
    vm_state: server.vmState,
    task_state: server.taskState,
    power_state: server.powerState,
    fault: server.fault && { code: server.fault.code, message: server.fault.message },
  },
})
