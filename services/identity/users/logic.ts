import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { given } from '@kilonova/platform/given.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Filter, passes } from '../filters/filter.ts'
import { type Forgetful, forget } from '../forgetting/forgetting.ts'
import type { RevocationLogic } from '../revocations/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import { isoMicros } from '../tokens/token.ts'
import type { UserFilter, UserStore } from './store.ts'
import {
  daysUntilChange,
  hasExpiredPassword,
  isInactive,
  isLocked,
  kept,
  type Login,
  type NewPassword,
  passwordEnd,
  type Passwords,
  type SecurityOptions,
  type User,
  type UserOptions,
} from './user.ts'

export interface Rooms {
  readonly store: UserStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'hex'>
  readonly passwords: Passwords
  readonly security: SecurityOptions
  readonly revocations: Pick<RevocationLogic, 'revoke'>
  /** Whoever refers to users. */
  readonly others: readonly Forgetful[]
  readonly defaultDomainId: string
}

/** What a client wishes a user to be; what it leaves out stays as it is. An option is taken back with `null`, a password too. */
export interface Wish {
  readonly name?: string | undefined
  readonly domainId?: string | undefined
  readonly defaultProjectId?: string | null | undefined
  readonly enabled?: boolean | undefined
  readonly password?: string | null | undefined
  readonly options?: { readonly [Name in keyof UserOptions]?: UserOptions[Name] | null | undefined } | undefined
  readonly extra?: Readonly<Record<string, unknown>> | undefined
}

export type CreateWish = Wish & {
  readonly name: string
  readonly id?: string | undefined
  /** Made when the cloud begins: what the operator demands of people's passwords is not demanded of this one. */
  readonly isCloudsOwn?: boolean
  /** Of the password, when it was made before: that takes long. */
  readonly passwordHash?: string | undefined
}

/** Which user is meant. A name without a domain is looked for in the default one. */
export type LoginWish =
  | { readonly id: string }
  | { readonly name: string; readonly domainId?: string | undefined; readonly domainName?: string | undefined }

/**
 * Users, their passwords, and what the operator demands of both. Passwords are hashed before a transaction opens, since that takes long.
 * A new password and a disabled account end all tokens of the user.
 */
export function userLogic(rooms: Rooms) {
  const { store, write, clock, chance, revocations, security } = rooms
  const seen = (user: User): User => (user.enabled && isInactive(user, security, clock.now()) ? { ...user, enabled: false } : user)
  const get = async (id: string): Promise<User> => seen((await store.find(id)) ?? refuseUnknown(id))

  return {
    get,
    ...loginLogic(rooms),

    async list({ enabled, ...filter }: UserFilter, filters: readonly Filter[] = []) {
      const users = (await store.list(filter)).map(seen)
      return { items: users.filter(user => (enabled === undefined || user.enabled === enabled) && passes(filters, () => user.name)) }
    },

    async create(wish: CreateWish, cause: Cause): Promise<User> {
      const user = newUser(wish, rooms, wish.id ?? chance.hex())
      if (wish.password != null && !wish.isCloudsOwn) mustFitPattern(wish.password, security)
      const hash = wish.passwordHash ?? (wish.password == null ? undefined : await rooms.passwords.hash(wish.password))
      const password = hash === undefined ? undefined : passwordOf(hash, user, false, rooms)
      return await write(cause, async tx => {
        if (!(await store.findProject(user.domainId, tx.read))?.isDomain)
          throw new Refusal('not-found', `Could not find domain: ${user.domainId}.`)
        await mustNotBeDomain(user.defaultProjectId, tx, store)
        const created = { ...user, passwordExpiresAt: password?.expiresAt ?? null }
        await store.insert(tx, created, password)
        return created
      })
    },

    async update(id: string, wish: Wish, cause: Cause): Promise<User> {
      const known = await get(id)
      if (wish.domainId !== undefined && wish.domainId !== known.domainId) throw new Refusal('invalid', 'Cannot change Domain ID')
      const hash = wish.password === undefined ? undefined : await hashOf(wish.password, rooms)
      return await write(cause, async tx => {
        const before = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        const password = hash === undefined ? undefined : passwordOf(hash, withOptions(before, wish), false, rooms)
        const user = changed(before, wish, password, rooms)
        if (wish.defaultProjectId) await mustNotBeDomain(wish.defaultProjectId, tx, store)
        await store.update(tx, user, { forgiven: wish.enabled === true })
        if (password) await replacePassword(tx, user, password, rooms)
        if (password || (before.enabled && !user.enabled)) await revocations.revoke(tx, { userId: id }, cause)
        return user
      })
    },

    delete: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => deleteUser((await store.find(id, tx.read)) ?? refuseUnknown(id), tx, rooms)),

    /** Whoever knows the old password may set a new one: no token is asked for. */
    async changePassword(id: string, { original, password }: { original: string; password: string }, cause: Cause): Promise<void> {
      const login = await provenLogin(id, original, rooms, cause)
      mustFitPattern(password, security)
      await mustBeFreeToChange(login, password, rooms)
      const fresh = await newPassword(password, login, true, rooms)
      await write(cause, async tx => {
        const user = { ...((await store.find(id, tx.read)) ?? refuseUnknown(id)), passwordExpiresAt: fresh.expiresAt }
        await store.insertPassword(tx, user, fresh, { ordinal: login.passwordOrdinal + 1, keep: kept(security) })
        await revocations.revoke(tx, { userId: id }, cause)
      })
    },

    async forgetDomain(tx: Transaction, domainId: string): Promise<void> {
      for (const user of await store.list({ domainIds: [domainId] }, tx.read)) await deleteUser(user, tx, rooms)
    },

    async forgetProject(tx: Transaction, defaultProjectId: string): Promise<void> {
      for (const user of await store.list({ defaultProjectId }, tx.read))
        await store.update(tx, { ...user, defaultProjectId: null }, { forgiven: false })
    },
  }
}

