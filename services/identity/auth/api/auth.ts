import { Answer, answer, open } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, either, flag, list, maybe, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Token } from '../../contract/token.ts'
import { body, endpoint, query, view } from '../../versions.ts'
import { isoMicros } from '../../tokens/token.ts'
import { type Shown, tokenView } from './token-view.ts'
import type { AuthWish } from '../auth.ts'
import type { AuthLogic, CatalogEntry } from '../logic/auth.ts'

// biome-ignore format: a table of fields
const domainName = object({ id: maybe(text()), name: maybe(text()) }, { extra: 'keep' })
const userName = { id: maybe(text()), name: maybe(text()), domain: maybe(domainName) }
const user = object(userName, { extra: 'keep' })

// biome-ignore format: a table of fields
const authBody = body('auth', {
  identity: required(object({
    methods:  list(text(), { min: 1 }),
    password: maybe(object({ user: object({ ...userName, password: text({ max: 4096 }) }, { extra: 'keep' }) }, { extra: 'keep' })),
    token:    maybe(object({ id: text() }, { extra: 'keep' })),
    totp:     maybe(object({ user: object({ ...userName, passcode: text() }, { extra: 'keep' }) }, { extra: 'keep' })),
    application_credential: maybe(object({ id: maybe(text()), name: maybe(text()), user: maybe(user), secret: text() }, { extra: 'keep' })),
    oauth1:   maybe(object({}, { extra: 'keep' })),
    external: maybe(object({}, { extra: 'keep' })),
  }, { extra: 'keep' })),
  scope: optional(either(
    oneOf('unscoped'),
    object({
      project: maybe(object({ id: maybe(text()), name: maybe(text()), domain: maybe(domainName) }, { extra: 'keep' })),
      domain:  maybe(domainName),
      system:  maybe(object({ all: flag }, { extra: 'keep' })),
      'OS-TRUST:trust': maybe(object({ id: text() }, { extra: 'keep' })),
      unscoped: maybe(object({}, { extra: 'keep' })),
    }, { extra: 'keep' }),
  )),
}, { extra: 'keep' })

const catalogView = view(null, {
  catalog: shows<Listed>()(list(anything), ({ catalog }) => catalog),
  links: shows<Listed>()(object({ self: text() }), (_, { self }) => ({ self })),
})
const systemView = view(null, {
  system: shows<{ readonly all: boolean }>()(list(object({ all: flag })), ({ all }) => (all ? [{ all }] : [])),
  links: shows<{ readonly all: boolean }>()(object({ self: text() }), (_, { self }) => ({ self })),
})
interface Listed {
  readonly catalog: readonly CatalogEntry[]
}

type Headers = Readonly<Record<string, string | string[] | undefined>>

const subjectOf = (headers: Headers): string => {
  const subject = [headers['x-subject-token']].flat()[0]
  if (!subject) throw new Refusal('not-found', 'Could not find token: no X-Subject-Token was given.')
  return subject
}

