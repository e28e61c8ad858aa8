import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, flag, id, list, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { type ItemView, type Showing, shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { inexactFilters, saysYes } from '../filters/filter.ts'
import type { Limit } from '../limits/limit.ts'
import type { LimitLogic } from '../limits/logic.ts'
import type { UserLogic } from '../users/logic.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import { type ProjectLogic, refuseUnknownTag, type Wish } from './logic.ts'
import { idsAbove, idsBelow, type Project } from './project.ts'

const name = text({ min: 1, max: 64, pattern: '\\S' })
const tag = text({ min: 1, max: 255, pattern: '^[^,/]*$' })
const tags = list(tag, { max: 80, unique: true })

// biome-ignore format: a table of fields
const fields = {
  id:          optional(anything),
  domain_id:   optional(nullable(id)),
  parent_id:   optional(nullable(id)),
  is_domain:   optional(flag),
  enabled:     optional(flag),
  description: optional(nullable(text())),
  tags:        optional(tags),
  options:     optional(object({ immutable: maybe(nullable(flag)) })),
}
const createBody = body('project', { name: required(name), ...fields }, { extra: 'keep' })
const updateBody = body('project', { name: optional(name), ...fields }, { extra: 'keep' })
const tagsBody = body(null, { tags: required(tags) }, { extra: 'keep' })
type Wished = NonNullable<(typeof updateBody)['type']>

// biome-ignore format: a table of fields
const listQuery = query({
  domain_id: optional(text()),
  parent_id: optional(text()),
  name:      optional(text()),
  enabled:   optional(text()),
  is_domain: optional(text()),
  tags:           optional(text()),
  'tags-any':     optional(text()),
  'not-tags':     optional(text()),
  'not-tags-any': optional(text()),
})

// biome-ignore format: a table of fields
const detailQuery = query({
  parents_as_list: optional(text()),
  parents_as_ids:  optional(text()),
  subtree_as_list: optional(text()),
  subtree_as_ids:  optional(text()),
  include_limits:  optional(text()),
})

const shown = shows<Project>()
// biome-ignore format: a table of fields
const cells = {
  id:          shown(text(), project => project.id),
  name:        shown(text(), project => project.name),
  domain_id:   shown(nullable(text()), project => project.domainId),
  parent_id:   shown(nullable(text()), project => project.parentId),
  is_domain:   shown(flag, project => project.isDomain),
  enabled:     shown(flag, project => project.enabled),
  description: shown(text(), project => project.description),
  tags:        shown(list(text()), project => project.tags),
  options:     shown(object({ immutable: maybe(flag) }), project => project.options),
  links:       shown(object({ self: text() }), (project, { base }) => ({ self: `${base}/v3/projects/${project.id}` })),
}
export const projectView = view<Project>('project', cells, project => project.extra)

/** NOTE: the answer to a change alone repeats the free attributes below `extra`, as Keystone's does. */
const updatedView = view<Project>(
  'project',
  { ...cells, extra: shown(object({}, { extra: 'keep' }), project => project.extra) },
  project => project.extra,
)

/** The limits of projects, and how they are shown. */
export interface Limited {
  readonly logic: Pick<LimitLogic, 'listOfProjects'>
  readonly view: ItemView<Limit>
}

type Relative = Project & { readonly limits?: readonly Limit[] | undefined }
interface Detail extends Project {
  /** Whole projects, or a tree of ids. */
  readonly parents?: readonly Relative[] | object | null
  readonly subtree?: readonly Relative[] | object | null
}
const detail = shows<Detail>()
function detailView(limitView: ItemView<Limit>) {
  const relative = shows<Relative>()
  const limits = relative(anything, ({ limits: set }, showing) => set?.map(limit => limitView.bare(limit, showing)))
  const relativeView = view<Relative>('project', { ...cells, limits }, project => project.extra)
  const relatives = (related: Detail['parents'], showing: Showing) =>
    Array.isArray(related) ? related.map((one: Relative) => relativeView.render(one, showing)) : related
  return view<Detail>(
    'project',
    {
      ...cells,
      parents: detail(anything, ({ parents }, showing) => relatives(parents, showing)),
      subtree: detail(anything, ({ subtree }, showing) => relatives(subtree, showing)),
    },
    project => project.extra,
  )
}

const tagged = shows<Project>()
const tagsView = view<Project>(null, {
  tags: tagged(list(text()), project => project.tags),
  links: tagged(object({ self: text() }), (project, { base }) => ({ self: `${base}/v3/projects/${project.id}/tags` })),
})

const forPolicy = ({ id, domainId }: Project) => ({ id, ...(domainId === null ? {} : { domain_id: domainId }) })
const target = ({ about }: { about: Project }) => ({ target: { project: forPolicy(about) } })

// biome-ignore format: a table per route
export const projectApi = (projects: ProjectLogic, users: Pick<UserLogic, 'get'>, limits: Limited) => {
  const about = ({ params }: { params: { project_id: string } }) => projects.get(params.project_id)
  return [
  endpoint('GET /v3/projects', {
    summary: 'List the projects',
    policy:  'identity:list_projects',
    target:  ({ caller }) => ({ target: { domain_id: caller.domainId } }),
    query:   listQuery,
    status:  200,
    view:    listView('projects', projectView),
    run:     ({ query, caller }) => projects.list({
      domainIds: domainsOf(query, caller),
      parentId:  query.parent_id,
      name:      query.name,
      enabled:   saysYes(query.enabled),
      isDomain:  saysYes(query.is_domain) ?? false,
      tags:      { all: split(query.tags), any: split(query['tags-any']), notAll: split(query['not-tags']), notAny: split(query['not-tags-any']) },
    }, inexactFilters(query, ['name'])),
  }),

  endpoint('GET /v3/auth/projects', {
    summary: 'List the projects for which the caller could ask a token',
    policy:  'identity:get_auth_projects',
    status:  200,
    view:    listView('projects', projectView),
    run:     ({ caller }) => projects.listOfUser(caller.userId ?? '', { enabled: true }),
  }),

  endpoint('POST /v3/projects', {
    summary: 'Create a project',
    policy:  'identity:create_project',
    body:    createBody,
    target:  ({ body }) => ({ target: { project: body } }),
    status:  201,
    view:    projectView,
    run:     ({ body, caller, cause }) =>
      projects.create({ ...wishOf(body), name: body.name, domainId: body.domain_id ?? (body.is_domain ? undefined : caller.domainId) }, cause),
  }),

  endpoint('GET /v3/projects/{project_id}', {
    summary: 'Show a project, and on demand those above and below it',
    policy:  'identity:get_project',
    about, target,
    query:   detailQuery,
    status:  200,
    view:    detailView(limits.view),
    run:     ({ about, query, caller }) => detailed({ projects, limits: limits.logic }, about, query, caller),
  }),

  endpoint('PATCH /v3/projects/{project_id}', {
    summary: 'Change a project',
    policy:  'identity:update_project',
    about, target,
    body:    updateBody,
    status:  200,
    view:    updatedView,
    run:     ({ params, body, cause }) => projects.update(params.project_id, checked(params.project_id, body), cause),
  }),

  endpoint('DELETE /v3/projects/{project_id}', {
    summary: 'Delete a project',
    policy:  'identity:delete_project',
    about, target,
    status:  204,
    run:     ({ params, cause }) => projects.delete(params.project_id, cause),
  }),

  endpoint('GET /v3/projects/{project_id}/tags', {
    summary: 'List the tags of a project',
    policy:  'identity:list_project_tags',
    about, target,
    status:  200,
    view:    tagsView,
    run:     ({ about }) => about,
  }),

  endpoint('PUT /v3/projects/{project_id}/tags', {
    summary: 'Replace the tags of a project',
    policy:  'identity:update_project_tags',
    about, target,
    body:    tagsBody,
    status:  200,
    view:    tagsView,
    run:     ({ params, body, cause }) => projects.updateTags(params.project_id, 'update', () => body.tags, cause),
  }),

  endpoint('DELETE /v3/projects/{project_id}/tags', {
    summary: 'Take all tags off a project',
    policy:  'identity:delete_project_tags',
    about, target,
    status:  204,
    run:     async ({ params, cause }) => { await projects.updateTags(params.project_id, 'update', () => [], cause) },
  }),

  endpoint('GET /v3/projects/{project_id}/tags/{value}', {
    summary: 'Check whether a project has a tag',
    policy:  'identity:get_project_tag',
    about, target,
    status:  204,
    run:     ({ params }) => projects.getTag(params.project_id, params.value),
  }),

  endpoint('PUT /v3/projects/{project_id}/tags/{value}', {
    summary: 'Put a tag on a project',
    policy:  'identity:create_project_tag',
    about, target,
    status:  201,
    run:     async ({ params, base, cause }) => {
      await projects.updateTags(params.project_id, 'create', before => withTag(before, params.value), cause)
      return answer(undefined, { headers: { location: `${base}/v3/projects/${params.project_id}/tags/${encodeURIComponent(params.value)}` } })
    },
  }),

  endpoint('DELETE /v3/projects/{project_id}/tags/{value}', {
    summary: 'Take a tag off a project',
    policy:  'identity:delete_project_tag',
    about, target,
    status:  204,
    run:     async ({ params, cause }) => {
      await projects.updateTags(params.project_id, 'delete', before => withoutTag(before, params.value), cause)
    },
  }),

  endpoint('GET /v3/users/{user_id}/projects', {
    summary: 'List the projects a user has a role on',
    policy:  'identity:list_user_projects',
    about:   ({ params }) => users.get(params.user_id),
    target:  ({ about, params }) => ({ target: { user: { id: about.id, domain_id: about.domainId } }, user_id: params.user_id }),
    query:   query({ domain_id: optional(text()), enabled: optional(text()), name: optional(text()) }),
    status:  200,
    view:    listView('projects', projectView),
    run:     ({ params, query }) => projects.listOfUser(params.user_id, {
      domainIds: query.domain_id === undefined ? [] : [query.domain_id],
      name:      query.name,
      enabled:   saysYes(query.enabled),
    }, inexactFilters(query, ['name'])),
  }),
]}

const split = (tags: string | undefined) => tags?.split(',')

/** A caller whose token speaks for one domain sees that one only. */
const domainsOf = (query: { domain_id?: string | undefined }, caller: Caller) =>
  [query.domain_id, caller.domainId].filter(domainId => domainId !== undefined)

// biome-ignore format: a table of fields
function wishOf(wished: Wished): Wish {
  const { links: _, ...extra } = updateBody.undeclared(wished)
  return {
    name:        wished.name,
    domainId:    wished.domain_id,
    parentId:    wished.parent_id,
    isDomain:    wished.is_domain,
    enabled:     wished.enabled,
    description: wished.description === null ? '' : wished.description,
    tags:        wished.tags,
    options:     wished.options,
    extra,
  }
}

function checked(id: string, wished: Wished): Wish {
  mustSaySomething(wished)
  if (wished.id != null && wished.id !== id) throw new Refusal('invalid', 'Cannot change ID')
  return wishOf(wished)
}

const isAsked = (parameter: string | undefined) => parameter !== undefined && parameter !== '0'

/** Of the whole projects next to this one, a caller sees those it has a role on. */
async function detailed(
  { projects, limits }: { projects: ProjectLogic; limits: Limited['logic'] },
  project: Project,
  query: NonNullable<(typeof detailQuery)['type']>,
  caller: Caller,
) {
  const [parentsAsList, parentsAsIds] = [isAsked(query.parents_as_list), isAsked(query.parents_as_ids)]
  const [subtreeAsList, subtreeAsIds] = [isAsked(query.subtree_as_list), isAsked(query.subtree_as_ids)]
  if (parentsAsList && parentsAsIds) refuseBoth('parents')
  if (subtreeAsList && subtreeAsIds) refuseBoth('subtree')
  const above = parentsAsList || parentsAsIds ? await projects.listAbove(project) : []
  const below = subtreeAsList || subtreeAsIds ? await projects.listBelow(project) : []
  const { items } = parentsAsList || subtreeAsList ? await projects.listOfUser(caller.userId ?? '') : { items: [] }
  const seen = new Set(items.map(one => one.id))
  const shown = (of: readonly Project[]) => of.filter(one => seen.has(one.id))
  const ids = [...(parentsAsList ? shown(above) : []), ...(subtreeAsList ? shown(below) : [])].map(one => one.id)
  const set = isAsked(query.include_limits) ? Map.groupBy(await limits.listOfProjects(ids), one => one.projectId) : undefined
  const withLimits = (of: readonly Project[]) => shown(of).map(one => ({ ...one, limits: set && (set.get(one.id) ?? []) }))
  return {
    ...project,
    ...(parentsAsList ? { parents: withLimits(above) } : {}),
    ...(parentsAsIds ? { parents: idsAbove(project, above) } : {}),
    ...(subtreeAsList ? { subtree: withLimits(below) } : {}),
    ...(subtreeAsIds ? { subtree: idsBelow(project.id, below) } : {}),
  }
}

const refuseBoth = (what: 'parents' | 'subtree'): never => {
  throw new Refusal('invalid', `Cannot use ${what}_as_list and ${what}_as_ids query params at the same time.`)
}

function withTag(before: readonly string[], value: string): readonly string[] {
  if (value.length > 255 || !/^[^,/]+$/.test(value))
    throw new Refusal(
      'invalid',
      `Invalid input for field/attribute tag. Value: ${value}. A tag has 1 to 255 characters, none of them , or /`,
    )
  if (before.includes(value)) throw new Refusal('invalid', `Invalid input for field/attribute tags. ${value} has non-unique elements`)
  if (before.length >= 80) throw new Refusal('invalid', 'Invalid input for field/attribute tags. A project has at most 80 tags')
  return [...before, value]
}

const withoutTag = (before: readonly string[], value: string) =>
  before.includes(value) ? before.filter(one => one !== value) : refuseUnknownTag(value)
