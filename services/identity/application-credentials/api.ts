import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, list, maybe, name, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Token } from '../contract/token.ts'
import { type DelegationLogic, isDelegated } from '../delegation/logic.ts'
import { inexactFilters } from '../filters/filter.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { ApplicationCredential, FreshApplicationCredential } from './application-credential.ts'
import { type ApplicationCredentialLogic, refuseUnknown } from './logic.ts'

const id = text({ min: 1, max: 64, pattern: '^[a-zA-Z0-9-]+$' })

// biome-ignore format: a table of fields
const createBody = body('application_credential', {
  name:         required(name),
  description:  optional(nullable(text())),
  secret:       optional(nullable(text())),
  expires_at:   optional(nullable(text())),
  roles:        optional(list(object({ id: maybe(id), name: maybe(name) }))),
  unrestricted: optional(flag),
  access_rules: optional(list(object({
    id:         maybe(id),
    service:    maybe(id),
    path:       maybe(text({ max: 225, pattern: '^/' })),
    method:     maybe(text({ pattern: '^(POST|GET|HEAD|PATCH|PUT|DELETE)$' })),
  }))),
}, { extra: 'keep' })

type Shown = ApplicationCredential & Partial<Pick<FreshApplicationCredential, 'secret'>>
const shown = shows<Shown>()
const roleShape = object({
  id: text(),
  name: text(),
  domain_id: nullable(text()),
  description: nullable(text()),
  options: object({}, { extra: 'keep' }),
})
const ruleShape = object({ id: text(), service: text(), path: text(), method: text() })
// biome-ignore format: a table of fields
const credentialView = view('application_credential', {
  id:           shown(text(), one => one.id),
  name:         shown(text(), one => one.name),
  description:  shown(nullable(text()), one => one.description),
  user_id:      shown(text(), one => one.userId),
  project_id:   shown(text(), one => one.projectId),
  system:       shown(nullable(text()), () => null),
  // NOTE: Keystone writes this time without a zone.
  expires_at:   shown(nullable(text()), one => one.expiresAt?.replace(/Z$/, '') ?? null),
  unrestricted: shown(flag, one => one.unrestricted),
  roles:        shown(list(roleShape), one => one.roles.map(role =>
                  ({ id: role.id, name: role.name, domain_id: role.domainId, description: role.description, options: role.options }))),
  access_rules: shown(list(ruleShape), one => one.accessRules.length === 0 ? undefined : one.accessRules.map(({ id, service, path, method }) => ({ id, service, path, method }))),
  secret:       shown(text(), one => one.secret),
  links:        shown(object({ self: text() }), (one, { base }) => ({ self: `${base}/v3/users/${one.userId}/application_credentials/${one.id}` })),
})

// biome-ignore format: a table per route
export const applicationCredentialApi = (credentials: ApplicationCredentialLogic, delegation: DelegationLogic) => [
  endpoint('GET /v3/users/{user_id}/application_credentials', {
    summary: 'List a user’s application credentials',
    policy:  'identity:list_application_credentials',
    query:   query({ name: optional(text()) }),
    status:  200,
    view:    listView('application_credentials', credentialView),
    target:  ({ params }) => ({ user_id: params.user_id }),
    async run({ params, query, caller, door }) {
      await allowedToken(delegation, caller, door)
      return { items: await credentials.list({ userId: params.user_id, name: query.name }, inexactFilters(query, ['name'])) }
    },
  }),

  endpoint('POST /v3/users/{user_id}/application_credentials', {
    summary: 'Create an application credential for the project of the caller’s token',
    policy:  'identity:create_application_credential',
    body:    createBody,
    status:  201,
    view:    credentialView,
    target:  ({ params }) => ({ user_id: params.user_id }),
    async run({ params, body, caller, door, cause }) {
      const token = await allowedToken(delegation, caller, door)
      if (!token || caller.userId !== params.user_id)
        throw new Refusal('forbidden', 'You are not authorized to perform the requested action: Cannot create an application credential for another user..')
      const { name, description, secret, unrestricted, roles } = body
      for (const role of roles ?? []) mustNameOneWay(role)
      return credentials.create({ name, description, secret, unrestricted, roles, expiresAt: body.expires_at, accessRules: body.access_rules }, token, cause)
    },
  }),

  endpoint('GET /v3/users/{user_id}/application_credentials/{application_credential_id}', {
    summary: 'Show an application credential, without its secret',
    policy:  'identity:get_application_credential',
    status:  200,
    view:    credentialView,
    about:   ({ params }) => credentials.find(params.application_credential_id),
    target:  ({ params, about }) => ({ user_id: about?.userId ?? params.user_id }),
    async run({ params, about, caller, door }) {
      await allowedToken(delegation, caller, door)
      return about ?? refuseUnknown(params.application_credential_id)
    },
  }),

  endpoint('DELETE /v3/users/{user_id}/application_credentials/{application_credential_id}', {
    summary: 'Delete an application credential and with it every token made from it',
    policy:  'identity:delete_application_credential',
    status:  204,
    about:   ({ params }) => credentials.find(params.application_credential_id),
    target:  ({ params, about }) => ({ user_id: about?.userId ?? params.user_id }),
    async run({ params, caller, door, cause }) {
      await credentials.delete(params.application_credential_id, await allowedToken(delegation, caller, door), cause)
    },
  }),
]

/** The caller's token. What was delegated by a trust, an EC2 key or OAuth must not leave lasting credentials behind. */
async function allowedToken(
  delegation: DelegationLogic,
  caller: Caller,
  door: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
): Promise<Token | undefined> {
  const token = await delegation.tokenOf(caller, door.headers['x-auth-token'])
  if (token && !token.applicationCredential && isDelegated(token))
    throw new Refusal('forbidden', 'Cannot manage application credentials with a token issued via delegation.')
  return token
}

function mustNameOneWay({ id, name }: { id?: string | undefined; name?: string | undefined }) {
  if ((id === undefined) === (name === undefined))
    throw new Refusal('invalid', 'Invalid input for field/attribute roles: a role is named either by its id or by its name.')
}
