import type { Expiry } from '../expiries/expiry.ts'

/** A consumer's wish to act for some user on a project, until a user grants it and it is exchanged for an access token. */
export interface RequestToken {
  readonly id: string
  readonly secret: string
  readonly consumerId: string
  readonly projectId: string
  readonly expiresAt: Expiry | null
  /** Nothing until a user has granted it. */
  readonly grant: Grant | undefined
}

export interface Grant {
  readonly userId: string
  readonly roleIds: readonly string[]
  /** Told to the user, who tells it to the consumer. */
  readonly verifier: string
}
