import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { InstanceRow, Tables, Transaction } from '../tables.ts'
import type { Server } from './server.ts'
import type { TaskState, VmState } from './states.ts'

export interface Page {
  /** Absent: of every project. */
  readonly projectId?: string | undefined
  readonly limit: number
  /** The last one of the page before. */
  readonly before?: Pick<Server, 'id' | 'createdAt'> | undefined
}

/** Servers in one cell's `instance`. Reads are of one project unless their name says that they are not. */
export const serverStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async findUnchecked(id: string, from = read): Promise<Server | undefined> {
    const row = await from.selectFrom('instance').selectAll().where('id', '=', id).where('deleted', '=', 0).executeTakeFirst()
    return row && toServer(row)
  },

  /** Also one that was deleted. */
  async findEvenDeletedUnchecked(id: string, from = read): Promise<Server | undefined> {
    const row = await from.selectFrom('instance').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toServer(row)
  },

  /** Newest first, as the API promises. */
  async list({ projectId, limit, before }: Page, from = read): Promise<readonly Server[]> {
    let rows = from.selectFrom('instance').selectAll().where('deleted', '=', 0)
    if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
    if (before)
      rows = rows.where(({ eb, or, and }) =>
        or([eb('created_at', '<', before.createdAt), and([eb('created_at', '=', before.createdAt), eb('id', '<', before.id)])]),
      )
    const found = await rows.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
    return found.map(toServer)
  },

  async listOnHost(host: string, from = read): Promise<readonly Server[]> {
    const rows = await from.selectFrom('instance').selectAll().where('host', '=', host).where('deleted', '=', 0).orderBy('number').execute()
    return rows.map(toServer)
  },

  /** A number no server had before. The counter's row stays locked until the commit: who comes at the same time waits, and gets the next. */
  async takeNumber(tx: Transaction): Promise<number> {
    await tx.change([], sql =>
      sql
        .updateTable('instance_counter')
        .set(({ eb }) => ({ last: eb('last', '+', 1) }))
        .execute(),
    )
    const row = await tx.read.selectFrom('instance_counter').select('last').executeTakeFirstOrThrow()
    return Number(row.last)
  },

  insert: (tx: Transaction, server: Server) =>
    tx.change(change(server, 'created'), sql => sql.insertInto('instance').values(toRow(server)).execute()),

  /** `act` is what happened to it, as the change log says it: 'launched', 'failed', 'deleted'. */
  update: (tx: Transaction, server: Server, act: string) =>
    tx.change(change(server, act), sql => sql.updateTable('instance').set(toRow(server)).where('id', '=', server.id).execute()),

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

const toRow = (server: Server): Insertable<InstanceRow> => ({
  id: server.id,
  number: server.number,
  name: server.name,
  description: server.description,
  project_id: server.projectId,
  user_id: server.userId,
  image_id: server.imageId,
  flavor: JSON.stringify(server.flavor),
  metadata: JSON.stringify(server.metadata),
  vm_state: server.vmState,
  task_state: server.taskState,
  power_state: server.powerState,
  host: server.host,
  fault: server.fault && JSON.stringify(server.fault),
  created_at: server.createdAt,
  updated_at: server.updatedAt,
  launched_at: server.launchedAt,
  terminated_at: server.terminatedAt,
  deleted: server.isDeleted,
})

const toServer = (row: Selectable<InstanceRow>): Server => ({
  id: row.id,
  number: Number(row.number),
  name: row.name,
  description: row.description,
  projectId: row.project_id,
  userId: row.user_id,
  imageId: row.image_id,
  flavor: JSON.parse(row.flavor),
  metadata: JSON.parse(row.metadata),
  vmState: row.vm_state as VmState,
  taskState: row.task_state as TaskState | null,
  powerState: row.power_state as Server['powerState'],
  host: row.host,
  fault: row.fault === null ? null : JSON.parse(row.fault),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  launchedAt: row.launched_at,
  terminatedAt: row.terminated_at,
  isDeleted: isSet(row.deleted),
})
