import { optional, required } from '@kilonova/platform/http/fields.ts'
import { nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type DelegationLogic, isDelegated } from '../delegation/logic.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import { mustKeepId } from '../wishes/wish.ts'
import type { Credential } from './credential.ts'
import type { CredentialLogic } from './logic.ts'

// biome-ignore format: a table of fields
const createBody = body('credential', {
  blob:       required(text()),
  type:       required(text({ max: 255 })),
  user_id:    required(text({ max: 64 })),
  project_id: optional(text({ max: 64 })),
}, { extra: 'keep' })
// biome-ignore format: a table of fields
const updateBody = body('credential', {
  id:         optional(nullable(text())),
  blob:       optional(text()),
  type:       optional(text({ max: 255 })),
  user_id:    optional(text({ max: 64 })),
  project_id: optional(text({ max: 64 })),
})

const shown = shows<Credential>()
// biome-ignore format: a table of fields
const credentialView = view('credential', {
  id:         shown(text(), one => one.id),
  user_id:    shown(text(), one => one.userId),
  project_id: shown(nullable(text()), one => one.projectId),
  type:       shown(text(), one => one.type),
  blob:       shown(text(), one => one.blob),
  links:      shown(object({ self: text() }), (one, { base }) => ({ self: `${base}/v3/credentials/${one.id}` })),
}, one => one.extra)

// biome-ignore format: a table per route
export const credentialApi = (credentials: CredentialLogic, delegation: DelegationLogic) => [
  endpoint('GET /v3/credentials', {
    summary: 'List the credentials that the caller may see',
    policy:  'identity:list_credentials',
    query:   query({ user_id: optional(text()), type: optional(text()) }),
    status:  200,
    view:    listView('credentials', credentialView),
    target:  ({ caller }) => (caller.systemScope === undefined ? targetOf(caller.userId) : {}),
    async run({ query, caller, door, may }) {
      if (!(await isPrimary(delegation, caller, door))) return { items: [] }
      const seesAll = may('identity:get_credential', targetOf(undefined))
      const userId = seesAll ? query.user_id : caller.userId
      if (query.user_id !== undefined && query.user_id !== userId) return { items: [] }
      const found = await credentials.list({ userId: userId ?? (seesAll ? undefined : ''), type: query.type })
      return { items: found.filter(one => may('identity:get_credential', targetOf(one.userId))) }
    },
  }),

  endpoint('POST /v3/credentials', {
    summary: 'Keep a secret for a user',
    policy:  'identity:create_credential',
    body:    createBody,
    status:  201,
    view:    credentialView,
    target:  ({ body }) => targetOf(body.user_id),
    async run({ body, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      const { blob, type } = body
      return credentials.create({ blob, type, userId: body.user_id, projectId: body.project_id ?? null, extra: createBody.undeclared(body) }, cause)
    },
  }),

  endpoint('GET /v3/credentials/{credential_id}', {
    summary: 'Show a credential',
    policy:  'identity:get_credential',
    status:  200,
    view:    credentialView,
    about:   ({ params }) => credentials.get(params.credential_id),
    target:  ({ about }) => targetOf(about.userId),
    async run({ about, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      return about
    },
  }),

  // NOTE: newer Keystones take a blob alone here. The project of an EC2 key that is not bound may change too, as Tempest expects.
  endpoint('PATCH /v3/credentials/{credential_id}', {
    summary: 'Change what a credential holds',
    policy:  'identity:update_credential',
    body:    updateBody,
    status:  200,
    view:    credentialView,
    about:   ({ params }) => credentials.get(params.credential_id),
    target:  ({ about }) => targetOf(about.userId),
    async run({ about, body, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      mustKeepId(about.id, body.id)
      const { blob, type } = body
      return credentials.update(about.id, { blob, type, userId: body.user_id, projectId: body.project_id }, cause)
    },
  }),

  endpoint('DELETE /v3/credentials/{credential_id}', {
    summary: 'Delete a credential',
    policy:  'identity:delete_credential',
    status:  204,
    about:   ({ params }) => credentials.get(params.credential_id),
    target:  ({ about }) => targetOf(about.userId),
    async run({ about, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      await credentials.delete(about.id, cause)
    },
  }),
]

const targetOf = (userId: string | undefined) => ({ target: { credential: userId === undefined ? {} : { user_id: userId } } })

interface Door {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
}

async function isPrimary(delegation: DelegationLogic, caller: Caller, { headers }: Door): Promise<boolean> {
  const token = await delegation.tokenOf(caller, headers['x-auth-token'])
  return token === undefined || !isDelegated(token)
}

async function mustBePrimary(delegation: DelegationLogic, caller: Caller, door: Door) {
  if (!(await isPrimary(delegation, caller, door)))
    throw new Refusal(
      'forbidden',
      'You are not authorized to perform the requested action: Delegated tokens cannot access credentials directly.',
    )
}
