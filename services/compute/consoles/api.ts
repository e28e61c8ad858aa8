import { required } from '@kilonova/platform/http/fields.ts'
import { oneOf } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import { body, endpoint, since } from '../versions.ts'

const types = ['novnc', 'xvpvnc', 'rdp-html5', 'spice-html5', 'serial'] as const
const protocols = ['vnc', 'spice', 'rdp', 'serial'] as const
const createBody = body('remote_console', {
  protocol: [required(oneOf(...protocols)), since('2.8', required(oneOf(...protocols, 'mks')))],
  type: [required(oneOf(...types)), since('2.8', required(oneOf(...types, 'webmks')))],
})

/** No proxy carries a screen to browsers here, so every type is one that is not to be had. */
function unavailable(type: string | undefined): never {
  throw new Refusal('invalid', `Unavailable console type ${type}.`)
}

const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })

// biome-ignore format: a table per route
export const consoleApi = (servers: Pick<ServerLogic, 'get'>) => {
  const of = {
    about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id),
    target: ofServer, policy: 'os_compute_api:os-remote-consoles', status: 200,
  } as const
  const kinds = [
    ['os-getVNCConsole', oneOf('novnc', 'xvpvnc'), '2.5'], ['os-getSPICEConsole', oneOf('spice-html5'), '2.5'],
    ['os-getRDPConsole', oneOf('rdp-html5'), '2.5'], ['os-getSerialConsole', oneOf('serial'), '2.5'],
  ] as const
  return [
    endpoint('POST /v2.1/servers/{server_id}/remote-consoles', {
      ...of, summary: 'Ask for a way to the screen of a server', since: '2.6', body: createBody,
      run: ({ body }) => unavailable(body.type),
    }),

    ...kinds.map(([action, type, until]) =>
      endpoint('POST /v2.1/servers/{server_id}/action', {
        ...of, summary: 'Ask for a way to the screen of a server, as it was asked for once', until, action, body: body(action, { type: required(type) }),
        run: ({ body }) => unavailable(body.type),
      })),

    endpoint('GET /v2.1/os-console-auth-tokens/{console_token}', {
      summary: 'Show where the token of a console leads', policy: 'os_compute_api:os-console-auth-tokens', status: 200,
      run: () => { throw new Refusal('not-found', 'Token not found') },
    }),
  ]
}
