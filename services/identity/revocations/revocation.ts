/** Tokens that end before their time: all those that fit every narrowing field and were issued at or before `issuedBefore`. */
export interface Revocation {
  readonly id: string
  readonly auditId?: string | undefined
  readonly auditChainId?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly domainId?: string | undefined
  readonly roleId?: string | undefined
  readonly trustId?: string | undefined
  readonly consumerId?: string | undefined
  readonly accessTokenId?: string | undefined
  /** Epoch milliseconds. */
  readonly issuedBefore: number
  readonly revokedAt: number
  /** When the last token that it could mean has expired anyway. */
  readonly expiresAt: number
}

/** What of a token revocations speak about. */
export interface Revocable {
  readonly issuedAt: number
  readonly auditId: string
  readonly auditChainId: string
  readonly userId: string
  readonly projectId: string | undefined
  readonly domainId: string | undefined
  readonly trustId: string | undefined
  readonly consumerId: string | undefined
  readonly accessTokenId: string | undefined
}