export type UserLogic = ReturnType<typeof userLogic>

/** What signing in asks. */
const loginLogic = ({ store, write, clock, security, defaultDomainId }: Rooms) => ({
  async findForLogin(who: LoginWish): Promise<Login | undefined> {
    const login = await store.findLogin('id' in who ? who : { name: who.name, domain: domainOf(who, defaultDomainId) })
    return login?.enabled && isInactive(login, security, clock.now()) ? { ...login, enabled: false } : login
  },

  isLockedOut: (login: Login): boolean => isLocked(login, security, clock.now()),
  mustChangePassword: (login: Login): boolean => hasExpiredPassword(login, clock.now()),

  /** Counts, where anybody looks at the count. */
  async recordFailure(login: Login, cause: Cause): Promise<void> {
    const { lockoutFailureAttempts } = security
    if (lockoutFailureAttempts === undefined) return
    const wasLocked = login.failedCount >= lockoutFailureAttempts && !isLocked(login, security, clock.now())
    await write(cause, tx => store.updateFailure(tx, login.id, { at: isoMicros(clock.now()), isFirst: wasLocked }))
  },

  /** Writes only when there is something to forgive, or once a day where inactivity is watched. */
  async recordSuccess(login: Login, cause: Cause): Promise<void> {
    const now = isoMicros(clock.now())
    const isTracked = security.disableUserAccountDaysInactive !== undefined && login.lastActiveAt?.slice(0, 10) !== now.slice(0, 10)
    if (login.failedCount === 0 && !isTracked) return
    await write(cause, tx => store.updateSuccess(tx, login.id, isTracked ? now : login.lastActiveAt))
  },
})

const domainOf = ({ domainId, domainName }: Exclude<LoginWish, { id: string }>, defaultDomainId: string) =>
  domainId === undefined && domainName !== undefined ? { name: domainName } : { id: domainId ?? defaultDomainId }

const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find user: ${id}.`)
}

const newUser = (wish: Wish & { name: string }, { clock, security, defaultDomainId }: Rooms, id: string): User => {
  const now = isoMicros(clock.now())
  return {
    id,
    name: wish.name.trim(),
    domainId: wish.domainId ?? defaultDomainId,
    defaultProjectId: wish.defaultProjectId ?? null,
    enabled: wish.enabled ?? true,
    options: withOptions({ options: {} }, wish).options,
    extra: wish.extra ?? {},
    createdAt: now,
    lastActiveAt: wish.enabled !== false && security.disableUserAccountDaysInactive !== undefined ? now : null,
    passwordExpiresAt: null,
  }
}

/** The password's end shows in the user; without a new one it stays as it is. */
function changed(before: User, wish: Wish, password: NewPassword | undefined, { clock, security }: Rooms): User {
  const isWoken = wish.enabled === true && security.disableUserAccountDaysInactive !== undefined
  return {
    ...before,
    ...given({ name: wish.name?.trim(), enabled: wish.enabled, defaultProjectId: wish.defaultProjectId }),
    ...withOptions(before, wish),
    extra: { ...before.extra, ...wish.extra },
    lastActiveAt: isWoken ? isoMicros(clock.now()) : before.lastActiveAt,
    passwordExpiresAt: password ? password.expiresAt : before.passwordExpiresAt,
  }
}

const withOptions = (before: Pick<User, 'options'>, { options = {} }: Wish): { options: UserOptions } => ({
  options: Object.fromEntries(Object.entries({ ...before.options, ...given(options) }).filter(([, value]) => value !== null)),
})

async function mustNotBeDomain(projectId: string | null, tx: Transaction, store: UserStore) {
  if (projectId !== null && (await store.findProject(projectId, tx.read))?.isDomain)
    throw new Refusal('invalid', `User's default project ID cannot be a domain ID: ${projectId}`)
}

