import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, integer, list, maybe, name, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { type Showing, shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Token } from '../contract/token.ts'
import { type DelegationLogic, isByDelegatedMethod } from '../delegation/logic.ts'
import type { Role } from '../roles/role.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import { refuseUnknown, type TrustInFull, type TrustLogic, type Wish } from './logic/trusts.ts'
import type { Trust } from './trust.ts'

const id = text({ min: 1, max: 64, pattern: '^[a-zA-Z0-9-]+$' })
const userId = text({ min: 1, max: 255 })
// biome-ignore format: a table of fields
const fields = {
  trustor_user_id:      required(userId),
  trustee_user_id:      required(userId),
  impersonation:        required(flag),
  project_id:           optional(nullable(id)),
  remaining_uses:       optional(nullable(integer({ min: 1 }))),
  expires_at:           optional(nullable(text())),
  allow_redelegation:   optional(nullable(flag)),
  redelegation_count:   optional(nullable(integer({ min: 0 }))),
  roles:                optional(list(object({ id: maybe(id), name: maybe(name) }))),
}
const createBody = body('trust', fields, { extra: 'keep' })
type Wished = NonNullable<(typeof createBody)['type']>

const showRole = shows<Role>()
// biome-ignore format: a table of fields
const roleView = view('role', {
  id:          showRole(text(), role => role.id),
  name:        showRole(text(), role => role.name),
  domain_id:   showRole(nullable(text()), role => role.domainId),
  description: showRole(nullable(text()), role => role.description),
  options:     showRole(object({ immutable: maybe(flag) }), role => role.options),
  links:       showRole(object({ self: text() }), (role, { base }) => ({ self: `${base}/v3/roles/${role.id}` })),
}, role => role.extra)

const rolesUrl = ({ id }: Trust, { base }: Showing) => `${base}/v3/OS-TRUST/trusts/${id}/roles`
const shown = shows<Trust>()
// biome-ignore format: a table of fields
const trustFields = {
  id:                   shown(text(), trust => trust.id),
  trustor_user_id:      shown(text(), trust => trust.trustorUserId),
  trustee_user_id:      shown(text(), trust => trust.trusteeUserId),
  project_id:           shown(nullable(text()), trust => trust.projectId),
  impersonation:        shown(flag, trust => trust.impersonation),
  // NOTE: Keystone shows whole seconds here, though it keeps microseconds.
  expires_at:           shown(nullable(text()), trust => trust.expiresAt?.replace(/\.\d+Z$/, '.000000Z') ?? null),
  remaining_uses:       shown(nullable(integer()), trust => trust.remainingUses),
  redelegation_count:   shown(nullable(integer()), trust => trust.redelegationCount),
  redelegated_trust_id: shown(nullable(text()), trust => trust.redelegatedTrustId),
  deleted_at:           shown(nullable(text()), trust => trust.deletedAt),
  links:                shown(object({ self: text() }), (trust, { base }) => ({ self: `${base}/v3/OS-TRUST/trusts/${trust.id}` })),
}
const briefView = view('trust', trustFields, trust => trust.extra)

const fully = shows<TrustInFull>()
// biome-ignore format: a table of fields
const fullView = view('trust', {
  ...trustFields,
  roles:       fully(list(object({}, { extra: 'keep' })), (trust, showing) => trust.roles.map(role => roleView.bare(role, showing))),
  roles_links: fully(object({ self: text(), next: nullable(text()), previous: nullable(text()) }), (trust, showing) =>
                 ({ self: rolesUrl(trust, showing), next: null, previous: null })),
}, (trust: TrustInFull) => trust.extra)

