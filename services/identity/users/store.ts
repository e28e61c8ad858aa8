import { Refusal } from '@kilonova/platform/refusal.ts'
import { folded, isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import { isUniqueViolation } from '@kilonova/platform/sql/errors.ts'
import { type Given, kept } from '@kilonova/platform/sql/kept.ts'
import type { Tables, Transaction, UserRow } from '../tables.ts'
import type { Login, NewPassword, User } from './user.ts'

export interface UserFilter {
  /** All must hold: the one asked for and the one the caller may see. */
  readonly domainIds?: readonly string[]
  readonly name?: string | undefined
  readonly enabled?: boolean | undefined
  readonly groupId?: string
  readonly defaultProjectId?: string
  readonly passwordExpires?: readonly { readonly compare: '<' | '<=' | '=' | '!=' | '>=' | '>'; readonly at: string }[]
}

/** Whom signing in means. Without a domain the name is looked for in the default one, by the caller. */
export type LoginName =
  | { readonly id: string }
  | { readonly name: string; readonly domain: { readonly id: string } | { readonly name: string } }

type From = Reader<Tables>

const loginRows = (from: From) =>
  rows(from)
    .innerJoin('project as domain', 'domain.id', 'user.domain_id')
    .select(['domain.name as domain_name', 'domain.enabled as domain_enabled', 'password.hash', 'password.ordinal'])
    .select(['password.created_at as password_created_at', 'password.self_service', 'failed_auth_count', 'failed_auth_at'])

/** Run at every sign-in, so compiled once each. */
const loginById = kept((read: From, given: Given<{ id: string }>) => loginRows(read).where('user.id', '=', given('id')))
const loginInDomain = kept((read: From, given: Given<{ name: string; domainId: string }>) =>
  loginRows(read).where('user.name_folded', '=', given('name')).where('user.domain_id', '=', given('domainId')),
)
const loginInNamedDomain = kept((read: From, given: Given<{ name: string; domainName: string }>) =>
  loginRows(read)
    .where('user.name_folded', '=', given('name'))
    .where('domain.name_folded', '=', given('domainName'))
    .where('domain.is_domain', '=', 1),
)

function loginRow(who: LoginName, from: From) {
  if ('id' in who) return loginById(from, who)
  const name = folded(who.name)
  return 'id' in who.domain
    ? loginInDomain(from, { name, domainId: who.domain.id })
    : loginInNamedDomain(from, { name, domainName: folded(who.domain.name) })
}

/** Users in the table `user`, their passwords in `password`. */
export const userStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from: From = read): Promise<User | undefined> {
    const row = await rows(from).where('user.id', '=', id).executeTakeFirst()
    return row && toUser(row)
  },

  async findLogin(who: LoginName, from: From = read): Promise<Login | undefined> {
    const [row] = await loginRow(who, from)
    return (
      row && {
        ...toUser(row),
        enabled: isSet(row.enabled) && isSet(row.domain_enabled),
        domain: { id: row.domain_id, name: row.domain_name, enabled: isSet(row.domain_enabled) },
        passwordHash: row.hash || null,
        passwordOrdinal: row.ordinal ?? 0,
        passwordCreatedAt: row.password_created_at,
        isPasswordOwn: isSet(row.self_service),
        failedCount: row.failed_auth_count,
        failedAt: row.failed_auth_at,
      }
    )
  },

  async list(filter: UserFilter = {}, from: From = read): Promise<readonly User[]> {
    let users = rows(from).orderBy('user.name').orderBy('user.id')
    for (const domainId of filter.domainIds ?? []) users = users.where('user.domain_id', '=', domainId)
    if (filter.name !== undefined) users = users.where('user.name_folded', '=', folded(filter.name))
    if (filter.enabled !== undefined) users = users.where('user.enabled', '=', filter.enabled ? 1 : 0)
    if (filter.defaultProjectId !== undefined) users = users.where('default_project_id', '=', filter.defaultProjectId)
    for (const { compare, at } of filter.passwordExpires ?? []) users = users.where('password.expires_at', compare, at)
    const { groupId } = filter
    if (groupId !== undefined)
      users = users.where('user.id', 'in', ({ selectFrom }) => selectFrom('membership').select('user_id').where('group_id', '=', groupId))
    return (await users.execute()).map(toUser)
  },

  /** Hashes of the newest passwords, the one in force first. */
  async listPasswords(userId: string, count: number, from: From = read): Promise<readonly string[]> {
    const passwords = from.selectFrom('password').select('hash').where('user_id', '=', userId).orderBy('ordinal', 'desc').limit(count)
    return (await passwords.execute()).map(row => row.hash)
  },

  /** Whether a project is there, and is a domain: a read across the corridor. */
  async findProject(id: string, from: From = read): Promise<{ readonly isDomain: boolean } | undefined> {
    const row = await from.selectFrom('project').select('is_domain').where('id', '=', id).executeTakeFirst()
    return row && { isDomain: isSet(row.is_domain) }
  },

  insert: (tx: Transaction, user: User, password: NewPassword | undefined) =>
    tx.change(change(user, 'created'), async sql => {
      await sql
        .insertInto('user')
        .values({ ...toRow(user), failed_auth_count: 0, failed_auth_at: null })
        .execute()
        .catch(refuseTaken(user))
      if (password)
        await sql
          .insertInto('password')
          .values(passwordRow(user.id, 1, password))
          .execute()
    }),

  /** Back among the enabled, earlier failures are forgiven. */
  update: (tx: Transaction, user: User, { forgiven }: { readonly forgiven: boolean }) =>
    tx.change(change(user, 'updated'), sql =>
      sql
        .updateTable('user')
        .set({ ...toRow(user), ...(forgiven ? { failed_auth_count: 0, failed_auth_at: null } : {}) })
        .where('id', '=', user.id)
        .execute()
        .catch(refuseTaken(user)),
    ),

  /** Of two who set a password at once, after the same one, the second is refused. */
  insertPassword: (tx: Transaction, user: User, password: NewPassword, { ordinal, keep }: { ordinal: number; keep: number }) =>
    tx.change(change(user, 'updated'), async sql => {
      await sql
        .insertInto('password')
        .values(passwordRow(user.id, ordinal, password))
        .execute()
        .catch(cause => {
          throw isUniqueViolation(cause)
            ? new Refusal('conflict', `Conflict occurred attempting to store user - the password of ${user.id} was changed meanwhile.`)
            : cause
        })
      await sql
        .deleteFrom('password')
        .where('user_id', '=', user.id)
        .where('ordinal', '<=', ordinal - keep)
        .execute()
    }),

  /** Counts on, or from 1 when `isFirst`. Nobody watches these counters: no change is logged. */
  updateFailure: (tx: Transaction, userId: string, { at, isFirst }: { at: string; isFirst: boolean }) =>
    tx.change([], sql =>
      sql
        .updateTable('user')
        .set(({ eb }) => ({ failed_auth_count: isFirst ? 1 : eb('failed_auth_count', '+', 1), failed_auth_at: at }))
        .where('id', '=', userId)
        .execute(),
    ),

  updateSuccess: (tx: Transaction, userId: string, lastActiveAt: string | null) =>
    tx.change([], sql =>
      sql
        .updateTable('user')
        .set({ failed_auth_count: 0, failed_auth_at: null, last_active_at: lastActiveAt })
        .where('id', '=', userId)
        .execute(),
    ),

  delete: (tx: Transaction, user: User) =>
    tx.change(change(user, 'deleted'), async sql => {
      await sql.deleteFrom('password').where('user_id', '=', user.id).execute()
      await sql.deleteFrom('user').where('id', '=', user.id).execute()
    }),
})

