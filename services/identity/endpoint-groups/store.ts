import { Refusal } from '@kilonova/platform/refusal.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import type { Project } from '../projects/project.ts'
import type { EndpointGroupRow, Tables, Transaction } from '../tables.ts'
import type { EndpointGroup } from './endpoint-group.ts'

/** Groups of endpoints in the table `endpoint_group`; what projects were given in `project_endpoint_group` and `project_endpoint`. */
export const endpointGroupStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<EndpointGroup | undefined> {
    const row = await from.selectFrom('endpoint_group').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toGroup(row)
  },

  async list(from = read): Promise<readonly EndpointGroup[]> {
    return (await from.selectFrom('endpoint_group').selectAll().orderBy('id').execute()).map(toGroup)
  },

  insert: (tx: Transaction, group: EndpointGroup) =>
    tx.change(change(group, 'created'), sql => sql.insertInto('endpoint_group').values(toRow(group)).execute()),

  update: (tx: Transaction, group: EndpointGroup) =>
    tx.change(change(group, 'updated'), sql => sql.updateTable('endpoint_group').set(toRow(group)).where('id', '=', group.id).execute()),

  /** The projects that were given the group lose it. */
  delete: (tx: Transaction, group: EndpointGroup) =>
    tx.change(change(group, 'deleted'), async sql => {
      await sql.deleteFrom('project_endpoint_group').where('endpoint_group_id', '=', group.id).execute()
      await sql.deleteFrom('endpoint_group').where('id', '=', group.id).execute()
    }),

  async listOfProject(projectId: string, from = read): Promise<readonly EndpointGroup[]> {
    const rows = await from
      .selectFrom('endpoint_group')
      .innerJoin('project_endpoint_group', 'project_endpoint_group.endpoint_group_id', 'endpoint_group.id')
      .selectAll('endpoint_group')
      .where('project_endpoint_group.project_id', '=', projectId)
      .orderBy('endpoint_group.id')
      .execute()
    return rows.map(toGroup)
  },

  async isGiven(groupId: string, projectId: string, from = read): Promise<boolean> {
    const given = from.selectFrom('project_endpoint_group').select('project_id').where('project_id', '=', projectId)
    return (await given.where('endpoint_group_id', '=', groupId).executeTakeFirst()) !== undefined
  },

  insertGift: (tx: Transaction, groupId: string, projectId: string) =>
    tx.change(groupGift(groupId, projectId, 'created'), sql =>
      sql
        .insertInto('project_endpoint_group')
        .values({ project_id: projectId, endpoint_group_id: groupId })
        .execute()
        .catch(refuseGiven('project_endpoint_group')),
    ),

  deleteGift: (tx: Transaction, groupId: string, projectId: string) =>
    tx.change(groupGift(groupId, projectId, 'deleted'), sql =>
      sql.deleteFrom('project_endpoint_group').where('project_id', '=', projectId).where('endpoint_group_id', '=', groupId).execute(),
    ),

  /** The endpoints a project was given one by one. */
  async listEndpointIds(projectId: string, from = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('project_endpoint').select('endpoint_id').where('project_id', '=', projectId).execute()
    return rows.map(row => row.endpoint_id)
  },

  insertEndpoint: (tx: Transaction, projectId: string, endpointId: string) =>
    tx.change(endpointGift(projectId, endpointId, 'created'), sql =>
      sql
        .insertInto('project_endpoint')
        .values({ project_id: projectId, endpoint_id: endpointId })
        .execute()
        .catch(refuseGiven('project_endpoint')),
    ),

  deleteEndpoint: (tx: Transaction, projectId: string, endpointId: string) =>
    tx.change(endpointGift(projectId, endpointId, 'deleted'), sql =>
      sql.deleteFrom('project_endpoint').where('project_id', '=', projectId).where('endpoint_id', '=', endpointId).execute(),
    ),

  async listProjectIds(endpointId: string, from = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('project_endpoint').select('project_id').where('endpoint_id', '=', endpointId).execute()
    return rows.map(row => row.project_id)
  },

  /** Reads across the corridor. */
  findProject: (id: string, from = read) => from.selectFrom('project').select('id').where('id', '=', id).executeTakeFirst(),

  listProjects: (given: { endpointId: string } | { groupId: string }, from = read) => projectsOf(given, from),
})

export type EndpointGroupStore = ReturnType<typeof endpointGroupStore>

const change = (group: EndpointGroup, act: string) => ({ kind: 'identity.endpoint_group', id: group.id, act, after: group })

const groupGift = (endpointGroupId: string, projectId: string, act: string) => ({
  kind: 'identity.project_endpoint_group',
  id: endpointGroupId,
  act,
  projectId,
  after: { endpointGroupId, projectId },
})

const endpointGift = (projectId: string, endpointId: string, act: string) => ({
  kind: 'identity.project_endpoint',
  id: endpointId,
  act,
  projectId,
  after: { projectId, endpointId },
})

const refuseGiven = (what: string) => (error: unknown) => {
  if (!isUniqueViolation(error)) throw error
  throw new Refusal('conflict', `Conflict occurred attempting to store ${what} - Duplicate entry.`, { cause: error })
}

const toRow = ({ filters, ...group }: EndpointGroup): EndpointGroupRow => ({ ...group, filters: JSON.stringify(filters) })

const toGroup = (row: EndpointGroupRow): EndpointGroup => ({ ...row, filters: JSON.parse(row.filters) })

async function projectsOf(
  given: { endpointId: string } | { groupId: string },
  from: Database<Tables>['read'],
): Promise<readonly Project[]> {
  const ids =
    'endpointId' in given
      ? from.selectFrom('project_endpoint').select('project_id').where('endpoint_id', '=', given.endpointId)
      : from.selectFrom('project_endpoint_group').select('project_id').where('endpoint_group_id', '=', given.groupId)
  const [projects, tags] = await Promise.all([
    from.selectFrom('project').selectAll().where('id', 'in', ids).orderBy('id').execute(),
    from.selectFrom('project_tag').selectAll().where('project_id', 'in', ids).orderBy('name').execute(),
  ])
  const tagsOf = Map.groupBy(tags, tag => tag.project_id)
  return projects.map(row => ({
    id: row.id,
    name: row.name,
    domainId: row.domain_id || null,
    parentId: row.parent_id || null,
    isDomain: isSet(row.is_domain),
    enabled: isSet(row.enabled),
    description: row.description,
    tags: (tagsOf.get(row.id) ?? []).map(tag => tag.name),
    options: JSON.parse(row.options),
    extra: JSON.parse(row.extra),
  }))
}
