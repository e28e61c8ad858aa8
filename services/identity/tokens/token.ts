import type { Token } from '../contract/token.ts'

/** What a token carries inside: ids only, so that it stays short and says nothing that could go stale. Times in epoch milliseconds. */
export interface Payload {
  readonly userId: string
  readonly methods: readonly string[]
  readonly scope: PayloadScope
  readonly trustId: string | undefined
  readonly accessTokenId: string | undefined
  readonly applicationCredentialId: string | undefined
  readonly issuedAt: number
  readonly expiresAt: number
  /** This token's audit id, then that of the first in its chain when there is one. */
  readonly auditIds: readonly string[]
}

export type PayloadScope =
  | { readonly kind: 'unscoped' }
  | { readonly kind: 'project'; readonly projectId: string }
  | { readonly kind: 'domain'; readonly domainId: string }
  | { readonly kind: 'system' }

export interface Validated {
  readonly token: Token
  readonly payload: Payload
}

/** Validated tokens by their text, until a change of anything they were made from drops them. */
export interface TokenCache {
  /** Brings the cache up to every change committed so far. */
  catchUp(): Promise<void>
  get(text: string): Validated | undefined
  put(text: string, validated: Validated): void
  /** What a token of this user for this scope says, apart from its own times, when nothing was delegated. */
  getStanding(key: string): Standing | undefined
  putStanding(key: string, standing: Standing): void
}

/** Who a user is and may do on one scope. */
export type Standing = Pick<Token, 'user' | 'scope' | 'roles'>

/** How tokens are written: Fernet or JWS. `open` gives nothing for a text that is not one of ours. */
export interface TokenFormat {
  seal(payload: Payload): string
  open(text: string): Payload | undefined
}

/** Keystone's id of a token chain: 16 random bytes as 22 characters of base64url. */
export const auditIdOf = (bytes: Buffer): string => bytes.toString('base64url')

/** `2016-08-04T07:29:26.000000Z` */
export const isoMicros = (ms: number): string => new Date(ms).toISOString().replace(/Z$/, '000Z')
