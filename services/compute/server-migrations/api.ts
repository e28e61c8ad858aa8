import { Refusal } from '@kilonova/platform/refusal.ts'
import { anything, list } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import { endpoint, plainBody, view } from '../versions.ts'
import type { ServerMigrationLogic } from './logic.ts'

const rule = (word: string) => `os_compute_api:servers:migrations:${word}`
const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })

/** Only moves of running servers are followed here, and no server moves while it runs: there are none under way. */
// biome-ignore format: a table per route
export const serverMigrationApi = (servers: Pick<ServerLogic, 'get'>, moves: Pick<ServerMigrationLogic, 'get'>) => {
  const of = { about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id), target: ofServer } as const
  const mustMove = async ({ id }: Server, number: string): Promise<never> => {
    const found = await moves.get(id, number).catch(() => undefined)
    if (!found) throw new Refusal('not-found', `In-progress live migration ${number} is not found for server ${id}.`)
    throw new Refusal('not-found', `Migration ${number} for server ${id} is not live-migration.`)
  }
  return [
    endpoint('GET /v2.1/servers/{server_id}/migrations', {
      ...of, summary: 'List the moves of a running server', policy: rule('index'), since: '2.23', status: 200,
      view: view(null, { migrations: shows<readonly object[]>()(list(anything), found => found) }),
      run:  () => [],
    }),

    endpoint('GET /v2.1/servers/{server_id}/migrations/{migration_id}', {
      ...of, summary: 'Show a move of a running server', policy: rule('show'), since: '2.23', status: 200,
      run: ({ about, params }) => mustMove(about, params.migration_id),
    }),

    endpoint('POST /v2.1/servers/{server_id}/migrations/{migration_id}/action', {
      ...of, summary: 'Force a move to its end', policy: rule('force_complete'), action: 'force_complete', since: '2.22', status: 202,
      body: plainBody('force_complete', { type: 'null' }),
      run: ({ about }) => {
        throw new Refusal('conflict', `Cannot 'force_complete' instance ${about.id} while it is in task_state ${about.taskState ?? 'None'}`)
      },
    }),

    endpoint('DELETE /v2.1/servers/{server_id}/migrations/{migration_id}', {
      ...of, summary: 'Call a move off', policy: rule('delete'), since: '2.24', status: 202,
      run: ({ about }) => {
        throw new Refusal('conflict', `Cannot 'abort live migration' instance ${about.id} while it is in task_state ${about.taskState ?? 'None'}`)
      },
    }),
  ]
}
