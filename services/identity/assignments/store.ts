import { Refusal } from '@kilonova/platform/refusal.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { AssignmentRow, Tables, Transaction } from '../tables.ts'
import type { Actor, Assignment, NamedThing, Target } from './assignment.ts'

type Reader = Database<Tables>['read']

export interface AssignmentFilter {
  /** Assignments of any of these. */
  readonly actors?: readonly Actor[] | undefined
  readonly targetTypes?: readonly Target['type'][] | undefined
  readonly targetIds?: readonly string[] | undefined
  readonly roleId?: string | undefined
  readonly inherited?: boolean | undefined
}

/** An assignment with the domain of its project, which is '' for other targets. */
export interface PlacedAssignment extends Assignment {
  readonly projectDomainId: string
}

/** A project's place in its tree. */
export interface Place {
  readonly id: string
  readonly parentId: string
  readonly domainId: string
}

/** Assignments in the table `assignment`, with the reads across the corridor that following them takes. */
export const assignmentStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list(filter: AssignmentFilter, from = read): Promise<readonly PlacedAssignment[]> {
    const { actors, targetTypes, targetIds, roleId, inherited } = filter
    if (actors?.length === 0 || targetTypes?.length === 0 || targetIds?.length === 0) return []
    let rows = from
      .selectFrom('assignment')
      .leftJoin('project', join => join.onRef('project.id', '=', 'assignment.target_id').on('assignment.target_type', '=', 'project'))
      .selectAll('assignment')
      .select('project.domain_id as project_domain_id')
      .orderBy('actor_id')
      .orderBy('target_id')
      .orderBy('role_id')
    if (actors) {
      const ids = (type: Actor['type']) => actors.filter(actor => actor.type === type).map(actor => actor.id)
      const [users, groups] = [ids('user'), ids('group')]
      rows = rows.where(({ and, or, eb }) =>
        or([
          ...(users.length > 0 ? [and([eb('actor_type', '=', 'user'), eb('actor_id', 'in', users)])] : []),
          ...(groups.length > 0 ? [and([eb('actor_type', '=', 'group'), eb('actor_id', 'in', groups)])] : []),
        ]),
      )
    }
    if (targetTypes) rows = rows.where('target_type', 'in', [...targetTypes])
    if (targetIds) rows = rows.where('target_id', 'in', [...targetIds])
    if (roleId !== undefined) rows = rows.where('role_id', '=', roleId)
    if (inherited !== undefined) rows = rows.where('inherited', '=', inherited ? 1 : 0)
    return (await rows.execute()).map(row => ({ ...toAssignment(row), projectDomainId: row.project_domain_id ?? '' }))
  },

  async find({ actor, target, roleId, inherited }: Assignment, from = read): Promise<Assignment | undefined> {
    const found = await this.list({ actors: [actor], targetTypes: [target.type], targetIds: [target.id], roleId, inherited }, from)
    return found[0]
  },

  insert: (tx: Transaction, assignment: Assignment) =>
    tx.change(change(assignment, 'created'), sql => sql.insertInto('assignment').values(toRow(assignment)).execute().catch(refuseGiven)),

  delete: (tx: Transaction, assignment: Assignment) =>
    tx.change(change(assignment, 'deleted'), sql => {
      const row = toRow(assignment)
      return sql
        .deleteFrom('assignment')
        .where('actor_type', '=', row.actor_type)
        .where('actor_id', '=', row.actor_id)
        .where('target_type', '=', row.target_type)
        .where('target_id', '=', row.target_id)
        .where('role_id', '=', row.role_id)
        .where('inherited', '=', assignment.inherited ? 1 : 0)
        .execute()
    }),

  /** Everything of one actor, on one target or of one role, at one stroke. */
  async deleteAll(tx: Transaction, of: { actor: Actor } | { targetId: string } | { roleId: string }): Promise<void> {
    const [column, id] =
      'actor' in of
        ? (['actor_id', of.actor.id] as const)
        : 'targetId' in of
          ? (['target_id', of.targetId] as const)
          : (['role_id', of.roleId] as const)
    const doomed = await this.list(
      'actor' in of ? { actors: [of.actor] } : 'targetId' in of ? { targetIds: [of.targetId] } : { roleId: of.roleId },
      tx.read,
    )
    if (doomed.length === 0) return
    await tx.change(
      doomed.map(one => change(one, 'deleted')),
      sql => {
        const rows = sql.deleteFrom('assignment').where(column, '=', id)
        return ('actor' in of ? rows.where('actor_type', '=', of.actor.type) : rows).execute()
      },
    )
  },

  async listGroupIdsOf(userId: string, from: Reader = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('membership').select('group_id').where('user_id', '=', userId).execute()
    return rows.map(row => row.group_id)
  },

  async listMembers(groupIds: readonly string[]): Promise<readonly { readonly groupId: string; readonly userId: string }[]> {
    if (groupIds.length === 0) return []
    const rows = await read
      .selectFrom('membership')
      .selectAll()
      .where('group_id', 'in', [...groupIds])
      .orderBy('user_id')
      .execute()
    return rows.map(row => ({ groupId: row.group_id, userId: row.user_id }))
  },

  /** Every project of these domains, for walking up and down their trees. */
  async listPlaces(domainIds: readonly string[], from: Reader = read): Promise<readonly Place[]> {
    if (domainIds.length === 0) return []
    const rows = await from
      .selectFrom('project')
      .select(['id', 'parent_id', 'domain_id'])
      .where('is_domain', '=', 0)
      .where('domain_id', 'in', [...domainIds])
      .orderBy('id')
      .execute()
    return rows.map(row => ({ id: row.id, parentId: row.parent_id, domainId: row.domain_id }))
  },

  async listImplied(from: Reader = read): Promise<readonly { readonly priorRoleId: string; readonly impliedRoleId: string }[]> {
    const rows = await from.selectFrom('implied_role').selectAll().orderBy('implied_role_id').execute()
    return rows.map(row => ({ priorRoleId: row.prior_role_id, impliedRoleId: row.implied_role_id }))
  },

  /** The ids of the roles that belong to domains. */
  async listDomainRoleIds(from: Reader = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('role').select('id').where('domain_id', '!=', '').execute()
    return rows.map(row => row.id)
  },

  findUser: (id: string) => findNamed(read, 'user', id),
  findGroup: (id: string) => findNamed(read, 'user_group', id),

  /** A project or a domain. */
  async findProject(id: string): Promise<{ readonly id: string; readonly domainId: string; readonly isDomain: boolean } | undefined> {
    const row = await read.selectFrom('project').select(['id', 'domain_id', 'is_domain']).where('id', '=', id).executeTakeFirst()
    return row && { id: row.id, domainId: row.domain_id, isDomain: isSet(row.is_domain) }
  },

  listUsers: (ids: readonly string[]) => listNamed(read, 'user', ids),
  listGroups: (ids: readonly string[]) => listNamed(read, 'user_group', ids),
  listProjects: (ids: readonly string[]) => listNamed(read, 'project', ids),
  listRoles: (ids: readonly string[]) => listNamed(read, 'role', ids),
})

