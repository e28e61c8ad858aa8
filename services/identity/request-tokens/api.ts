import { Answer, open } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { list, maybe, name, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type DelegationLogic, isDelegated } from '../delegation/logic.ts'
import { body, endpoint, view } from '../versions.ts'
import type { RequestTokenLogic } from './logic.ts'
import type { Grant } from './request-token.ts'

const grantBody = body(
  null,
  { roles: optional(list(object({ id: maybe(text({ min: 1, max: 64 })), name: maybe(name) }))) },
  { extra: 'keep' },
)
const grantView = view('token', { oauth_verifier: shows<Grant>()(text(), grant => grant.verifier) })

// biome-ignore format: a table per route
export const requestTokenApi = (tokens: RequestTokenLogic, delegation: DelegationLogic) => [
  endpoint('POST /v3/OS-OAUTH1/request_token', {
    summary: 'A consumer asks to act for a user on a project',
    policy:  open('the consumer signs the request with its own secret'),
    status:  201,
    async run({ door, base, cause }) {
      const authorization = door.headers.authorization ?? ''
      const projectId = [door.headers['requested-project-id']].flat()[0]
      const { id, secret, expiresAt } = await tokens.create({ method: 'POST', url: `${base}${door.url}`, authorization }, projectId, cause)
      return new Answer<void>({
        status: 201,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        stream: `oauth_token=${id}&oauth_token_secret=${secret}${expiresAt === null ? '' : `&oauth_expires_at=${expiresAt}`}`,
      })
    },
  }),

  endpoint('PUT /v3/OS-OAUTH1/authorize/{request_token_id}', {
    summary: 'A user lets a consumer act for it with some of its roles',
    policy:  'identity:authorize_request_token',
    body:    grantBody,
    status:  200,
    view:    grantView,
    async run({ params, body, caller, door, cause }) {
      const token = await delegation.tokenOf(caller, door.headers['x-auth-token'])
      if (token && isDelegated(token)) throw new Refusal('forbidden', 'Cannot authorize a request token with a token issued via delegation.')
      return tokens.grant(params.request_token_id, { userId: caller.userId ?? '', roles: body.roles ?? [] }, cause)
    },
  }),
]
