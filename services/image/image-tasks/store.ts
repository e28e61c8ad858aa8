import type { Database } from '@kilonova/platform/sql/database.ts'
import type { ImageTaskRow, Tables, Transaction } from '../tables.ts'
import type { ImageTask, TaskPage, TaskStatus } from './image-task.ts'

/** Tasks as clients see them, in the table `image_task`. */
export const imageTaskStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<ImageTask | undefined> {
    const row = await from.selectFrom('image_task').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toTask(row)
  },

  async listOfImage(imageId: string, from = read): Promise<readonly ImageTask[]> {
    const rows = await from.selectFrom('image_task').selectAll().where('image_id', '=', imageId).orderBy('created_at', 'desc').execute()
    return rows.map(toTask)
  },

  async list({ status, type, owner, way, after, limit }: TaskPage, from = read): Promise<readonly ImageTask[]> {
    let page = from.selectFrom('image_task').selectAll().orderBy('created_at', way).orderBy('id', way).limit(limit)
    if (status !== undefined) page = page.where('status', '=', status)
    if (type !== undefined) page = page.where('type', '=', type)
    if (owner !== undefined) page = page.where('owner', '=', owner)
    const beyond = way === 'asc' ? '>' : '<'
    if (after)
      page = page.where(eb =>
        eb.or([eb('created_at', beyond, after.createdAt), eb.and([eb('created_at', '=', after.createdAt), eb('id', beyond, after.id)])]),
      )
    return (await page.execute()).map(toTask)
  },

  insert: (tx: Transaction, task: ImageTask) =>
    tx.change(change(task, 'created'), sql => sql.insertInto('image_task').values(toRow(task)).execute()),

  update: (tx: Transaction, task: ImageTask) =>
    tx.change(change(task, 'updated'), sql => sql.updateTable('image_task').set(toRow(task)).where('id', '=', task.id).execute()),

  deleteExpired: (tx: Transaction, before: string) =>
    tx.change([], sql => sql.deleteFrom('image_task').where('expires_at', '<', before).execute()),
})

export type ImageTaskStore = ReturnType<typeof imageTaskStore>

const change = ({ id, owner, status, imageId, type, message }: ImageTask, act: string) => ({
  kind: 'image.task',
  id,
  act,
  projectId: owner,
  after: { id, type, status, image_id: imageId, message },
})

const toRow = (task: ImageTask): ImageTaskRow => ({
  id: task.id,
  type: task.type,
  status: task.status,
  owner: task.owner,
  input: JSON.stringify(task.input),
  result: task.result === null ? null : JSON.stringify(task.result),
  message: task.message,
  image_id: task.imageId,
  request_id: task.requestId,
  user_id: task.userId,
  expires_at: task.expiresAt,
  created_at: task.createdAt,
  updated_at: task.updatedAt,
})

const toTask = (row: ImageTaskRow): ImageTask => ({
  id: row.id,
  type: row.type as ImageTask['type'],
  status: row.status as TaskStatus,
  owner: row.owner,
  input: JSON.parse(row.input),
  result: row.result === null ? null : JSON.parse(row.result),
  message: row.message,
  imageId: row.image_id,
  requestId: row.request_id,
  userId: row.user_id,
  expiresAt: row.expires_at,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
