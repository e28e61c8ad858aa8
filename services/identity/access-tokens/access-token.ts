import type { Expiry } from '../expiries/expiry.ts'

/** What a consumer signs with to act for a user on a project with some of the user's roles. */
export interface AccessToken {
  readonly id: string
  readonly secret: string
  readonly consumerId: string
  readonly userId: string
  readonly projectId: string
  readonly roleIds: readonly string[]
  readonly expiresAt: Expiry | null
}