// biome-ignore format: a table per route
export const trustApi = (trusts: TrustLogic, delegation: DelegationLogic) => [
  endpoint('GET /v3/OS-TRUST/trusts', {
    summary: 'List trusts, all or those of one trustor or trustee',
    policy:  'identity:list_trusts_for_trustor',
    query:   query({ trustor_user_id: optional(text()), trustee_user_id: optional(text()) }),
    status:  200,
    view:    listView('trusts', briefView),
    // Whoever is asked about: the rule for trustees, and that for lists of everybody, are asked as well.
    target:  ({ query }) => targetOf({ trustorUserId: query.trustor_user_id ?? query.trustee_user_id }),
    async run({ query, caller, door, may }) {
      const [trustorUserId, trusteeUserId] = [query.trustor_user_id, query.trustee_user_id]
      const policy = trustorUserId !== undefined ? undefined : trusteeUserId !== undefined ? 'identity:list_trusts_for_trustee' : 'identity:list_trusts'
      if (policy !== undefined && !may(policy, targetOf({ trusteeUserId }))) refuse(policy)
      await manageableBy(delegation, caller, door)
      return { items: await trusts.list({ trustorUserId, trusteeUserId }) }
    },
  }),

  endpoint('POST /v3/OS-TRUST/trusts', {
    summary: 'Let another user act for the caller',
    policy:  'identity:create_trust',
    body:    createBody,
    status:  201,
    view:    fullView,
    target:  ({ body }) => targetOf({ trustorUserId: body.trustor_user_id }),
    async run({ body, caller, door, cause }) {
      const token = await manageableBy(delegation, caller, door)
      if (caller.userId !== body.trustor_user_id) refuse('The authenticated user should match the trustor')
      return trusts.create(wishOf(body), token?.trust?.id, cause)
    },
  }),

  endpoint('GET /v3/OS-TRUST/trusts/{trust_id}', {
    summary: 'Show a trust with its roles',
    policy:  'identity:get_trust',
    status:  200,
    view:    fullView,
    about:   ({ params }) => trusts.find(params.trust_id),
    target:  ({ about, caller }) => targetOf(about ?? anybody(caller)),
    async run({ params, about, caller, door }) {
      await manageableBy(delegation, caller, door)
      return about ?? refuseUnknown(params.trust_id)
    },
  }),

  endpoint('DELETE /v3/OS-TRUST/trusts/{trust_id}', {
    summary: 'End a trust, those that hand it on, and every token made from them',
    policy:  'identity:delete_trust',
    status:  204,
    about:   ({ params }) => trusts.find(params.trust_id),
    target:  ({ about, caller }) => targetOf(about ?? anybody(caller)),
    async run({ params, about, caller, door, cause }) {
      await manageableBy(delegation, caller, door)
      await trusts.delete(about?.id ?? refuseUnknown(params.trust_id), cause)
    },
  }),

  endpoint('GET /v3/OS-TRUST/trusts/{trust_id}/roles', {
    summary: 'List the roles that a trust gives',
    policy:  'identity:list_roles_for_trust',
    status:  200,
    view:    listView('roles', roleView),
    about:   ({ params }) => trusts.find(params.trust_id),
    target:  ({ about, caller }) => targetOf(about ?? anybody(caller)),
    async run({ params, about, caller, door }) {
      await manageableBy(delegation, caller, door)
      return { items: (about ?? refuseUnknown(params.trust_id)).roles }
    },
  }),

  endpoint('GET /v3/OS-TRUST/trusts/{trust_id}/roles/{role_id}', {
    summary: 'Show a role that a trust gives',
    policy:  'identity:get_role_for_trust',
    status:  200,
    view:    roleView,
    about:   ({ params }) => trusts.find(params.trust_id),
    target:  ({ about, caller }) => targetOf(about ?? anybody(caller)),
    async run({ params, about, caller, door }) {
      await manageableBy(delegation, caller, door)
      const { roles } = about ?? refuseUnknown(params.trust_id)
      const role = roles.find(one => one.id === params.role_id)
      if (!role) throw new Refusal('not-found', `Could not find role: ${params.role_id}.`)
      return role
    },
  }),
]

const targetOf = ({ trustorUserId, trusteeUserId }: { trustorUserId?: string | undefined; trusteeUserId?: string | undefined }) => ({
  target: {
    trust: {
      ...(trustorUserId === undefined ? {} : { trustor_user_id: trustorUserId }),
      ...(trusteeUserId === undefined ? {} : { trustee_user_id: trusteeUserId }),
    },
  },
})

/** NOTE: a trust that is not there is `not-found` to everybody, as in Keystone: clients wait for it to be gone. */
const anybody = ({ userId }: Caller) => ({ trustorUserId: userId })

const refuse = (action: string): never => {
  throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${action}.`)
}

/** Tokens of application credentials, EC2 keys and OAuth have nothing to do with trusts; those of trusts may hand them on. */
async function manageableBy(
  delegation: DelegationLogic,
  caller: Caller,
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
): Promise<Token | undefined> {
  const token = await delegation.tokenOf(caller, headers['x-auth-token'])
  if (token && isByDelegatedMethod(token)) refuse('Delegated tokens cannot manage trusts.')
  return token
}

const ours = new Set(['id', 'deleted_at', 'redelegated_trust_id', 'roles_links', 'links'])

function wishOf(wished: Wished): Wish {
  const roles = wished.roles ?? []
  if (roles.some(role => (role.id === undefined) === (role.name === undefined)))
    throw new Refusal('invalid', 'Invalid input for field/attribute roles: a role is named either by its id or by its name.')
  return {
    trustorUserId: wished.trustor_user_id,
    trusteeUserId: wished.trustee_user_id,
    projectId: wished.project_id ?? null,
    impersonation: wished.impersonation,
    roles,
    expiresAt: wished.expires_at ?? null,
    remainingUses: wished.remaining_uses ?? null,
    allowRedelegation: wished.allow_redelegation ?? false,
    redelegationCount: wished.redelegation_count,
    extra: Object.fromEntries(Object.entries(createBody.undeclared(wished)).filter(([field]) => !ours.has(field))),
  }
}
