/** Somebody, or some program, that may sign in. Passwords are kept apart and never shown. Times are ISO 8601 in UTC with microseconds. */
export interface User {
  readonly id: string
  readonly name: string
  readonly domainId: string
  /** Scopes a sign-in that names no scope, where the user has a role there. */
  readonly defaultProjectId: string | null
  readonly enabled: boolean
  readonly options: UserOptions
  /** Attributes that clients added freely: email, description. */
  readonly extra: Readonly<Record<string, unknown>>
  readonly createdAt: string
  readonly lastActiveAt: string | null
  readonly passwordExpiresAt: string | null
}

export type UserOptions = {
  readonly ignore_change_password_upon_first_use?: boolean
  readonly ignore_password_expiry?: boolean
  readonly ignore_lockout_failure_attempts?: boolean
  readonly lock_password?: boolean
  readonly ignore_user_inactivity?: boolean
  readonly multi_factor_auth_enabled?: boolean
  readonly multi_factor_auth_rules?: readonly (readonly string[])[]
}

/** A user as signing in sees it. */
export interface Login extends User {
  /** Of the user and of its domain. */
  readonly enabled: boolean
  readonly domain: { readonly id: string; readonly name: string; readonly enabled: boolean }
  readonly passwordHash: string | null
  /** The place of the password in force among all the user has had; 0 without one. */
  readonly passwordOrdinal: number
  readonly passwordCreatedAt: string | null
  /** Whether the user, not an administrator, chose the password in force. */
  readonly isPasswordOwn: boolean
  readonly failedCount: number
  readonly failedAt: string | null
}

/** A password to be kept: hashed, never the text. */
export interface NewPassword {
  /** Nothing fits ''. */
  readonly hash: string
  readonly createdAt: string
  readonly expiresAt: string | null
  readonly isOwn: boolean
}

/** Makes and checks hashes, off the event loop. */
export interface Passwords {
  hash(password: string): Promise<string>
  /** Checks against nothing, too, and takes as long. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}

/** Keystone's `[security_compliance]`. What is left out is off. */
export interface SecurityOptions {
  readonly lockoutFailureAttempts?: number | undefined
  /** Seconds; without it a locked account stays locked. */
  readonly lockoutDuration?: number | undefined
  readonly passwordExpiresDays?: number | undefined
  /** How many passwords must differ, the new one counted. */
  readonly uniqueLastPasswordCount: number
  /** Days. */
  readonly minimumPasswordAge: number
  readonly passwordRegex?: string | undefined
  readonly passwordRegexDescription?: string | undefined
  readonly changePasswordUponFirstUse: boolean
  readonly disableUserAccountDaysInactive?: number | undefined
}

const dayMs = 86_400_000

/** Whether too many attempts failed too recently. `now` in epoch milliseconds. */
export function isLocked({ options, failedCount, failedAt }: Login, security: SecurityOptions, now: number): boolean {
  const { lockoutFailureAttempts: attempts, lockoutDuration: seconds } = security
  if (attempts === undefined || failedCount < attempts || options.ignore_lockout_failure_attempts) return false
  return seconds === undefined || failedAt === null || Date.parse(failedAt) + seconds * 1000 > now
}

/** Whether the last sign-in, or the creation, lies so many days back that the account counts as disabled. */
export function isInactive(user: User, { disableUserAccountDaysInactive: days }: SecurityOptions, now: number): boolean {
  if (days === undefined || user.options.ignore_user_inactivity) return false
  const dayOf = (ms: number) => Math.floor(ms / dayMs)
  return dayOf(now) - dayOf(Date.parse(user.lastActiveAt ?? user.createdAt)) >= days
}

export const hasExpiredPassword = ({ options, passwordExpiresAt }: User, now: number): boolean =>
  passwordExpiresAt !== null && !options.ignore_password_expiry && Date.parse(passwordExpiresAt) <= now

/** When a password set now will expire, in epoch milliseconds on a whole second. */
export function passwordEnd(
  { options, isOwn }: { readonly options: UserOptions; readonly isOwn: boolean },
  security: SecurityOptions,
  now: number,
): number | null {
  if (!isOwn && security.changePasswordUponFirstUse && !options.ignore_change_password_upon_first_use) return now
  if (security.passwordExpiresDays === undefined || options.ignore_password_expiry) return null
  return Math.floor((now + security.passwordExpiresDays * dayMs) / 1000) * 1000
}

/** Whole days until a user may change the password again; nothing when that is now. */
export function daysUntilChange({ isPasswordOwn, passwordCreatedAt }: Login, { minimumPasswordAge: days }: SecurityOptions, now: number) {
  if (!isPasswordOwn || passwordCreatedAt === null) return undefined
  const left = Date.parse(passwordCreatedAt) + days * dayMs - now
  return left > 0 ? Math.floor(left / dayMs) : undefined
}

/** How many passwords are kept: those that may not come back, the one in force always. */
export const kept = ({ uniqueLastPasswordCount }: SecurityOptions): number => Math.max(uniqueLastPasswordCount, 1)
