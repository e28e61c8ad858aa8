import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { TokenValidator } from './authenticate.ts'
import { whoseTokens } from './staleness.ts'
import type { Token } from './token.ts'
import { type TokenBody, tokenIn } from './token-body.ts'

/** How identity is reached; `platform/http/client.ts` is one. A call that comes to nothing rejects. */
export interface IdentityClient {
  ask(wish: {
    readonly method: string
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: unknown
  }): Promise<{ readonly status: number; header(name: string): string | undefined; readonly body: unknown }>
  /** Server-sent events, until the signal or the end of the connection. */
  follow(wish: {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly signal: AbortSignal
  }): Promise<{ readonly status: number; readonly events: AsyncIterable<{ readonly data: string }> }>
}

/** Under whom a service asks: `[keystone_authtoken]`. */
export interface ServiceUser {
  readonly username: string
  readonly password: string
  readonly userDomain: { readonly id: string } | { readonly name: string }
  readonly projectName: string
  readonly projectDomain: { readonly id: string } | { readonly name: string }
}

export interface RemoteWish {
  readonly client: IdentityClient
  readonly user: ServiceUser
  readonly clock: Pick<Clock, 'now' | 'sleep'>
  readonly log: { warn(message: string, fields?: object): void }
  /** How long an answer is kept at most; 0 for not at all. */
  readonly cacheMs: number
  /** How many are kept. */
  readonly limit?: number
}

export interface RemoteValidator extends TokenValidator {
  close(): void
}

interface Kept {
  readonly token: Token
  readonly until: number
}

/**
 * Looks through tokens by asking identity over HTTP, under the service's own user. Answers are kept for a while, but only as long as
 * identity's changes are followed: a change that touches a token drops it, so that one that was revoked dies here as fast as the news travel.
 * A Keystone that tells no changes is asked as its own middleware asks it: answers are simply kept for their time.
 */
export function remoteValidator(wish: RemoteWish): RemoteValidator {
  const { client, clock, cacheMs } = wish
  const own = ownToken(wish)
  const kept = keeper(wish.limit ?? 10_000)
  const asking = new Map<string, Promise<Token>>()
  const ending = new AbortController()
  let hasBegun = false
  /** Whether what is kept may be believed. */
  let isFollowed = false

  async function look(text: string, requestId: string, allowExpired: boolean, isSecondTry = false): Promise<Token> {
    const mine = await own.get()
    const headers = {
      'x-auth-token': mine,
      'x-subject-token': text,
      'x-openstack-request-id': requestId,
      'openstack-identity-access-rules': '1.0',
    }
    const path = `/v3/auth/tokens?nocatalog=1${allowExpired ? '&allow_expired=1' : ''}`
    const answer = await client.ask({ method: 'GET', path, headers }).catch(away)
    if (answer.status === 200) return tokenIn((answer.body as { token: TokenBody }).token)
    if (answer.status === 404) throw new Refusal('not-found', 'The token is not valid.')
    own.forget(mine)
    if (answer.status === 401 && !isSecondTry) return await look(text, requestId, allowExpired, true)
    throw away(new Error(`identity answered ${answer.status} to the service user`))
  }

  async function lookAndKeep(text: string, requestId: string): Promise<Token> {
    const [wasFollowed, era] = [isFollowed, kept.era()]
    const token = await look(text, requestId, false)
    // What was asked before a change, and answered after it, may be neither old nor new.
    if (wasFollowed && isFollowed && era === kept.era() && cacheMs > 0)
      kept.put(text, { token, until: Math.min(clock.now() + cacheMs, Date.parse(token.expiresAt)) })
    return token
  }

  async function follow(): Promise<void> {
    let isKnownAway = false
    while (!ending.signal.aborted) {
      try {
        const headers = { 'x-auth-token': await own.get() }
        const { status, events } = await client.follow({ path: '/v3/changes', headers, signal: ending.signal })
        if (status === 404) {
          isFollowed = true
          return
        }
        if (status !== 200) throw new Error(`identity answered ${status} to who follows its changes`)
        isFollowed = true
        isKnownAway = false
        for await (const { data } of events) see(JSON.parse(data) as SentChange)
      } catch (error) {
        if (!ending.signal.aborted && !isKnownAway)
          wish.log.warn('Identity’s changes cannot be followed; tokens are looked through one by one', { error })
        isKnownAway = true
      }
      isFollowed = false
      kept.clear()
      await clock.sleep(1000, ending.signal).catch(() => {})
    }
  }

  function see({ kind, act, id, user_id: userId }: SentChange) {
    const whose = whoseTokens({ kind, act, id, userId: userId ?? undefined })
    if (whose === 'everybody') kept.clear()
    else if (whose !== 'nobody') kept.drop(whose.userId)
  }

  return {
    async validate(text, requestId, { allowExpired = false } = {}) {
      if (!hasBegun && cacheMs > 0) {
        hasBegun = true
        void follow()
      }
      const known = isFollowed ? kept.get(text) : undefined
      if (known && clock.now() < known.until) return known.token
      if (allowExpired) return await look(text, requestId, true)
      const sharing = asking.get(text) ?? lookAndKeep(text, requestId).finally(() => asking.delete(text))
      asking.set(text, sharing)
      return await sharing
    },
    close: () => ending.abort(new Error('the service stops')),
  }
}

