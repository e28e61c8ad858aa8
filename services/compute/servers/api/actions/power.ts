import { required } from '@kilonova/platform/http/fields.ts'
import { maybe, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { body, endpoint, plainBody } from '../../../versions.ts'
import type { ServerLogic } from '../../logic.ts'
import type { Asker } from '../../logic/act.ts'
import { askerOf, ofServer } from '../asked.ts'

const rebootBody = body('reboot', { type: required(oneOf('HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft')) })
const lockBody = nullable(object({ locked_reason: maybe(text({ min: 1, max: 255 })) }))
const resetBody = body('os-resetState', { state: required(oneOf('active', 'error')) })
const passwordBody = body('changePassword', { adminPass: required(text()) })

type Act = (id: string, asker: Asker, cause: Cause) => Promise<unknown>

/** The actions whose body says no more than their name. */
// biome-ignore format: a table: the word of the wire, the rule, the sentence, the act
const plainActions = (servers: ServerLogic): readonly (readonly [string, string, string, Act])[] => [
  ['os-start',      'os_compute_api:servers:start',               'Turn a server on',                           servers.start],
  ['os-stop',       'os_compute_api:servers:stop',                'Turn a server off',                          servers.stop],
  ['pause',         'os_compute_api:os-pause-server:pause',       'Let a server stand still in memory',         servers.pause],
  ['unpause',       'os_compute_api:os-pause-server:unpause',     'Let a paused server run',                    servers.unpause],
  ['suspend',       'os_compute_api:os-suspend-server:suspend',   'Write a server’s memory to disk',            servers.suspend],
  ['resume',        'os_compute_api:os-suspend-server:resume',    'Let a suspended server go on',               servers.resume],
  ['unrescue',      'os_compute_api:os-unrescue',                 'End the rescue of a server',                 servers.unrescue],
  ['shelveOffload', 'os_compute_api:os-shelve:shelve_offload',    'Take a shelved server off its host',         servers.shelveOffload],
  ['restore',       'os_compute_api:os-deferred-delete:restore',  'Bring a deleted server back',                servers.restore],
  ['forceDelete',   'os_compute_api:os-deferred-delete:force',    'Delete a server at once, whatever it is',    servers.forceDelete],
]

export const about = (servers: ServerLogic) => ({
  about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id),
  target: ofServer,
})

// biome-ignore format: a table per route
export const powerActionApi = (servers: ServerLogic) => [
  ...plainActions(servers).map(([action, policy, summary, act]) =>
    endpoint('POST /v2.1/servers/{server_id}/action', {
      ...{ summary, policy, action, body: plainBody(action, {}), status: 202, ...about(servers) },
      run: async ({ about, cause, ...asked }) => void (await act(about.id, askerOf(asked), cause)),
    }),
  ),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Reboot a server',
    policy:  'os_compute_api:servers:reboot',
    action:  'reboot',
    body:    rebootBody,
    status:  202,
    ...about(servers),
    async run({ about, body, cause, ...asked }) {
      const act = body.type.toLowerCase() === 'soft' ? servers.softReboot : servers.hardReboot
      await act(about.id, askerOf(asked), cause)
    },
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Let a server write down its memory',
    policy:  'os_compute_api:servers:trigger_crash_dump',
    action:  'trigger_crash_dump',
    since:   '2.17',
    body:    plainBody('trigger_crash_dump', { type: 'null' }),
    status:  202,
    ...about(servers),
    run:     async ({ about, cause, ...asked }) => void (await servers.crashDump(about.id, askerOf(asked), cause)),
  }),

  ...[{ until: '2.72' }, { since: '2.73' }].map(span =>
    endpoint('POST /v2.1/servers/{server_id}/action', {
      summary: 'Lock a server: only administrators act on it then',
      policy:  'os_compute_api:os-lock-server:lock',
      action:  'lock',
      ...span,
      body:    'until' in span ? plainBody('lock', {}) : plainBody('lock', lockBody.schema),
      status:  202,
      ...about(servers),
      async run({ about, body, caller, cause }) {
        const reason = 'since' in span ? ((body as { locked_reason?: string } | null)?.locked_reason ?? null) : null
        await servers.lock(about, { isOwner: caller.projectId === about.projectId, reason }, cause)
      },
    }),
  ),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Unlock a server',
    policy:  'os_compute_api:os-lock-server:unlock',
    action:  'unlock',
    body:    plainBody('unlock', {}),
    status:  202,
    ...about(servers),
    run: async ({ about, caller, cause, may }) =>
      servers.unlock(about, { isOwner: caller.projectId === about.projectId, mayOverride: may('os_compute_api:os-lock-server:unlock:unlock_override', ofServer({ about })) }, cause),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Say what state a server is in',
    policy:  'os_compute_api:os-admin-actions:reset_state',
    action:  'os-resetState',
    body:    resetBody,
    status:  202,
    ...about(servers),
    run:     async ({ about, body, cause }) => servers.resetState(about.id, body.state, cause),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Set the password of a server’s administrator',
    policy:  'os_compute_api:os-admin-password',
    action:  'changePassword',
    body:    passwordBody,
    status:  202,
    ...about(servers),
    run:     async ({ about, body, cause, ...asked }) => void (await servers.changePassword(about.id, body.adminPass, askerOf(asked), cause)),
  }),
]