// biome-ignore format: a table per route
export const authApi = (auth: AuthLogic) => [
  endpoint('POST /v3/auth/tokens', {
    summary: 'Sign in: prove who you are, get a token',
    policy:  open('this is how a caller gets a token'),
    body:    authBody,
    query:   query({ nocatalog: optional(text()) }),
    status:  201,
    view:    tokenView,
    async run({ body, query, cause, door, base }) {
      const signedIn = await auth.authenticate(wishOf(body, { door, base, trustedUserHeader: auth.trustedUserHeader }), cause)
      if ('receipt' in signedIn) return partly(signedIn)
      const { text, token } = signedIn
      const catalog = query.nocatalog === undefined ? await auth.catalogOf(token) : undefined
      return answer({ token, catalog }, { headers: { 'x-subject-token': text, vary: 'X-Auth-Token' } })
    },
  }),

  endpoint('GET /v3/auth/tokens', {
    summary: 'Validate a token and show what it says',
    policy:  'identity:validate_token',
    query:   query({ nocatalog: optional(text()), allow_expired: optional(flag) }),
    status:  200,
    view:    tokenView,
    about:   ({ door, query }) => auth.subject(subjectOf(door.headers), { allowExpired: query.allow_expired ?? false, knowsAccessRules: 'openstack-identity-access-rules' in door.headers }),
    tellsAbsence: true,
    target:  ({ about }) => ({ target: { token: { user_id: about.token.user.id } } }),
    async run({ about, query, door }) {
      const catalog = query.nocatalog === undefined ? await auth.catalogOf(about.token) : undefined
      const headers = { 'x-subject-token': subjectOf(door.headers), vary: 'X-Auth-Token', 'content-type': 'application/json' }
      return new Answer<Shown>({ stream: written({ token: about.token, catalog }), headers })
    },
  }),

  endpoint('DELETE /v3/auth/tokens', {
    summary: 'End a token before its time',
    policy:  'identity:revoke_token',
    status:  204,
    about:   ({ door }) => auth.subject(subjectOf(door.headers), { knowsAccessRules: true }),
    tellsAbsence: true,
    target:  ({ about }) => ({ target: { token: { user_id: about.token.user.id } } }),
    run:     ({ about, cause }) => auth.revoke(about, cause),
  }),

  endpoint('GET /v3/auth/tokens/OS-PKI/revoked', {
    summary: 'The list of revoked PKI tokens, of which there are none any more',
    policy:  'identity:revocation_list',
    status:  200,
    run:     () => { throw new Refusal('gone', 'The service you have requested is no longer available on this server.') },
  }),

  endpoint('GET /v3/auth/catalog', {
    summary: 'The catalog that the caller’s token would carry',
    policy:  'identity:get_auth_catalog',
    status:  200,
    view:    catalogView,
    run:     async ({ caller }) => ({ catalog: await auth.catalogFor(caller) }),
  }),

  endpoint('GET /v3/auth/system', {
    summary: 'Whether the caller may ask for a token of the whole system',
    policy:  'identity:get_auth_system',
    status:  200,
    view:    systemView,
    run:     async ({ caller }) => ({ all: await auth.hasSystemRole(caller.userId ?? '') }),
  }),
]

const wishOf = (
  { identity, scope }: NonNullable<(typeof authBody)['type']>,
  { door, base, trustedUserHeader }: { door: { headers: Headers }; base: string; trustedUserHeader: string | undefined },
): AuthWish => {
  const { methods, ...proofs } = identity
  const receipt = door.headers['openstack-auth-receipt']
  const authorization = door.headers['authorization']
  const remoteUser = trustedUserHeader === undefined ? undefined : door.headers[trustedUserHeader.toLowerCase()]
  return {
    methods,
    proofs,
    scope: scope === 'unscoped' || (typeof scope === 'object' && scope.unscoped) ? 'unscoped' : scope,
    receipt: typeof receipt === 'string' ? receipt : undefined,
    remoteUser: typeof remoteUser === 'string' ? remoteUser : undefined,
    signed: typeof authorization === 'string' ? { method: 'POST', url: `${base}/v3/auth/tokens`, authorization } : undefined,
  }
}

const texts = new WeakMap<Token, { readonly catalog: Shown['catalog']; readonly text: string }>()

/** A token's text on the wire, kept with the token: validated ones are shown again and again, and hardly anything else costs as much. */
function written({ token, catalog }: Shown): string {
  const known = texts.get(token)
  if (known && known.catalog === catalog) return known.text
  const text = JSON.stringify(tokenView.render({ token, catalog }, { version: '', base: '', self: '' }))
  texts.set(token, { catalog, text })
  return text
}

/** Keystone's answer to a sign-in that wants more methods: 401 with what has been proved, sealed for the next attempt. */
const partly = ({ receipt, shown, required }: Extract<Awaited<ReturnType<AuthLogic['authenticate']>>, { receipt: string }>) =>
  new Answer<Shown>({
    status: 401,
    headers: { 'openstack-auth-receipt': receipt, 'content-type': 'application/json' },
    stream: JSON.stringify({
      receipt: {
        methods: shown.methods,
        user: { id: shown.userId },
        issued_at: isoMicros(shown.issuedAt),
        expires_at: isoMicros(shown.expiresAt),
      },
      required_auth_methods: required,
    }),
  })
