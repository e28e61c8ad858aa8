import { forgetful, type Memory } from '@kilonova/platform/changes/remembering.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import type { ImageRow, Tables, Transaction } from '../../tables.ts'
import type { Image, ListWish, Visibility } from '../image.ts'
import type { ImageStatus } from '../states.ts'
import { listImages } from './list.ts'

type Db = Pick<Database<Tables>, 'read'>

/**
 * Images in the table `image`, with their properties and tags in tables beside it. What a transaction has written is seen by passing its
 * `tx.read`; what is committed is remembered until it changes.
 */
export const imageStore = ({ read }: Db, memory: Memory = forgetful) => ({
  async findUnchecked(id: string, from = read): Promise<Image | undefined> {
    const find = async () => {
      const row = await from.selectFrom('image').selectAll().where('id', '=', id).executeTakeFirst()
      return row ? await withRest(from, [row]) : []
    }
    const [image] = from === read ? await memory.recall(id, find) : await find()
    return image
  },

  /** With the project that looks: how its membership of the image stands, if it has one. */
  async membership(imageId: string, projectId: string, from = read): Promise<string | undefined> {
    const find = () =>
      from.selectFrom('image_member').select('status').where('image_id', '=', imageId).where('member', '=', projectId).execute()
    const [row] = from === read ? await memory.recall(`${imageId} ${projectId}`, find) : await find()
    return row?.status
  },

  async list(wish: ListWish, from = read): Promise<readonly Image[]> {
    const find = async () => withRest(from, await listImages(from, wish).execute())
    return from === read ? memory.recall(keyOf(wish), find) : find()
  },

  async listInStatusUnchecked(status: readonly ImageStatus[], from = read): Promise<readonly Image[]> {
    return withRest(from, await from.selectFrom('image').selectAll().where('status', 'in', status).execute())
  },

  async insert(tx: Transaction, image: Image) {
    await tx.change(change(image, 'created'), async sql => {
      await sql.insertInto('image').values(toRow(image)).execute()
      await insertRest(sql, image)
    })
  },

  /** Gives false, and must then be rolled back, when the image is no longer in the status it was in. */
  update: (tx: Transaction, image: Image, { from, act = 'updated' }: { from?: ImageStatus; act?: string } = {}): Promise<boolean> =>
    tx.change(change(image, act), async sql => {
      let updating = sql.updateTable('image').set(toRow(image)).where('id', '=', image.id)
      if (from !== undefined) updating = updating.where('status', '=', from)
      const { numUpdatedRows } = await updating.executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) return false
      await sql.deleteFrom('image_property').where('image_id', '=', image.id).execute()
      await sql.deleteFrom('image_tag').where('image_id', '=', image.id).execute()
      await insertRest(sql, image)
      return true
    }),

  delete: (tx: Transaction, image: Image) =>
    tx.change(change({ ...image, status: 'deleted' }, 'deleted'), async sql => {
      await sql.deleteFrom('image_property').where('image_id', '=', image.id).execute()
      await sql.deleteFrom('image_tag').where('image_id', '=', image.id).execute()
      await sql.deleteFrom('image_member').where('image_id', '=', image.id).execute()
      await sql.deleteFrom('image').where('id', '=', image.id).execute()
    }),
})

/** Changes after which what was read of images may read otherwise. */
export const touchesImages = ({ kind }: { readonly kind: string }) => kind === 'image.image' || kind === 'image.member'

/** All that a list depends on. Of the viewer that is less than who it is, so that a project's users share what is remembered. */
const keyOf = ({ viewer: { projectId, isAdmin }, ...asked }: ListWish) => JSON.stringify([projectId, isAdmin, asked])

export type ImageStore = ReturnType<typeof imageStore>

const change = (image: Image, act: string) => ({
  kind: 'image.image',
  id: image.id,
  act,
  projectId: image.owner ?? undefined,
  after: {
    id: image.id,
    name: image.name,
    owner: image.owner,
    status: image.status,
    visibility: image.visibility,
    disk_format: image.diskFormat,
    container_format: image.containerFormat,
    size: image.sizeBytes,
    checksum: image.checksum,
    tags: image.tags,
  },
})

async function insertRest(sql: Parameters<Parameters<Transaction['change']>[1]>[0], { id, properties, tags }: Image) {
  const rows = Object.entries(properties).map(([name, value]) => ({ image_id: id, name, value }))
  if (rows.length > 0) await sql.insertInto('image_property').values(rows).execute()
  if (tags.length > 0)
    await sql
      .insertInto('image_tag')
      .values(tags.map(value => ({ image_id: id, value })))
      .execute()
}

async function withRest(from: Reader<Tables>, rows: readonly Selectable<ImageRow>[]): Promise<readonly Image[]> {
  if (rows.length === 0) return []
  const ids = rows.map(row => row.id)
  const properties = await from.selectFrom('image_property').selectAll().where('image_id', 'in', ids).orderBy('name').execute()
  const tags = await from.selectFrom('image_tag').selectAll().where('image_id', 'in', ids).orderBy('value').execute()
  const [byImage, tagsByImage] = [Map.groupBy(properties, row => row.image_id), Map.groupBy(tags, row => row.image_id)]
  return rows.map(row =>
    toImage(row, {
      properties: Object.fromEntries((byImage.get(row.id) ?? []).map(({ name, value }) => [name, value])),
      tags: (tagsByImage.get(row.id) ?? []).map(({ value }) => value),
    }),
  )
}

const toRow = (image: Image): Insertable<ImageRow> => ({
  id: image.id,
  name: image.name,
  owner: image.owner,
  visibility: image.visibility,
  status: image.status,
  disk_format: image.diskFormat,
  container_format: image.containerFormat,
  min_disk: image.minDiskGb,
  min_ram: image.minRamMb,
  protected: image.isProtected,
  os_hidden: image.isHidden,
  size: image.sizeBytes,
  virtual_size: image.virtualSizeBytes,
  checksum: image.checksum,
  os_hash_algo: image.hashAlgorithm,
  os_hash_value: image.hashValue,
  locations: JSON.stringify(image.locations),
  receiver: image.receiver,
  created_at: image.createdAt,
  updated_at: image.updatedAt,
})

const toImage = (row: Selectable<ImageRow>, rest: Pick<Image, 'properties' | 'tags'>): Image => ({
  ...rest,
  id: row.id,
  name: row.name,
  owner: row.owner,
  visibility: row.visibility as Visibility,
  status: row.status as ImageStatus,
  diskFormat: row.disk_format,
  containerFormat: row.container_format,
  minDiskGb: row.min_disk,
  minRamMb: row.min_ram,
  isProtected: isSet(row.protected),
  isHidden: isSet(row.os_hidden),
  sizeBytes: row.size,
  virtualSizeBytes: row.virtual_size,
  checksum: row.checksum,
  hashAlgorithm: row.os_hash_algo,
  hashValue: row.os_hash_value,
  locations: JSON.parse(row.locations),
  receiver: row.receiver,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
