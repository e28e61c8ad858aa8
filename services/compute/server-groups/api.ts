import { optional, required } from '@kilonova/platform/http/fields.ts'
import { dictionary, integer, list, maybe, object, oneOf, text, anything, either } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, listView, query, since, until, view } from '../versions.ts'
import type { ServerGroupLogic } from './logic.ts'
import type { ServerGroup } from './server-group.ts'

const strict = ['anti-affinity', 'affinity'] as const
const all = [...strict, 'soft-anti-affinity', 'soft-affinity'] as const
// biome-ignore format: a table of fields
const createBody = body('server_group', {
  name:     required(text({ min: 1, max: 255, pattern: '^\\S(.*\\S)?$' })),
  policies: [until('2.14', required(list(oneOf(...strict), { min: 1, max: 1 }))),
             { from: '2.15', to: '2.63', what: required(list(oneOf(...all), { min: 1, max: 1 })) }],
  policy:   since('2.64', required(oneOf(...all))),
  rules:    since('2.64', optional(object({ max_server_per_host: maybe(either(integer({ min: 1 }), text({ pattern: '^[1-9][0-9]*$' }))) }))),
})

const shown = shows<ServerGroup>()
// biome-ignore format: a table of fields
const groupView = view('server_group', {
  id:         shown(text(), group => group.id),
  name:       shown(text(), group => group.name),
  policies:   until('2.63', shown(list(text()), group => [group.policy])),
  metadata:   until('2.63', shown(anything, () => ({}))),
  policy:     since('2.64', shown(text(), group => group.policy)),
  rules:      since('2.64', shown(dictionary(integer()), group => group.rules)),
  members:    shown(list(text()), group => group.members),
  project_id: since('2.13', shown(text(), group => group.projectId)),
  user_id:    since('2.13', shown(text(), group => group.userId)),
})
const listQuery = query({
  all_projects: optional(text()),
  limit: optional(integer({ min: 0 })),
  offset: optional(integer({ min: 0 })),
})
const ofGroup = ({ about }: { about: ServerGroup }) => ({ project_id: about.projectId })
const ofCaller = ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId })

// biome-ignore format: a table per route
export const serverGroupApi = (groups: ServerGroupLogic) => [
  endpoint('GET /v2.1/os-server-groups', {
    summary: 'List the server groups of a project',
    policy:  'os_compute_api:os-server-groups:index',
    query:   listQuery,
    status:  200,
    target:  ofCaller,
    view:    listView('server_groups', groupView),
    async run({ caller, query: { all_projects, limit = 1000, offset = 0 }, may }) {
      const isForAll = all_projects !== undefined && may('os_compute_api:os-server-groups:index:all_projects')
      const found = await groups.list(isForAll ? undefined : caller.projectId ?? '')
      return { items: found.slice(offset, offset + Math.min(limit || 1000, 1000)) }
    },
  }),

  endpoint('POST /v2.1/os-server-groups', {
    summary: 'Create a server group',
    policy:  'os_compute_api:os-server-groups:create',
    body:    createBody,
    status:  200,
    target:  ofCaller,
    view:    groupView,
    run({ caller, body, cause }) {
      const policy = body.policy ?? body.policies?.[0]
      if (policy === undefined) throw new Refusal('invalid', 'A server group needs a policy.')
      const most = body.rules?.max_server_per_host
      const rules = most === undefined ? {} : { max_server_per_host: Number(most) }
      return groups.create({ name: body.name, policy, rules, projectId: caller.projectId ?? '', userId: caller.userId ?? '' }, cause)
    },
  }),

  endpoint('GET /v2.1/os-server-groups/{server_group_id}', {
    summary: 'Show a server group',
    policy:  'os_compute_api:os-server-groups:show',
    status:  200,
    about:   ({ params }) => groups.get(params.server_group_id),
    target:  ofGroup,
    view:    groupView,
    run:     ({ about }) => about,
  }),

  endpoint('DELETE /v2.1/os-server-groups/{server_group_id}', {
    summary: 'Delete a server group',
    policy:  'os_compute_api:os-server-groups:delete',
    status:  204,
    about:   ({ params }) => groups.get(params.server_group_id),
    target:  ofGroup,
    run:     ({ about, cause }) => groups.delete(about, cause),
  }),
]
