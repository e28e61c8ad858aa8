import { refuseForbidden } from '../refusals/refusal.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { text } from '@kilonova/platform/http/shape.ts'
import { viewerOf } from '../versions/collection.ts'
import { describedView } from '../versions/members.ts'
import { endpoint, query } from '../versions.ts'
import type { TopologyLogic } from './logic.ts'

const owned = (projectId: string) => ({ project_id: projectId, tenant_id: projectId })
const view = describedView({ type: 'object', properties: { auto_allocated_topology: { type: 'object' } } })

export const topologyApi = (topologies: TopologyLogic) => [
  endpoint('GET /v2.0/auto-allocated-topology/{project_id}', {
    summary: 'Show the network a project is given by itself, and make it first where there is none',
    policy: 'get_auto_allocated_topology',
    query: query({ fields: optional(text()) }),
    status: 200,
    view,
    target: ({ params }) => owned(params.project_id),
    async run({ params, query: asked, cause, ...more }) {
      const viewer = viewerOf(more)
      const { project_id: projectId } = params
      if (!viewer.seesAll && projectId !== viewer.projectId) refuseForbidden('NotAuthorized', 'Not authorized.')
      if (asked.fields === 'dry-run') {
        await topologies.check(projectId, viewer)
        return { auto_allocated_topology: { id: 'dry-run=pass', tenant_id: projectId, project_id: projectId } }
      }
      const { id } = await topologies.ensure(projectId, { cause, viewer, within: {} })
      return { auto_allocated_topology: { id, tenant_id: projectId, project_id: projectId } }
    },
  }),
  endpoint('DELETE /v2.0/auto-allocated-topology/{project_id}', {
    summary: 'Delete the network a project was given by itself',
    policy: 'delete_auto_allocated_topology',
    status: 204,
    target: ({ params }) => owned(params.project_id),
    run: ({ params, cause, ...more }) => topologies.remove(params.project_id, { cause, viewer: viewerOf(more), within: {} }),
  }),
]
