import { Answer, open } from '@kilonova/platform/http/endpoint.ts'
import { flag, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type DelegationLogic, isDelegated } from '../delegation/logic.ts'
import type { Role } from '../roles/role.ts'
import { endpoint, listView, view } from '../versions.ts'
import type { AccessToken } from './access-token.ts'
import type { AccessTokenLogic } from './logic.ts'

const shown = shows<AccessToken>()
// biome-ignore format: a table of fields
const tokenView = view('access_token', {
  id:                  shown(text(), token => token.id),
  consumer_id:         shown(text(), token => token.consumerId),
  authorizing_user_id: shown(text(), token => token.userId),
  project_id:          shown(text(), token => token.projectId),
  expires_at:          shown(nullable(text()), token => token.expiresAt),
  links:               shown(object({ self: text(), roles: text() }), ({ id, userId }, { base }) => {
                         const self = `${base}/v3/users/${userId}/OS-OAUTH1/access_tokens/${id}`
                         return { self, roles: `${self}/roles` }
                       }),
})

const showRole = shows<Role>()
// biome-ignore format: a table of fields
const roleView = view('role', {
  id:        showRole(text(), role => role.id),
  name:      showRole(text(), role => role.name),
  domain_id: showRole(nullable(text()), role => role.domainId),
  options:   showRole(object({ immutable: maybe(flag) }), role => role.options),
  links:     showRole(object({ self: text() }), (role, { base }) => ({ self: `${base}/v3/roles/${role.id}` })),
})

// biome-ignore format: a table per route
export const accessTokenApi = (tokens: AccessTokenLogic, delegation: DelegationLogic) => [
  endpoint('POST /v3/OS-OAUTH1/access_token', {
    summary: 'A consumer exchanges a granted request token for an access token',
    policy:  open('the consumer signs the request with both secrets'),
    status:  201,
    async run({ door, base, cause }) {
      const request = { method: 'POST', url: `${base}${door.url}`, authorization: door.headers.authorization ?? '' }
      const { id, secret, expiresAt } = await tokens.create(request, cause)
      return new Answer<void>({
        status: 201,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        stream: `oauth_token=${id}&oauth_token_secret=${secret}${expiresAt === null ? '' : `&oauth_expires_at=${expiresAt}`}`,
      })
    },
  }),

  endpoint('GET /v3/users/{user_id}/OS-OAUTH1/access_tokens', {
    summary: 'List the access tokens that a user has granted',
    policy:  'identity:list_access_tokens',
    status:  200,
    view:    listView('access_tokens', tokenView),
    target:  ({ params }) => ({ user_id: params.user_id }),
    async run({ params, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      return { items: await tokens.list(params.user_id) }
    },
  }),

  endpoint('GET /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}', {
    summary: 'Show an access token',
    policy:  'identity:get_access_token',
    status:  200,
    view:    tokenView,
    target:  ({ params }) => ({ user_id: params.user_id }),
    async run({ params, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      return tokens.get(params.user_id, params.access_token_id)
    },
  }),

  endpoint('DELETE /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}', {
    summary: 'Let a consumer no longer act for a user',
    policy:  'identity:delete_access_token',
    status:  204,
    target:  ({ params }) => ({ user_id: params.user_id }),
    async run({ params, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      await tokens.delete(params.user_id, params.access_token_id, cause)
    },
  }),

  endpoint('GET /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles', {
    summary: 'List the roles that an access token gives',
    policy:  'identity:list_access_token_roles',
    status:  200,
    view:    listView('roles', roleView),
    target:  ({ params }) => ({ user_id: params.user_id }),
    run:     async ({ params }) => ({ items: await tokens.rolesOf(params.user_id, params.access_token_id) }),
  }),

  endpoint('GET /v3/users/{user_id}/OS-OAUTH1/access_tokens/{access_token_id}/roles/{role_id}', {
    summary: 'Show a role that an access token gives',
    policy:  'identity:get_access_token_role',
    status:  200,
    view:    roleView,
    target:  ({ params }) => ({ user_id: params.user_id }),
    async run({ params }) {
      const role = (await tokens.rolesOf(params.user_id, params.access_token_id)).find(one => one.id === params.role_id)
      if (!role) throw new Refusal('not-found', `Could not find role: ${params.role_id}.`)
      return role
    },
  }),
]

async function mustBePrimary(
  delegation: DelegationLogic,
  caller: Caller,
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
) {
  const token = await delegation.tokenOf(caller, headers['x-auth-token'])
  if (token && isDelegated(token)) throw new Refusal('forbidden', 'Cannot manage OAuth access tokens with a token issued via delegation.')
}
