import { folded, isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ProjectRow, Tables, Transaction } from '../tables.ts'
import type { Project, TagFilter } from './project.ts'

export interface ProjectFilter {
  /** All must hold: the one asked for and the one the caller may see. */
  readonly domainIds?: readonly string[]
  readonly ids?: readonly string[] | undefined
  readonly parentId?: string | undefined
  readonly name?: string | undefined
  readonly isDomain?: boolean | undefined
  readonly enabled?: boolean | undefined
  readonly tags?: TagFilter
}

type From = Reader<Tables>

/** Projects and domains in the table `project`, with their tags in `project_tag`. In the table '' stands for no domain and no parent. */
export const projectStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from: From = read): Promise<Project | undefined> {
    return toProjects(await rows(from).where('project.id', '=', id).execute())[0]
  },

  async findByName(domainId: string | null, name: string, from: From = read): Promise<Project | undefined> {
    const found = rows(from)
      .where('project.domain_id', '=', domainId ?? '')
      .where('project.name_folded', '=', folded(name))
    return toProjects(await found.execute())[0]
  },

  async list(filter: ProjectFilter = {}, from: From = read): Promise<readonly Project[]> {
    return toProjects(await filtered(rows(from), filter, from).execute())
  },

  /** Those a user has a role on: directly, through a group, or inherited from above. */
  async listOfUser(userId: string, filter: ProjectFilter = {}, from: From = read): Promise<readonly Project[]> {
    const projects = filtered(rows(from), filter, from)
    const reachable = projects.where(({ or, eb }) =>
      or([eb('project.id', 'in', targets(from, userId, 0)), eb('project.id', 'in', inheriting(from, userId))]),
    )
    return toProjects(await reachable.execute())
  },

  /** Nearest first, the domain last. */
  async listAbove(project: Project, from: From = read): Promise<readonly Project[]> {
    const chain = from
      .withRecursive('chain', start =>
        start
          .selectFrom('project')
          .select(['id', 'parent_id'])
          .where('id', '=', project.parentId ?? '')
          .unionAll(more =>
            more.selectFrom('project').innerJoin('chain', 'chain.parent_id', 'project.id').select(['project.id', 'project.parent_id']),
          ),
      )
      .selectFrom('chain')
      .select('chain.id')
    const found = new Map(toProjects(await rows(from).where('project.id', 'in', chain).execute()).map(one => [one.id, one]))
    const above: Project[] = []
    for (let next = found.get(project.parentId ?? ''); next; next = found.get(next.parentId ?? '')) above.push(next)
    return above
  },

  /** Parents before their children. */
  async listBelow(id: string, from: From = read): Promise<readonly Project[]> {
    const tree = from
      .withRecursive('tree', start =>
        start
          .selectFrom('project')
          .select('id')
          .where('parent_id', '=', id)
          .unionAll(more => more.selectFrom('project').innerJoin('tree', 'tree.id', 'project.parent_id').select('project.id')),
      )
      .selectFrom('tree')
      .select('tree.id')
    return topDown(id, toProjects(await rows(from).where('project.id', 'in', tree).execute()))
  },

  insert: (tx: Transaction, project: Project) =>
    tx.change(change(project, 'created'), async sql => {
      await sql.insertInto('project').values(toRow(project)).execute().catch(refuseTaken(project))
      if (project.tags.length > 0) await sql.insertInto('project_tag').values(tagRows(project)).execute()
    }),

  update: (tx: Transaction, project: Project) =>
    tx.change(change(project, 'updated'), async sql => {
      await sql.updateTable('project').set(toRow(project)).where('id', '=', project.id).execute().catch(refuseTaken(project))
      await sql.deleteFrom('project_tag').where('project_id', '=', project.id).execute()
      if (project.tags.length > 0) await sql.insertInto('project_tag').values(tagRows(project)).execute()
    }),

  delete: (tx: Transaction, project: Project) =>
    tx.change(change(project, 'deleted'), async sql => {
      await sql.deleteFrom('project_tag').where('project_id', '=', project.id).execute()
      await sql.deleteFrom('project').where('id', '=', project.id).execute()
    }),
})

export type ProjectStore = ReturnType<typeof projectStore>

/** One row per tag, or one for a project without. */
const rows = (from: From) =>
  from
    .selectFrom('project')
    .leftJoin('project_tag', 'project_tag.project_id', 'project.id')
    .selectAll('project')
    .select('project_tag.name as tag')
    .orderBy('project.name')
    .orderBy('project.id')
    .orderBy('project_tag.name')

