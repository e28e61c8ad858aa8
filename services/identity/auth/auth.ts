import type { Payload } from '../tokens/token.ts'
import type { Login } from '../users/user.ts'

/** How a caller names a user: by id, or by name within a domain. */
export interface UserName {
  readonly id?: string | undefined
  readonly name?: string | undefined
  readonly domain?: DomainName | undefined
}

export interface DomainName {
  readonly id?: string | undefined
  readonly name?: string | undefined
}

/** What a caller shows to prove who it is, one member per method. */
export interface Proofs {
  readonly password?: { readonly user: UserName & { readonly password: string } } | undefined
  readonly token?: { readonly id: string } | undefined
  readonly totp?: { readonly user: UserName & { readonly passcode: string } } | undefined
  readonly application_credential?:
    | {
        readonly id?: string | undefined
        readonly name?: string | undefined
        readonly user?: UserName | undefined
        readonly secret: string
      }
    | undefined
  readonly oauth1?: object | undefined
  readonly external?: object | undefined
}

export interface ScopeWish {
  readonly project?:
    | { readonly id?: string | undefined; readonly name?: string | undefined; readonly domain?: DomainName | undefined }
    | undefined
  readonly domain?: DomainName | undefined
  readonly system?: { readonly all: boolean } | undefined
  readonly 'OS-TRUST:trust'?: { readonly id: string } | undefined
}

export interface AuthWish {
  readonly methods: readonly string[]
  readonly proofs: Proofs
  /** 'unscoped' when the caller asks for no scope even where a default project exists. */
  readonly scope: ScopeWish | 'unscoped' | undefined
  /** An earlier, partial proof of a multi-factor sign-in. */
  readonly receipt?: string | undefined
  /** The user that the web server in front has proved, when the operator trusts it. */
  readonly remoteUser?: string | undefined
  /** The request as signed, for OAuth 1. */
  readonly signed?: { readonly method: string; readonly url: string; readonly authorization: string } | undefined
}

/** Who a method has proved the caller to be, and what that narrows. */
export interface Proved {
  readonly userId: string
  /** The user, where the method has looked it up. */
  readonly login?: Login
  /** Methods a token brings along besides its own name. */
  readonly methods?: readonly string[]
  readonly parent?: Payload
  readonly applicationCredential?: { readonly id: string; readonly projectId: string }
  readonly access?: { readonly id: string; readonly projectId: string }
  /** When what the proof stands on ends, in epoch milliseconds. */
  readonly endsBy?: number | undefined
}

/** What a partial sign-in has proved so far. Sealed into the receipt. */
export interface Receipt {
  readonly userId: string
  readonly methods: readonly string[]
  readonly issuedAt: number
  readonly expiresAt: number
}

export interface ReceiptFormat {
  seal(receipt: Receipt): string
  open(text: string): Receipt | undefined
}

/** Remembers, without holding a secret, that a password was right for a hash, so that the same login again costs nothing. */
export interface VerifiedCache {
  knows(userId: string, hash: string, password: string): boolean
  remember(userId: string, hash: string, password: string): void
}
