import { required } from '@kilonova/platform/http/fields.ts'
import { nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type DelegationLogic, isDelegated } from '../delegation/logic.ts'
import { body, endpoint, listView, view } from '../versions.ts'
import type { Ec2Credential } from './ec2-credential.ts'
import { type Ec2CredentialLogic, refuseUnknown } from './logic/ec2-credentials.ts'

const createBody = body(null, { tenant_id: required(text({ max: 64 })) }, { extra: 'keep' })

const shown = shows<Ec2Credential>()
// biome-ignore format: a table of fields
const keysView = view('credential', {
  access:    shown(text(), one => one.access),
  secret:    shown(text(), one => one.secret),
  tenant_id: shown(text(), one => one.projectId),
  user_id:   shown(text(), one => one.userId),
  trust_id:  shown(nullable(text()), one => one.trustId),
  links:     shown(object({ self: text() }), (one, { base }) => ({ self: `${base}/v3/users/${one.userId}/credentials/OS-EC2/${one.access}` })),
})

// biome-ignore format: a table per route
export const ec2CredentialApi = (keys: Ec2CredentialLogic, delegation: DelegationLogic) => [
  endpoint('GET /v3/users/{user_id}/credentials/OS-EC2', {
    summary: 'List a user’s EC2 keys, secrets included',
    policy:  'identity:ec2_list_credentials',
    status:  200,
    view:    listView('credentials', keysView),
    target:  ({ params }) => targetOf(params.user_id, params.user_id),
    async run({ params, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      return { items: await keys.list(params.user_id) }
    },
  }),

  endpoint('POST /v3/users/{user_id}/credentials/OS-EC2', {
    summary: 'Make a pair of EC2 keys for a user on a project',
    policy:  'identity:ec2_create_credential',
    body:    createBody,
    status:  201,
    view:    keysView,
    target:  ({ params }) => targetOf(params.user_id, params.user_id),
    async run({ params, body, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      return keys.create({ userId: params.user_id, projectId: body.tenant_id }, cause)
    },
  }),

  endpoint('GET /v3/users/{user_id}/credentials/OS-EC2/{credential_id}', {
    summary: 'Show a pair of EC2 keys by its access key',
    policy:  'identity:ec2_get_credential',
    status:  200,
    view:    keysView,
    about:   ({ params }) => keys.find(params.credential_id),
    target:  ({ params, about }) => targetOf(params.user_id, about?.userId ?? params.user_id),
    async run({ params, about, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      return about ?? refuseUnknown(params.credential_id)
    },
  }),

  endpoint('DELETE /v3/users/{user_id}/credentials/OS-EC2/{credential_id}', {
    summary: 'Delete a pair of EC2 keys by its access key',
    policy:  'identity:ec2_delete_credential',
    status:  204,
    about:   ({ params }) => keys.find(params.credential_id),
    target:  ({ params, about }) => targetOf(params.user_id, about?.userId ?? params.user_id),
    async run({ params, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      await keys.delete(params.credential_id, cause)
    },
  }),
]

const targetOf = (userId: string, ownerId: string) => ({ user_id: userId, target: { credential: { user_id: ownerId } } })

async function mustBePrimary(
  delegation: DelegationLogic,
  caller: Caller,
  { headers }: { readonly headers: Readonly<Record<string, string | string[] | undefined>> },
) {
  const token = await delegation.tokenOf(caller, headers['x-auth-token'])
  if (token && isDelegated(token))
    throw new Refusal(
      'forbidden',
      'You are not authorized to perform the requested action: Delegated tokens cannot access credentials directly.',
    )
}
