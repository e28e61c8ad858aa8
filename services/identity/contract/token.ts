/** A token as every service understands it: who, on what, as what, until when. Times are ISO 8601 with microseconds and `Z`. */
export interface Token {
  readonly methods: readonly string[]
  readonly user: Named & { readonly domain: Named; readonly passwordExpiresAt: string | null }
  readonly scope: TokenScope
  readonly roles: readonly Named[]
  readonly trust: TokenTrust | undefined
  readonly applicationCredential: TokenApplicationCredential | undefined
  readonly oauth: { readonly consumerId: string; readonly accessTokenId: string } | undefined
  readonly issuedAt: string
  readonly expiresAt: string
  /** This token's audit id, then that of the first in its chain. */
  readonly auditIds: readonly string[]
}

export interface Named {
  readonly id: string
  readonly name: string
}

export type TokenScope =
  | { readonly kind: 'unscoped' }
  | { readonly kind: 'project'; readonly project: Named & { readonly domain: Named; readonly isDomain: boolean } }
  | { readonly kind: 'domain'; readonly domain: Named }
  | { readonly kind: 'system' }

export interface TokenTrust {
  readonly id: string
  readonly trustorUserId: string
  readonly trusteeUserId: string
  readonly impersonation: boolean
}

export interface TokenApplicationCredential {
  readonly id: string
  readonly name: string
  readonly restricted: boolean
  readonly accessRules:
    | readonly { readonly id: string; readonly service: string; readonly path: string; readonly method: string }[]
    | undefined
}