export type UserStore = ReturnType<typeof userStore>

/** Each user with the password in force, where there is one. */
const rows = (from: From) =>
  from
    .selectFrom('user')
    .leftJoin('password', join =>
      join.onRef('password.user_id', '=', 'user.id').on('password.ordinal', '=', ({ selectFrom }) =>
        selectFrom('password as one')
          .select(({ fn }) => fn.max('one.ordinal').as('newest'))
          .whereRef('one.user_id', '=', 'user.id'),
      ),
    )
    .select(['user.id', 'user.name', 'user.domain_id', 'default_project_id', 'user.enabled', 'user.options', 'user.extra'])
    .select(['user.created_at', 'last_active_at', 'password.expires_at'])

const change = (user: User, act: string) => ({
  kind: 'identity.user',
  id: user.id,
  act,
  domainId: user.domainId,
  userId: user.id,
  after: user,
})

const refuseTaken =
  ({ name, domainId }: User) =>
  (cause: unknown): never => {
    if (!isUniqueViolation(cause)) throw cause
    throw new Refusal(
      'conflict',
      `Conflict occurred attempting to store user - Duplicate entry found with name ${name} at domain ID ${domainId}.`,
    )
  }

const passwordRow = (userId: string, ordinal: number, { hash, createdAt, expiresAt, isOwn }: NewPassword) => ({
  user_id: userId,
  ordinal,
  hash,
  created_at: createdAt,
  expires_at: expiresAt,
  self_service: isOwn,
})

const toRow = (user: User) => ({
  id: user.id,
  name: user.name,
  name_folded: folded(user.name),
  domain_id: user.domainId,
  default_project_id: user.defaultProjectId,
  enabled: user.enabled,
  options: JSON.stringify(user.options),
  extra: JSON.stringify(user.extra),
  created_at: user.createdAt,
  last_active_at: user.lastActiveAt,
})

type Found = Pick<UserRow, 'id' | 'name' | 'domain_id' | 'default_project_id' | 'options' | 'extra' | 'created_at' | 'last_active_at'> & {
  enabled: number
  expires_at: string | null
}

const toUser = (row: Found): User => ({
  id: row.id,
  name: row.name,
  domainId: row.domain_id,
  defaultProjectId: row.default_project_id,
  enabled: isSet(row.enabled),
  options: JSON.parse(row.options),
  extra: JSON.parse(row.extra),
  createdAt: row.created_at,
  lastActiveAt: row.last_active_at,
  passwordExpiresAt: row.expires_at,
})
