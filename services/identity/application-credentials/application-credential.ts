import type { AccessRule } from '../access-rules/access-rule.ts'
import type { Expiry } from '../expiries/expiry.ts'
import type { Role } from '../roles/role.ts'

/** A name and a secret by which a program acts for a user on one project, with some of the user's roles. */
export interface ApplicationCredential {
  readonly id: string
  readonly name: string
  readonly userId: string
  readonly projectId: string
  readonly description: string | null
  readonly expiresAt: Expiry | null
  /** May be used to make and delete its like. */
  readonly unrestricted: boolean
  readonly roles: readonly Role[]
  /** The only requests it may be used for; none means all. */
  readonly accessRules: readonly AccessRule[]
}

/** As it is right after its creation: the secret is shown this once. */
export interface FreshApplicationCredential extends ApplicationCredential {
  readonly secret: string
}