interface SentChange {
  readonly kind: string
  readonly act: string
  readonly id: string
  readonly user_id: string | null
}

const away = (cause: unknown): never => {
  if (cause instanceof Refusal) throw cause
  throw new Refusal('unavailable', 'The identity service cannot be asked.', { cause, retryAfterS: 5 })
}

/** Tokens by their text, the ones kept longest dropped first. */
function keeper(limit: number) {
  const byText = new Map<string, Kept>()
  let era = 0
  return {
    /** Counts what was dropped. */
    era: () => era,
    get: (text: string) => byText.get(text),
    put(text: string, one: Kept) {
      byText.delete(text)
      byText.set(text, one)
      const [oldest] = byText.keys()
      if (byText.size > limit && oldest !== undefined) byText.delete(oldest)
    },
    clear() {
      era++
      byText.clear()
    },
    drop(userId: string) {
      era++
      for (const [text, { token }] of byText)
        if ([token.user.id, token.trust?.trustorUserId, token.trust?.trusteeUserId].includes(userId)) byText.delete(text)
    },
  }
}

/** The service's own token: got when it is first needed, and again a minute before it ends or when it was refused. */
/** The service's own token: asked for when it is needed, and again when it is about to end or was refused. */
export function ownToken({ client, user, clock }: Pick<RemoteWish, 'client' | 'user' | 'clock'>) {
  let current: { readonly text: string; readonly until: number } | undefined
  let signing: Promise<string> | undefined

  async function signIn(): Promise<string> {
    const { username: name, password, userDomain, projectName, projectDomain } = user
    const auth = {
      identity: { methods: ['password'], password: { user: { name, password, domain: userDomain } } },
      scope: { project: { name: projectName, domain: projectDomain } },
    }
    const answer = await client.ask({ method: 'POST', path: '/v3/auth/tokens?nocatalog=1', body: { auth } }).catch(away)
    const text = answer.header('x-subject-token')
    if (answer.status !== 201 || text === undefined)
      throw away(new Error(`the service user ${name} may not sign in: identity answered ${answer.status}`))
    const { token } = answer.body as { token: TokenBody }
    current = { text, until: Date.parse(token.expires_at) - 60_000 }
    return text
  }

  return {
    get(): Promise<string> {
      if (current && clock.now() < current.until) return Promise.resolve(current.text)
      signing ??= signIn().finally(() => {
        signing = undefined
      })
      return signing
    },
    forget(text: string) {
      if (current?.text === text) current = undefined
    },
  }
}
