import type { Database } from '@kilonova/platform/sql/database.ts'
import type { MemberStatus } from '../images/image.ts'
import type { MemberRow, Tables, Transaction } from '../tables.ts'
import type { Member } from './member.ts'

export const memberStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(imageId: string, projectId: string, from = read): Promise<Member | undefined> {
    const row = await from
      .selectFrom('image_member')
      .selectAll()
      .where('image_id', '=', imageId)
      .where('member', '=', projectId)
      .executeTakeFirst()
    return row && toMember(row)
  },

  async listOfImage(imageId: string, from = read): Promise<readonly Member[]> {
    const rows = await from
      .selectFrom('image_member')
      .selectAll()
      .where('image_id', '=', imageId)
      .orderBy('created_at')
      .orderBy('member')
      .execute()
    return rows.map(toMember)
  },

  insert: (tx: Transaction, member: Member) =>
    tx.change(change(member, 'created'), sql => sql.insertInto('image_member').values(toRow(member)).execute()),

  update: (tx: Transaction, member: Member) =>
    tx.change(change(member, 'updated'), sql =>
      sql
        .updateTable('image_member')
        .set(toRow(member))
        .where('image_id', '=', member.imageId)
        .where('member', '=', member.projectId)
        .execute(),
    ),

  delete: (tx: Transaction, member: Member) =>
    tx.change(change(member, 'deleted'), sql =>
      sql.deleteFrom('image_member').where('image_id', '=', member.imageId).where('member', '=', member.projectId).execute(),
    ),
})

export type MemberStore = ReturnType<typeof memberStore>

const change = ({ imageId, projectId, status }: Member, act: string) => ({
  kind: 'image.member',
  id: imageId,
  act,
  projectId,
  after: { image_id: imageId, member_id: projectId, status },
})

const toRow = ({ imageId, projectId, status, createdAt, updatedAt }: Member): MemberRow => ({
  image_id: imageId,
  member: projectId,
  status,
  created_at: createdAt,
  updated_at: updatedAt,
})

const toMember = (row: MemberRow): Member => ({
  imageId: row.image_id,
  projectId: row.member,
  status: row.status as MemberStatus,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
