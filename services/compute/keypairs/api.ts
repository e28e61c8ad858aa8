import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, integer, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { body, endpoint, listView, query, since, until, view } from '../versions.ts'
import type { FreshKeypair, Keypair } from './keypair.ts'
import type { KeypairLogic } from './logic.ts'

// biome-ignore format: a table of fields
const createBody = body('keypair', {
  name:       [required(text({ min: 1, max: 255, pattern: '^(?! )[a-zA-Z0-9 _-]+(?<! )$' })),
               since('2.92', required(text({ min: 1, max: 255, pattern: '^(?! )[a-zA-Z0-9 @._-]+(?<! )$' })))],
  public_key: [optional(text()), since('2.92', required(text()))],
  type:       since('2.2', optional(oneOf('ssh', 'x509'))),
  user_id:    since('2.10', optional(text({ min: 1, max: 255 }))),
})
const whoseQuery = query({ user_id: since('2.10', optional(text())) })
// biome-ignore format: a table of fields
const listQuery = query({
  user_id: since('2.10', optional(text())),
  limit:   since('2.35', optional(integer({ min: 0 }))),
  marker:  since('2.35', optional(text())),
})

const shown = shows<FreshKeypair>()
// biome-ignore format: a table of fields
const createdFields = {
  name:        shown(text(), pair => pair.name),
  public_key:  shown(text(), pair => pair.publicKey),
  fingerprint: shown(text(), pair => pair.fingerprint),
  user_id:     shown(text(), pair => pair.userId),
  type:        since('2.2', shown(text(), pair => pair.type)),
  private_key: until('2.91', shown(text(), pair => pair.privateKey)),
}
const createdView = view('keypair', createdFields)
// biome-ignore format: a table of fields
const keypairView = view('keypair', {
  ...createdFields,
  id:         shown(integer(), pair => pair.number),
  created_at: shown(text(), pair => pair.createdAt.replace('Z', '000')),
  updated_at: shown(nullable(text()), () => null),
  deleted:    shown(flag, () => false),
  deleted_at: shown(nullable(text()), () => null),
})
const brief = { name: text(), public_key: text(), fingerprint: text() }
const briefOf = ({ name, publicKey, fingerprint }: Keypair) => ({ name, public_key: publicKey, fingerprint })
/** Each under a root of its own, unlike any other list. */
// biome-ignore format: a table of fields
const listedView = view(null, {
  keypair: [shown(object(brief), briefOf), since('2.2', shown(object({ ...brief, type: text() }), pair => ({ ...briefOf(pair), type: pair.type })))],
})

interface Whose {
  readonly caller: { readonly userId?: string | undefined }
}
const userOf = ({ caller }: Whose, chosen: string | undefined) => chosen ?? caller.userId ?? ''

// biome-ignore format: a table per route
export const keypairApi = (keypairs: KeypairLogic) => [
  endpoint('GET /v2.1/os-keypairs', {
    summary: 'List the key pairs of a user',
    policy:  'os_compute_api:os-keypairs:index',
    query:   listQuery,
    status:  200,
    target:  asked => ({ user_id: userOf(asked, asked.query.user_id) }),
    view:    listView('keypairs', listedView),
    async run({ caller, query: { user_id, limit = 1000, marker } }) {
      const size = Math.min(limit || 1000, 1000)
      const found = await keypairs.list(userOf({ caller }, user_id), { limit: size + 1, marker })
      return { items: found.slice(0, size), next: found.length > size ? found[size - 1]?.name : undefined }
    },
  }),

  endpoint('POST /v2.1/os-keypairs', {
    summary: 'Import a key pair, or have one made',
    policy:  'os_compute_api:os-keypairs:create',
    body:    createBody,
    status:  [200, since('2.2', 201)],
    target:  asked => ({ user_id: userOf(asked, asked.body.user_id) }),
    view:    createdView,
    run:     ({ caller, body, cause }) =>
               keypairs.create({ userId: userOf({ caller }, body.user_id), name: body.name ?? '', type: body.type ?? 'ssh', publicKey: body.public_key }, cause),
  }),

  endpoint('GET /v2.1/os-keypairs/{keypair_name}', {
    summary: 'Show a key pair',
    policy:  'os_compute_api:os-keypairs:show',
    query:   whoseQuery,
    status:  200,
    target:  asked => ({ user_id: userOf(asked, asked.query.user_id) }),
    view:    keypairView,
    run:     asked => keypairs.get(userOf(asked, asked.query.user_id), asked.params.keypair_name),
  }),

  endpoint('DELETE /v2.1/os-keypairs/{keypair_name}', {
    summary: 'Delete a key pair',
    policy:  'os_compute_api:os-keypairs:delete',
    query:   whoseQuery,
    status:  [202, since('2.2', 204)],
    target:  asked => ({ user_id: userOf(asked, asked.query.user_id) }),
    run:     asked => keypairs.delete(userOf(asked, asked.query.user_id), asked.params.keypair_name, asked.cause),
  }),
]