export type AssignmentStore = ReturnType<typeof assignmentStore>

const refuseGiven = (cause: unknown): never => {
  throw isUniqueViolation(cause)
    ? new Refusal('conflict', 'Conflict occurred attempting to store role grant - it is given already.')
    : cause
}

type NamedTable = 'user' | 'user_group' | 'project' | 'role'
/** These tables share the columns `id`, `name` and `domain_id`, which is all that is asked of them here. */
const asOne = (table: NamedTable) => `${table as 'user'} as thing` as const

/** Names with the domains they are names in, all in one query. */
async function listNamed(read: Reader, table: NamedTable, ids: readonly string[]): Promise<readonly NamedThing[]> {
  if (ids.length === 0) return []
  const rows = await read
    .selectFrom(asOne(table))
    .leftJoin('project as domain', 'domain.id', 'thing.domain_id')
    .select(['thing.id', 'thing.name', 'domain.id as domain_id', 'domain.name as domain_name'])
    .where('thing.id', 'in', [...ids])
    .execute()
  return rows.map(({ id, name, domain_id, domain_name }) => ({
    id,
    name,
    domain: domain_id === null ? undefined : { id: domain_id, name: domain_name ?? '' },
  }))
}

async function findNamed(read: Reader, table: NamedTable, id: string) {
  const row = await read.selectFrom(asOne(table)).select(['thing.id', 'thing.domain_id']).where('thing.id', '=', id).executeTakeFirst()
  return row && { id: row.id, domainId: row.domain_id }
}

const change = ({ actor, target, roleId, inherited }: Assignment, act: string) => ({
  kind: 'identity.assignment',
  id: [actor.type, actor.id, target.type, target.id, roleId, ...(inherited ? ['inherited'] : [])].join('/'),
  act,
  userId: actor.type === 'user' ? actor.id : undefined,
  projectId: target.type === 'project' ? target.id : undefined,
  domainId: target.type === 'domain' ? target.id : undefined,
  after: { actor, target, roleId, inherited },
})

const toRow = ({ actor, target, roleId, inherited }: Assignment) => ({
  actor_type: actor.type,
  actor_id: actor.id,
  target_type: target.type,
  target_id: target.id,
  role_id: roleId,
  inherited,
})

const toAssignment = (
  row: Pick<AssignmentRow, 'actor_type' | 'actor_id' | 'target_type' | 'target_id' | 'role_id'> & { inherited: number },
): Assignment => ({
  actor: { type: row.actor_type, id: row.actor_id },
  target: { type: row.target_type, id: row.target_id },
  roleId: row.role_id,
  inherited: isSet(row.inherited),
})
