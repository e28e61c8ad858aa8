import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { AccessRuleLogic, RuleWish } from '../access-rules/logic.ts'
import type { AssignmentLogic } from '../assignments/logic/assignments.ts'
import type { Token } from '../contract/token.ts'
import { type Expiry, isOver, parseExpiry } from '../expiries/expiry.ts'
import { type Filter, passes } from '../filters/filter.ts'
import type { RoleLogic, RoleName } from '../roles/logic.ts'
import type { Role } from '../roles/role.ts'
import type { Transaction, Write } from '../tables.ts'
import type { ApplicationCredential, FreshApplicationCredential } from './application-credential.ts'
import type { ApplicationCredentialStore } from './store.ts'

export interface Rooms {
  readonly store: ApplicationCredentialStore
  readonly write: Write
  readonly chance: Pick<Chance, 'hex' | 'bytes'>
  readonly clock: Pick<Clock, 'now'>
  readonly passwords: { hash(secret: string): Promise<string> }
  readonly roles: Pick<RoleLogic, 'listNamed' | 'listByIds'>
  readonly accessRules: Pick<AccessRuleLogic, 'ensureAll'>
  readonly assignments: Pick<AssignmentLogic, 'rolesOn'>
  /** How many a user may have: `[application_credential] user_limit`; negative is no limit. */
  readonly userLimit: number
}

export interface Wish {
  readonly name: string
  readonly description?: string | null | undefined
  readonly secret?: string | null | undefined
  readonly expiresAt?: string | null | undefined
  readonly unrestricted?: boolean | undefined
  readonly roles?: readonly RoleName[] | undefined
  readonly accessRules?: readonly RuleWish[] | undefined
}

/**
 * The rules of application credentials: one gives no more than the token it was made with, on that token's project, for that token's
 * user; it dies with user, project or roles, and its secret is shown once.
 */
export function applicationCredentialLogic(rooms: Rooms) {
  const { store, write, chance, clock, passwords } = rooms

  return {
    find: (id: string): Promise<ApplicationCredential | undefined> => store.find(id),

    async list(filter: { userId: string; name?: string | undefined }, inexact: readonly Filter[] = []) {
      const credentials = await store.list(filter)
      return credentials.filter(({ name }) => passes(inexact, () => name))
    },

    /** `token` is the caller's: its user, its project and at most its roles are what the credential stands for. */
    async create(wish: Wish, token: Token, cause: Cause): Promise<FreshApplicationCredential> {
      mustBeUnrestricted(token)
      if (token.scope.kind !== 'project') return refuseInvalid('a token for a project is needed')
      const { user, scope } = token
      const expiresAt = readExpiry(wish.expiresAt, clock.now())
      const roles = await rolesFor(rooms, wish, token)
      const secret = wish.secret || chance.bytes(64).toString('base64url')
      const secretHash = await passwords.hash(secret)
      const fresh = {
        id: chance.hex(),
        name: wish.name,
        userId: user.id,
        projectId: scope.project.id,
        description: wish.description ?? null,
        expiresAt,
        unrestricted: wish.unrestricted ?? false,
        roles,
      }
      return write(cause, async tx => {
        await mustFit(rooms, tx, fresh)
        const accessRules = await rooms.accessRules.ensureAll(tx, user.id, wish.accessRules ?? [])
        const credential: ApplicationCredential = { ...fresh, accessRules }
        await store.insert(tx, credential, secretHash)
        return { ...credential, secret }
      })
    },

    delete: (id: string, token: Token | undefined, cause: Cause): Promise<void> => {
      if (token) mustBeUnrestricted(token)
      return write(cause, async tx => {
        const credential = (await store.find(id, tx.read)) ?? refuseUnknown(id)
        await store.delete(tx, credential)
      })
    },

    forgetUser: (tx: Transaction, userId: string) => deleteAll(store, tx, { userId }),
    forgetProject: (tx: Transaction, projectId: string) => deleteAll(store, tx, { projectId }),
    forgetDomain: (tx: Transaction, projectId: string) => deleteAll(store, tx, { projectId }),

    async forgetRole(tx: Transaction, roleId: string): Promise<void> {
      for (const credential of await store.list({ roleId }, tx.read))
        await store.update(tx, { ...credential, roles: credential.roles.filter(role => role.id !== roleId) }, { roleId })
    },
  }
}

export type ApplicationCredentialLogic = ReturnType<typeof applicationCredentialLogic>

export const refuseUnknown = (id: string): never => {
  throw new Refusal('not-found', `Could not find Application Credential: ${id}.`)
}

const refuseInvalid = (detail: string): never => {
  throw new Refusal('invalid', `Invalid application credential: ${detail}`)
}

/** A credential begets others only when it was made to. */
function mustBeUnrestricted({ applicationCredential }: Token) {
  if (applicationCredential?.restricted)
    throw new Refusal(
      'forbidden',
      "You are not authorized to perform the requested action: Using method 'application_credential' is not allowed for managing additional application credentials..",
    )
}

const malformed = 'The server could not comply with the request since it is either malformed or otherwise incorrect.'

function readExpiry(wished: string | null | undefined, now: number): Expiry | null {
  if (!wished) return null
  const expiry = parseExpiry(wished)
  if (expiry === undefined)
    throw new Refusal('invalid', `Timestamp not in expected format. ${malformed} The client is assumed to be in error.`)
  if (isOver(expiry, now))
    throw new Refusal('invalid', `The 'expires_at' must not be before now. ${malformed} The client is assumed to be in error.`)
  return expiry
}

async function rolesFor(rooms: Rooms, { roles: names }: Wish, token: Token): Promise<readonly Role[]> {
  const held = token.roles.map(role => role.id)
  const roles = names && names.length > 0 ? await rooms.roles.listNamed(names) : await rooms.roles.listByIds(held)
  if (roles.some(role => !held.includes(role.id))) refuseInvalid('Cannot create an application credential with unassigned role')
  const projectId = token.scope.kind === 'project' ? token.scope.project.id : ''
  const effective = await rooms.assignments.rolesOn(token.user.id, projectId)
  const missing = roles.find(role => !effective.includes(role.id))
  if (missing)
    refuseInvalid(
      `Could not find role assignment with role: ${missing.id}, user or group: ${token.user.id}, project, domain, or system: ${projectId}.`,
    )
  return roles
}

async function mustFit({ store, userLimit }: Rooms, tx: Transaction, { userId, name }: { userId: string; name: string }) {
  if (userLimit >= 0 && (await store.count(userId, tx.read)) >= userLimit)
    throw new Refusal(
      'over-quota',
      `Unable to create additional application credentials, maximum of ${userLimit} already exceeded for user.`,
    )
  if ((await store.list({ userId, name }, tx.read)).length > 0)
    throw new Refusal('conflict', `Conflict occurred attempting to store application_credential - Duplicate entry found with name ${name}.`)
}

async function deleteAll(store: ApplicationCredentialStore, tx: Transaction, filter: { userId: string } | { projectId: string }) {
  for (const credential of await store.list(filter, tx.read)) await store.delete(tx, credential)
}
