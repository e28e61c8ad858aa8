import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { isDelegated } from '../../delegation/logic.ts'
import type { TokenLogic } from '../../tokens/logic.ts'
import type { UserLogic } from '../../users/logic.ts'
import type { Login, Passwords } from '../../users/user.ts'
import type { AuthWish, Proved, UserName, VerifiedCache } from '../auth.ts'

/** What signing in needs of users: who is meant, and what became of the attempt. */
export type Logins = Pick<UserLogic, 'findForLogin' | 'isLockedOut' | 'mustChangePassword' | 'recordFailure' | 'recordSuccess'>

export interface ProveRooms {
  readonly users: Logins
  readonly tokens: TokenLogic
  readonly passwords: Passwords
  readonly verified: VerifiedCache
  readonly clock: Pick<Clock, 'now'>
  readonly totp: { verify(userId: string, passcode: string): Promise<boolean> }
  readonly oauth1: { authenticate(signed: NonNullable<AuthWish['signed']>): Promise<{ id: string; userId: string; projectId: string }> }
}

export const unproved = (cause?: unknown): never => {
  throw new Refusal('unauthenticated', 'The request you have made requires authentication.', cause === undefined ? {} : { cause })
}

/** For the log alone: who hears that an account is locked learns that there is one. */
const locked = (login: Login) => new Error(`the account of ${login.id} is locked`)

/** Each way to prove who one is. Every one gives the user's id or refuses, always with the same words. */
export const methods: Readonly<Record<string, (rooms: ProveRooms, wish: AuthWish, cause: Cause) => Promise<Proved>>> = {
  password: async (rooms, { proofs }, cause) => {
    const shown = proofs.password?.user ?? refuseMissing('password')
    const login = await findLogin(rooms, shown)
    const proven = await provePassword(rooms, login, shown.password, cause)
    return { userId: proven.id, login: proven }
  },

  totp: async (rooms, { proofs }, cause) => {
    const shown = proofs.totp?.user ?? refuseMissing('totp')
    const login = (await findLogin(rooms, shown)) ?? unproved()
    if (rooms.users.isLockedOut(login)) return unproved(locked(login))
    if (!(await rooms.totp.verify(login.id, shown.passcode))) {
      await rooms.users.recordFailure(login, cause)
      unproved()
    }
    return { userId: login.id }
  },

  token: async ({ tokens }, wish) => {
    const shown = wish.proofs.token ?? refuseMissing('token')
    // NOTE: Keystone answers 404, not 401, for a token that is no more; its clients tell the two apart.
    const { payload, token } = await tokens.validate(shown.id)
    if (isDelegated(token)) refuseAction('Using a delegated token to create another token is not allowed.')
    const widens = wish.scope !== 'unscoped' && (wish.scope?.project ?? wish.scope?.domain)
    if (payload.scope.kind === 'system' && widens)
      refuseAction('Using a system-scoped token to create a project-scoped or domain-scoped token is not allowed.')
    return { userId: payload.userId, methods: payload.methods, parent: payload }
  },

  application_credential: async (rooms, { proofs, scope }) => {
    if (scope !== undefined) return unproved(new Error('application credentials cannot request a scope'))
    const shown = proofs.application_credential ?? refuseMissing('application_credential')
    const found = await findApplicationCredential(rooms, shown)
    const right = await rooms.passwords.verify(shown.secret, found?.secretHash)
    if (!found || !right) return unproved()
    if (found.expiresAt !== null && Date.parse(found.expiresAt) <= rooms.clock.now()) return unproved()
    const { id, projectId, expiresAt } = found
    return {
      userId: found.userId,
      applicationCredential: { id, projectId },
      endsBy: expiresAt === null ? undefined : Date.parse(expiresAt),
    }
  },

  oauth1: async ({ oauth1 }, { signed }) => {
    const { id, userId, projectId } = await oauth1.authenticate(signed ?? unproved())
    return { userId, access: { id, projectId } }
  },

  external: async ({ users }, { remoteUser }) => {
    if (remoteUser === undefined) return unproved()
    const login = (await users.findForLogin({ name: remoteUser })) ?? unproved()
    return { userId: login.id }
  },
}

const refuseAction = (action: string): never => {
  throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${action}.`)
}

const refuseMissing = (method: string): never => {
  throw new Refusal(
    'invalid',
    `Expecting to find ${method} in identity. The server could not comply with the request since it is either malformed or otherwise incorrect.`,
  )
}

function findLogin({ users }: ProveRooms, { id, name, domain }: UserName): Promise<Login | undefined> {
  if (id !== undefined) return users.findForLogin({ id })
  if (name === undefined || domain === undefined) return refuseMissing(name === undefined ? 'user id or name' : 'domain')
  return users.findForLogin({ name, domainId: domain.id, domainName: domain.name })
}

async function provePassword(rooms: ProveRooms, login: Login | undefined, password: string, cause: Cause): Promise<Login> {
  const { users, passwords, verified } = rooms
  if (!login || login.passwordHash === null) {
    await passwords.verify(password, undefined)
    return unproved()
  }
  if (users.isLockedOut(login)) {
    await passwords.verify(password, undefined)
    return unproved(locked(login))
  }
  const right = verified.knows(login.id, login.passwordHash, password) || (await passwords.verify(password, login.passwordHash))
  if (!right) {
    await users.recordFailure(login, cause)
    return unproved()
  }
  verified.remember(login.id, login.passwordHash, password)
  if (!login.enabled) return unproved()
  if (users.mustChangePassword(login))
    throw new Refusal('unauthenticated', `The password is expired and needs to be changed for user: ${login.id}.`, { code: 'shown' })
  await users.recordSuccess(login, cause)
  return login
}

async function findApplicationCredential({ tokens, users }: ProveRooms, shown: NonNullable<AuthWish['proofs']['application_credential']>) {
  if (shown.id !== undefined) return tokens.lookUp.findApplicationCredential(shown.id)
  const { name, user } = shown
  if (name === undefined || !user) return refuseMissing('application credential id, or name and user')
  const userId = user.id ?? (await findLogin({ users } as ProveRooms, user))?.id
  return userId === undefined ? undefined : tokens.lookUp.findApplicationCredentialByName(userId, name)
}