function filtered(projects: ReturnType<typeof rows>, filter: ProjectFilter, from: From) {
  let found = projects
  for (const domainId of filter.domainIds ?? []) found = found.where('project.domain_id', '=', domainId)
  if (filter.ids) found = found.where('project.id', 'in', filter.ids.length > 0 ? [...filter.ids] : [''])
  if (filter.parentId !== undefined) found = found.where('project.parent_id', '=', filter.parentId)
  if (filter.name !== undefined) found = found.where('project.name_folded', '=', folded(filter.name))
  if (filter.isDomain !== undefined) found = found.where('project.is_domain', '=', filter.isDomain ? 1 : 0)
  if (filter.enabled !== undefined) found = found.where('project.enabled', '=', filter.enabled ? 1 : 0)
  const { all, any, notAll, notAny } = filter.tags ?? {}
  if (all) found = found.where('project.id', 'in', tagged(from, all, all.length))
  if (any) found = found.where('project.id', 'in', tagged(from, any, 1))
  if (notAll) found = found.where('project.id', 'not in', tagged(from, notAll, notAll.length))
  if (notAny) found = found.where('project.id', 'not in', tagged(from, notAny, 1))
  return found
}

/** The ids of projects with at least so many of the tags. */
const tagged = (from: From, tags: readonly string[], least: number) =>
  from
    .selectFrom('project_tag')
    .select('project_id')
    .where('name', 'in', [...tags])
    .groupBy('project_id')
    .having(({ fn }) => fn.countAll(), '>=', least)

/** What a user, or a group the user is in, has a role on: a read across the corridor. */
const targets = (from: From, userId: string, inherited: 0 | 1) =>
  from
    .selectFrom('assignment')
    .select('target_id')
    .where('inherited', '=', inherited)
    .where('target_type', 'in', inherited ? ['project', 'domain'] : ['project'])
    .where(({ or, and, eb, selectFrom }) =>
      or([
        and([eb('actor_type', '=', 'user'), eb('actor_id', '=', userId)]),
        and([
          eb('actor_type', '=', 'group'),
          eb('actor_id', 'in', selectFrom('membership').select('group_id').where('user_id', '=', userId)),
        ]),
      ]),
    )

/** The ids of all projects below those a user's inherited roles are given on. */
const inheriting = (from: From, userId: string) =>
  from
    .withRecursive('reached', start =>
      start
        .selectFrom('project')
        .select('id')
        .where('parent_id', 'in', targets(from, userId, 1))
        .union(more => more.selectFrom('project').innerJoin('reached', 'reached.id', 'project.parent_id').select('project.id')),
    )
    .selectFrom('reached')
    .select('reached.id')

function topDown(id: string, projects: readonly Project[]): readonly Project[] {
  const byParent = Map.groupBy(projects, one => one.parentId)
  const sorted = [...(byParent.get(id) ?? [])]
  for (const project of sorted) sorted.push(...(byParent.get(project.id) ?? []))
  return sorted
}

const change = (project: Project, act: string) => ({
  kind: project.isDomain ? 'identity.domain' : 'identity.project',
  id: project.id,
  act,
  projectId: project.isDomain ? undefined : project.id,
  domainId: project.domainId ?? project.id,
  after: project,
})

const refuseTaken =
  ({ id, name, isDomain }: Project) =>
  (cause: unknown): never => {
    if (!isUniqueViolation(cause)) throw cause
    const details = isDomain
      ? `it is not permitted to have two projects acting as domains with the same name: ${name}`
      : `it is not permitted to have two projects with either the same name or same id in the same domain: name is ${name}, project id ${id}`
    throw new Refusal('conflict', `Conflict occurred attempting to store project - ${details}.`)
  }

const tagRows = ({ id, tags }: Project) => tags.map(name => ({ project_id: id, name }))

const toRow = (project: Project) => ({
  id: project.id,
  name: project.name,
  name_folded: folded(project.name),
  domain_id: project.domainId ?? '',
  parent_id: project.parentId ?? '',
  is_domain: project.isDomain,
  enabled: project.enabled,
  description: project.description,
  options: JSON.stringify(project.options),
  extra: JSON.stringify(project.extra),
})

type Found = { [Column in keyof ProjectRow]: Column extends 'is_domain' | 'enabled' ? number : ProjectRow[Column] } & { tag: string | null }

const toProjects = (found: readonly Found[]): readonly Project[] =>
  [...Map.groupBy(found, row => row.id).values()].flatMap(([row, ...more]) =>
    row === undefined
      ? []
      : [
          {
            id: row.id,
            name: row.name,
            domainId: row.domain_id || null,
            parentId: row.parent_id || null,
            isDomain: isSet(row.is_domain),
            enabled: isSet(row.enabled),
            description: row.description,
            tags: [row, ...more].flatMap(one => one.tag ?? []),
            options: JSON.parse(row.options),
            extra: JSON.parse(row.extra),
          },
        ],
  )
