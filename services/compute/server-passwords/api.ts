import { text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import { endpoint, view } from '../versions.ts'
import type { PasswordLogic } from './logic.ts'

const passwordView = view(null, { password: shows<string | null>()(text(), sealed => sealed ?? '') })
const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })

// biome-ignore format: a table per route
export const serverPasswordApi = (servers: Pick<ServerLogic, 'get'>, passwords: PasswordLogic) => [
  endpoint('GET /v2.1/servers/{server_id}/os-server-password', {
    summary: 'Show the password a server says it has, sealed with its owner’s key',
    policy:  'os_compute_api:os-server-password:show',
    status:  200,
    about:   ({ params }) => servers.get(params.server_id),
    target:  ofServer,
    view:    passwordView,
    run:     ({ about }) => passwords.get(about.id),
  }),

  endpoint('DELETE /v2.1/servers/{server_id}/os-server-password', {
    summary: 'Forget the password a server says it has',
    policy:  'os_compute_api:os-server-password:clear',
    status:  204,
    about:   ({ params }) => servers.get(params.server_id),
    target:  ofServer,
    run:     ({ about, cause }) => passwords.clear(about, cause),
  }),
]
