import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { AccessRule } from '../access-rules/access-rule.ts'
import type { Role } from '../roles/role.ts'
import type { ApplicationCredentialRow, Tables, Transaction } from '../tables.ts'
import type { ApplicationCredential } from './application-credential.ts'

type Reader = Database<Tables>['read']
type Filter = { readonly [Field in 'id' | 'userId' | 'projectId' | 'name' | 'roleId']?: string | undefined }

/** Application credentials with their roles and access rules, in three tables. The secret's hash goes in and never comes out. */
export const applicationCredentialStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list({ id, userId, projectId, name, roleId }: Filter, from = read): Promise<readonly ApplicationCredential[]> {
    let rows = from.selectFrom('application_credential').selectAll().orderBy('name').orderBy('id')
    if (id !== undefined) rows = rows.where('id', '=', id)
    if (userId !== undefined) rows = rows.where('user_id', '=', userId)
    if (projectId !== undefined) rows = rows.where('project_id', '=', projectId)
    if (name !== undefined) rows = rows.where('name', '=', name)
    if (roleId !== undefined)
      rows = rows.where('id', 'in', ({ selectFrom }) =>
        selectFrom('application_credential_role').select('application_credential_id').where('role_id', '=', roleId),
      )
    return withParts(await rows.execute(), from)
  },

  async find(id: string, from = read): Promise<ApplicationCredential | undefined> {
    return (await this.list({ id }, from))[0]
  },

  async count(userId: string, from = read): Promise<number> {
    const { count } = await from
      .selectFrom('application_credential')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    return Number(count)
  },

  insert: (tx: Transaction, credential: ApplicationCredential, secretHash: string) =>
    tx.change(change(credential, 'created'), async sql => {
      const { id, roles, accessRules } = credential
      await sql.insertInto('application_credential').values(toRow(credential, secretHash)).execute()
      if (roles.length > 0)
        await sql
          .insertInto('application_credential_role')
          .values(roles.map(role => ({ application_credential_id: id, role_id: role.id })))
          .execute()
      if (accessRules.length > 0)
        await sql
          .insertInto('application_credential_access_rule')
          .values(accessRules.map(rule => ({ application_credential_id: id, access_rule_id: rule.id })))
          .execute()
    }),

  update: (tx: Transaction, credential: ApplicationCredential, lost: { readonly roleId: string }) =>
    tx.change(change(credential, 'updated'), sql =>
      sql
        .deleteFrom('application_credential_role')
        .where('application_credential_id', '=', credential.id)
        .where('role_id', '=', lost.roleId)
        .execute(),
    ),

  delete: (tx: Transaction, credential: ApplicationCredential) =>
    tx.change(change(credential, 'deleted'), async sql => {
      const { id } = credential
      await sql.deleteFrom('application_credential_role').where('application_credential_id', '=', id).execute()
      await sql.deleteFrom('application_credential_access_rule').where('application_credential_id', '=', id).execute()
      await sql.deleteFrom('application_credential').where('id', '=', id).execute()
    }),
})

export type ApplicationCredentialStore = ReturnType<typeof applicationCredentialStore>

/** Roles and rules of all credentials, in one query each: reads across the corridor. */
async function withParts(rows: readonly ApplicationCredentialRead[], from: Reader): Promise<readonly ApplicationCredential[]> {
  if (rows.length === 0) return []
  const ids = rows.map(row => row.id)
  const roles = await from
    .selectFrom('application_credential_role as held')
    .innerJoin('role', 'role.id', 'held.role_id')
    .select(['held.application_credential_id', 'role.id', 'role.name', 'role.domain_id', 'role.description', 'role.options', 'role.extra'])
    .where('held.application_credential_id', 'in', ids)
    .orderBy('role.name')
    .execute()
  const rules = await from
    .selectFrom('application_credential_access_rule as held')
    .innerJoin('access_rule', 'access_rule.id', 'held.access_rule_id')
    .select(['held.application_credential_id', 'access_rule.id', 'access_rule.user_id', 'service', 'path', 'method'])
    .where('held.application_credential_id', 'in', ids)
    .orderBy('access_rule.id')
    .execute()
  const rolesOf = Map.groupBy(roles, role => role.application_credential_id)
  const rulesOf = Map.groupBy(rules, rule => rule.application_credential_id)
  return rows.map(row => ({
    id: row.id,
    name: row.name,
    userId: row.user_id,
    projectId: row.project_id,
    description: row.description,
    expiresAt: row.expires_at,
    unrestricted: isSet(row.unrestricted),
    roles: (rolesOf.get(row.id) ?? []).map(
      (role): Role => ({
        id: role.id,
        name: role.name,
        domainId: role.domain_id || null,
        description: role.description,
        options: JSON.parse(role.options),
        extra: JSON.parse(role.extra),
      }),
    ),
    accessRules: (rulesOf.get(row.id) ?? []).map(
      (rule): AccessRule => ({ id: rule.id, userId: rule.user_id, service: rule.service, path: rule.path, method: rule.method }),
    ),
  }))
}

type ApplicationCredentialRead = Omit<ApplicationCredentialRow, 'unrestricted'> & { readonly unrestricted: number }

const change = (credential: ApplicationCredential, act: string) => ({
  kind: 'identity.application_credential',
  id: credential.id,
  act,
  userId: credential.userId,
  projectId: credential.projectId,
  after: credential,
})

const toRow = (credential: ApplicationCredential, secretHash: string) => ({
  id: credential.id,
  name: credential.name,
  user_id: credential.userId,
  project_id: credential.projectId,
  secret_hash: secretHash,
  description: credential.description,
  expires_at: credential.expiresAt,
  unrestricted: credential.unrestricted,
})
