import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, dictionary, name, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { type ItemView, shows } from '@kilonova/platform/http/view.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { fits } from '../filters/filter.ts'
import type { Project } from '../projects/project.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { EndpointGroup } from './endpoint-group.ts'
import type { EndpointGroupLogic } from './logic.ts'

/** How the neighbours look; routes.ts hands them over. */
export interface Neighbours {
  readonly endpoint: ItemView<Endpoint>
  readonly project: ItemView<Project>
}

const filters = dictionary(anything)
const createBody = body(
  'endpoint_group',
  { name: required(name), description: optional(nullable(text())), filters: required(filters) },
  { extra: 'keep' },
)
const updateBody = body(
  'endpoint_group',
  { id: optional(text()), name: optional(name), description: optional(nullable(text())), filters: optional(filters) },
  { extra: 'keep' },
)

const shown = shows<EndpointGroup>()
// biome-ignore format: a table of fields
const groupView = view('endpoint_group', {
  id:          shown(text(),           group => group.id),
  name:        shown(text(),           group => group.name),
  description: shown(nullable(text()), group => group.description),
  filters:     shown(filters,          group => group.filters),
  links:       shown(object({ self: text() }), (group, { base }) => ({ self: `${base}/v3/OS-EP-FILTER/endpoint_groups/${group.id}` })),
})

type Gift = Awaited<ReturnType<EndpointGroupLogic['getInProject']>>
const shownGift = shows<Gift>()
// biome-ignore format: a table of fields
const giftView = view('project_endpoint_group', {
  endpoint_group_id: shownGift(text(), gift => gift.endpointGroupId),
  project_id:        shownGift(text(), gift => gift.projectId),
  // NOTE: Keystone's link has no host here.
  links:             shownGift(object({ self: text() }), gift => ({
    self: `/OS-EP-FILTER/endpoint_groups/${gift.endpointGroupId}/projects/${gift.projectId}`,
  })),
})

const groups = '/v3/OS-EP-FILTER/endpoint_groups'
const projects = '/v3/OS-EP-FILTER/projects'

