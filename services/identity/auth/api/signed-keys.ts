import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, dictionary, maybe, object, text } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint } from '../../versions.ts'
import type { AuthLogic } from '../logic/auth.ts'
import { type Shown, tokenView } from './token-view.ts'

// biome-ignore format: a table of fields
const signed = object({
  access:    text(),
  signature: maybe(text()),
  host:      maybe(text()),
  verb:      maybe(text()),
  path:      maybe(text()),
  params:    maybe(dictionary(text())),
  headers:   maybe(dictionary(text())),
  body_hash: maybe(text()),
  token:     maybe(text()),
}, { extra: 'keep' })

/** Clients of three eras name it in three ways. */
const signedBody = body(
  null,
  { credentials: optional(signed), credential: optional(signed), ec2Credentials: optional(signed), auth: optional(anything) },
  { extra: 'keep' },
)
type Signed = NonNullable<NonNullable<(typeof signedBody)['type']>['credentials']>

/** Services that speak Amazon's dialects hand on what was signed, and get the token that the key stands for. */
export const signedKeyApi = (auth: AuthLogic) =>
  (['ec2', 's3'] as const).map(kind =>
    endpoint(`POST /v3/${kind}tokens`, {
      summary: `Get the token that an ${kind.toUpperCase()} key stands for, for a request it signed`,
      policy: `identity:${kind}tokens_validate`,
      body: signedBody,
      status: 200,
      view: tokenView,
      async run({ body, cause }) {
        const { text: subject, token } = await auth.authenticateKey(signedIn(body), kind, cause)
        return answer<Shown>({ token, catalog: await auth.catalogOf(token) }, { headers: { 'x-subject-token': subject } })
      },
    }),
  )

function signedIn(sent: {
  credentials?: Signed | undefined
  credential?: Signed | undefined
  ec2Credentials?: Signed | undefined
}): Signed {
  const found = sent.credentials ?? sent.credential ?? sent.ec2Credentials
  if (!found) throw new Refusal('unauthenticated', 'EC2 Signature not supplied')
  return found
}
