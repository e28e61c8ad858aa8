import type { Expiry } from '../expiries/expiry.ts'

/** A user (the trustor) lets another (the trustee) act on a project with some of its roles, as itself or in its name. */
export interface Trust {
  readonly id: string
  readonly trustorUserId: string
  readonly trusteeUserId: string
  readonly projectId: string | null
  /** The trustee acts in the trustor's name. */
  readonly impersonation: boolean
  readonly expiresAt: Expiry | null
  /** How many more tokens may be made from it; `null` is any number. */
  readonly remainingUses: number | null
  /** How many times over the trustee may hand it on. */
  readonly redelegationCount: number | null
  /** The trust that this one hands on. */
  readonly redelegatedTrustId: string | null
  /** Trusts are kept when they end, so that it can be told later who acted for whom. */
  readonly deletedAt: string | null
  readonly roleIds: readonly string[]
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}