// biome-ignore format: a table per route
export const endpointGroupApi = (logic: EndpointGroupLogic, views: Neighbours) => [
  endpoint(`GET ${groups}`, {
    summary: 'List the groups of endpoints',
    policy:  'identity:list_endpoint_groups',
    query:   query({ name: optional(text()) }),
    status:  200,
    view:    listView('endpoint_groups', groupView),
    run:     async ({ query }) => ({ items: (await logic.list()).filter(fits(query, { name: group => group.name })) }),
  }),

  endpoint(`POST ${groups}`, {
    summary: 'Create a group of endpoints',
    policy:  'identity:create_endpoint_group',
    body:    createBody,
    status:  201,
    view:    groupView,
    run:     ({ body: { name, description, filters }, cause }) => logic.create({ name, description, filters }, cause),
  }),

  endpoint(`GET ${groups}/{endpoint_group_id}`, {
    summary: 'Show a group of endpoints',
    policy:  'identity:get_endpoint_group',
    status:  200,
    view:    groupView,
    run:     ({ params }) => logic.get(params.endpoint_group_id),
  }),

  endpoint(`PATCH ${groups}/{endpoint_group_id}`, {
    summary: 'Change a group of endpoints',
    policy:  'identity:update_endpoint_group',
    body:    updateBody,
    status:  200,
    view:    groupView,
    run({ params, body, cause }) {
      mustSaySomething(body)
      const { id, name, description, filters } = body
      return logic.update(params.endpoint_group_id, { id, name, description, filters }, cause)
    },
  }),

  endpoint(`DELETE ${groups}/{endpoint_group_id}`, {
    summary: 'Delete a group of endpoints',
    policy:  'identity:delete_endpoint_group',
    status:  204,
    run:     ({ params, cause }) => logic.delete(params.endpoint_group_id, cause),
  }),

  endpoint(`GET ${groups}/{endpoint_group_id}/endpoints`, {
    summary: 'List the endpoints in a group',
    policy:  'identity:list_endpoints_associated_with_endpoint_group',
    status:  200,
    view:    listView('endpoints', views.endpoint),
    run:     async ({ params }) => ({ items: await logic.listEndpoints(params.endpoint_group_id) }),
  }),

  endpoint(`GET ${groups}/{endpoint_group_id}/projects`, {
    summary: 'List the projects that were given a group',
    policy:  'identity:list_projects_associated_with_endpoint_group',
    status:  200,
    view:    listView('projects', views.project),
    run:     async ({ params }) => ({ items: await logic.listProjects(params.endpoint_group_id) }),
  }),

  endpoint(`GET ${groups}/{endpoint_group_id}/projects/{project_id}`, {
    summary: 'Say whether a project was given a group',
    policy:  'identity:get_endpoint_group_in_project',
    status:  200,
    view:    giftView,
    run:     ({ params }) => logic.getInProject(params.endpoint_group_id, params.project_id),
  }),

  endpoint(`PUT ${groups}/{endpoint_group_id}/projects/{project_id}`, {
    summary: 'Give a group to a project',
    policy:  'identity:add_endpoint_group_to_project',
    status:  204,
    run:     ({ params, cause }) => logic.addToProject(params.endpoint_group_id, params.project_id, cause),
  }),

  endpoint(`DELETE ${groups}/{endpoint_group_id}/projects/{project_id}`, {
    summary: 'Take a group from a project',
    policy:  'identity:remove_endpoint_group_from_project',
    status:  204,
    run:     ({ params, cause }) => logic.removeFromProject(params.endpoint_group_id, params.project_id, cause),
  }),

  endpoint(`GET ${projects}/{project_id}/endpoint_groups`, {
    summary: 'List the groups a project was given',
    policy:  'identity:list_endpoint_groups_for_project',
    status:  200,
    view:    listView('endpoint_groups', groupView),
    run:     async ({ params }) => ({ items: await logic.listOfProject(params.project_id) }),
  }),

  endpoint(`GET ${projects}/{project_id}/endpoints`, {
    summary: 'List the endpoints a project was given, in groups or one by one',
    policy:  'identity:list_endpoints_for_project',
    status:  200,
    view:    listView('endpoints', views.endpoint),
    run:     async ({ params }) => ({ items: await logic.listEndpointsOfProject(params.project_id) }),
  }),

  endpoint(`GET ${projects}/{project_id}/endpoints/{endpoint_id}`, {
    summary: 'Say whether a project was given an endpoint',
    policy:  'identity:check_endpoint_in_project',
    status:  204,
    run:     ({ params }) => logic.checkEndpoint(params.project_id, params.endpoint_id),
  }),

  endpoint(`PUT ${projects}/{project_id}/endpoints/{endpoint_id}`, {
    summary: 'Give an endpoint to a project',
    policy:  'identity:add_endpoint_to_project',
    status:  204,
    run:     ({ params, cause }) => logic.addEndpoint(params.project_id, params.endpoint_id, cause),
  }),

  endpoint(`DELETE ${projects}/{project_id}/endpoints/{endpoint_id}`, {
    summary: 'Take an endpoint from a project',
    policy:  'identity:remove_endpoint_from_project',
    status:  204,
    run:     ({ params, cause }) => logic.removeEndpoint(params.project_id, params.endpoint_id, cause),
  }),

  endpoint('GET /v3/OS-EP-FILTER/endpoints/{endpoint_id}/projects', {
    summary: 'List the projects that were given an endpoint',
    policy:  'identity:list_projects_for_endpoint',
    status:  200,
    view:    listView('projects', views.project),
    run:     async ({ params }) => ({ items: await logic.listProjectsOfEndpoint(params.endpoint_id) }),
  }),
]
