import { Refusal } from '@kilonova/platform/refusal.ts'
import { folded } from '@kilonova/platform/sql/columns.ts'
import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import type { GroupRow, Tables, Transaction } from '../tables.ts'
import type { Group } from './group.ts'

export interface GroupFilter {
  /** All must hold: the one asked for and the one the caller may see. */
  readonly domainIds?: readonly string[]
  readonly name?: string | undefined
  /** Only those the user is in. */
  readonly userId?: string
}

type From = Reader<Tables>

/** Groups in the table `user_group`, who is in them in `membership`. */
export const groupStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from: From = read): Promise<Group | undefined> {
    const row = await from.selectFrom('user_group').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toGroup(row)
  },

  async findByName(domainId: string, name: string, from: From = read): Promise<Group | undefined> {
    const named = from.selectFrom('user_group').selectAll().where('domain_id', '=', domainId).where('name_folded', '=', folded(name))
    const row = await named.executeTakeFirst()
    return row && toGroup(row)
  },

  async list(filter: GroupFilter = {}, from: From = read): Promise<readonly Group[]> {
    let groups = from.selectFrom('user_group').selectAll().orderBy('name').orderBy('id')
    for (const domainId of filter.domainIds ?? []) groups = groups.where('domain_id', '=', domainId)
    if (filter.name !== undefined) groups = groups.where('name_folded', '=', folded(filter.name))
    const { userId } = filter
    if (userId !== undefined)
      groups = groups.where('id', 'in', ({ selectFrom }) => selectFrom('membership').select('group_id').where('user_id', '=', userId))
    return (await groups.execute()).map(toGroup)
  },

  async hasMember(groupId: string, userId: string, from: From = read): Promise<boolean> {
    const membership = from.selectFrom('membership').select('user_id').where('user_id', '=', userId).where('group_id', '=', groupId)
    return (await membership.executeTakeFirst()) !== undefined
  },

  async listMemberships(of: { readonly groupId: string } | { readonly userId: string }, from: From = read) {
    const memberships = from.selectFrom('membership').selectAll()
    const found = 'groupId' in of ? memberships.where('group_id', '=', of.groupId) : memberships.where('user_id', '=', of.userId)
    return (await found.execute()).map(row => ({ userId: row.user_id, groupId: row.group_id }))
  },

  /** Whether there is such a domain or such a user, and whether a group has any role: reads across the corridor. */
  async hasDomain(id: string, from: From = read): Promise<boolean> {
    const domain = from.selectFrom('project').select('id').where('id', '=', id).where('is_domain', '=', 1)
    return (await domain.executeTakeFirst()) !== undefined
  },
  async hasUser(id: string, from: From = read): Promise<boolean> {
    return (await from.selectFrom('user').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
  },
  async hasRoles(groupId: string, from: From = read): Promise<boolean> {
    const given = from.selectFrom('assignment').select('role_id').where('actor_type', '=', 'group').where('actor_id', '=', groupId)
    return (await given.limit(1).executeTakeFirst()) !== undefined
  },

  insert: (tx: Transaction, group: Group) =>
    tx.change(change(group, 'created'), sql => sql.insertInto('user_group').values(toRow(group)).execute().catch(refuseTaken(group))),

  update: (tx: Transaction, group: Group) =>
    tx.change(change(group, 'updated'), sql =>
      sql.updateTable('user_group').set(toRow(group)).where('id', '=', group.id).execute().catch(refuseTaken(group)),
    ),

  delete: (tx: Transaction, group: Group) =>
    tx.change(change(group, 'deleted'), sql => sql.deleteFrom('user_group').where('id', '=', group.id).execute()),

  insertMembership: (tx: Transaction, membership: Membership) =>
    tx.change(membershipChange(membership, 'created'), sql =>
      sql.insertInto('membership').values(membershipRow(membership)).execute().catch(refuseMember),
    ),

  deleteMemberships: (tx: Transaction, memberships: readonly Membership[]) =>
    tx.change(
      memberships.map(one => membershipChange(one, 'deleted')),
      async sql => {
        for (const { userId, groupId } of memberships)
          await sql.deleteFrom('membership').where('user_id', '=', userId).where('group_id', '=', groupId).execute()
      },
    ),
})

export type GroupStore = ReturnType<typeof groupStore>

const refuseMember = (cause: unknown): never => {
  throw isUniqueViolation(cause)
    ? new Refusal('conflict', 'Conflict occurred attempting to store membership - the user is in the group.')
    : cause
}

interface Membership {
  readonly userId: string
  readonly groupId: string
}

const change = (group: Group, act: string) => ({ kind: 'identity.group', id: group.id, act, domainId: group.domainId, after: group })

const membershipChange = (membership: Membership, act: string) => ({
  kind: 'identity.membership',
  id: `${membership.groupId}/${membership.userId}`,
  act,
  userId: membership.userId,
  after: membership,
})

const membershipRow = ({ userId, groupId }: Membership) => ({ user_id: userId, group_id: groupId })

const refuseTaken =
  ({ name, domainId }: Group) =>
  (cause: unknown): never => {
    if (!isUniqueViolation(cause)) throw cause
    throw new Refusal(
      'conflict',
      `Conflict occurred attempting to store group - Duplicate entry found with name ${name} at domain ID ${domainId}.`,
    )
  }

const toRow = ({ id, name, domainId, description, extra }: Group): GroupRow => ({
  id,
  name,
  name_folded: folded(name),
  domain_id: domainId,
  description,
  extra: JSON.stringify(extra),
})

const toGroup = (row: GroupRow): Group => ({
  id: row.id,
  name: row.name,
  domainId: row.domain_id,
  description: row.description,
  extra: JSON.parse(row.extra),
})
