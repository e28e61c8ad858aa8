import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
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
    if (rooms.users.isLockedOut(login)) refuseLocked(login)
    if (!(await rooms.totp.verify(login.id, shown.passcode))) {
      await rooms.users.recordFailure(login, cause)
      unproved()
    }
    return { userId: login.id }
  },

  token: async ({ tokens }, { proofs }) => {
    const shown = proofs.token ?? refuseMissing('token')
    // NOTE: Keystone answers 404, not 401, for a token that is no more; its clients tell the two apart.
    const { payload } = await tokens.validate(shown.id)
    // What was delegated is not delegated on by a new token.
    if (payload.trustId !== undefined || payload.accessTokenId !== undefined || payload.applicationCredentialId !== undefined)
      throw new Refusal('forbidden', 'You are not authorized to perform the requested action: rescope a scoped token.')
    return { userId: payload.userId, methods: payload.methods, parent: payload }
  },

  application_credential: async (rooms, { proofs }) => {
    const shown = proofs.application_credential ?? refuseMissing('application_credential')
    const found = await findApplicationCredential(rooms, shown)
    const right = await rooms.passwords.verify(shown.secret, found?.secretHash)
    if (!found || !right) return unproved()
    if (found.expiresAt !== null && Date.parse(found.expiresAt) <= rooms.clock.now()) return unproved()
    return { userId: found.userId, applicationCredential: { id: found.id, projectId: found.projectId } }
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

const refuseMissing = (method: string): never => {
  throw new Refusal(
    'invalid',
    `Expecting to find ${method} in identity. The server could not comply with the request since it is either malformed or otherwise incorrect.`,
  )
}

const refuseLocked = (login: Login): never => {
  throw new Refusal('unauthenticated', `The account is locked for user: ${login.id}.`, { code: 'shown' })
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
  if (users.isLockedOut(login)) refuseLocked(login)
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