function mustFitPattern(password: string, { passwordRegex, passwordRegexDescription }: SecurityOptions) {
  if (passwordRegex === undefined) return
  if (!anchored(passwordRegex).test(password))
    throw new Refusal('invalid', `The password does not match the requirements: ${passwordRegexDescription}.`)
}

/** The operator's pattern holds from the beginning of the password, as Keystone's does. */
function anchored(pattern: string): RegExp {
  try {
    return new RegExp(`^(?:${pattern})`)
  } catch (cause) {
    throw new Refusal('invalid', 'Password validation error: Unable to validate password due to invalid configuration.', { cause })
  }
}

/** `null` takes the password away: no password fits ''. */
async function hashOf(password: string | null, { passwords, security }: Rooms): Promise<string> {
  if (password === null) return ''
  mustFitPattern(password, security)
  return await passwords.hash(password)
}

const newPassword = async (text: string, user: Pick<User, 'options'>, isOwn: boolean, rooms: Rooms) =>
  passwordOf(await hashOf(text, rooms), user, isOwn, rooms)

function passwordOf(hash: string, { options }: Pick<User, 'options'>, isOwn: boolean, { clock, security }: Rooms): NewPassword {
  const now = clock.now()
  const end = passwordEnd({ options, isOwn }, security, now)
  return { hash, createdAt: isoMicros(now), expiresAt: end === null ? null : isoMicros(end), isOwn }
}

async function replacePassword(tx: Transaction, user: User, password: NewPassword, { store, security }: Rooms) {
  const login = await store.findLogin({ id: user.id }, tx.read)
  await store.insertPassword(tx, user, password, { ordinal: (login?.passwordOrdinal ?? 0) + 1, keep: kept(security) })
}

async function deleteUser(user: User, tx: Transaction, { store, others }: Rooms) {
  await forget(others, 'forgetUser', tx, user.id)
  await store.delete(tx, user)
}

/** The user, once the password in force was shown; that it has expired is no obstacle to changing it. */
async function provenLogin(id: string, password: string, rooms: Rooms, cause: Cause): Promise<Login> {
  const logins = loginLogic(rooms)
  const login = await logins.findForLogin({ id })
  const isLocked = login !== undefined && logins.isLockedOut(login)
  const isRight = (await rooms.passwords.verify(password, login?.passwordHash ?? undefined)) && !isLocked
  if (login && !isRight && !isLocked) await logins.recordFailure(login, cause)
  if (!login || !isRight) throw new Refusal('unauthenticated', 'The request you have made requires authentication.')
  if (!login.enabled) throw new Refusal('unauthenticated', `The account is disabled for user: ${id}.`, { code: 'shown' })
  await logins.recordSuccess(login, cause)
  return login
}

async function mustBeFreeToChange(login: Login, password: string, { store, security, passwords, clock }: Rooms) {
  if (login.options.lock_password)
    throw new Refusal(
      'invalid',
      'You cannot change your password at this time due to password policy disallowing password changes. Please contact your administrator to reset your password.',
    )
  const days = daysUntilChange(login, security, clock.now())
  if (days !== undefined)
    throw new Refusal(
      'invalid',
      `You cannot change your password at this time due to the minimum password age. Once you change your password, it must be used for ${security.minimumPasswordAge} day(s) before it can be changed. Please try again in ${days} day(s) or contact your administrator to reset your password.`,
    )
  const { uniqueLastPasswordCount: count } = security
  for (const hash of count > 0 ? await store.listPasswords(login.id, count) : [])
    if (hash !== '' && (await passwords.verify(password, hash)))
      throw new Refusal(
        'invalid',
        `The new password cannot be identical to a previous password. The total number which includes the new password must be unique is ${count}.`,
      )
}
