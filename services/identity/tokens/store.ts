import type { Database, Reader } from '@kilonova/platform/sql/database.ts'
import { type Given, kept } from '@kilonova/platform/sql/kept.ts'
import { folded, isSet } from '@kilonova/platform/sql/columns.ts'
import type { Named } from '../contract/token.ts'
import type { Tables } from '../tables.ts'

/** A user with the domain it lives in, as a token names them. */
export interface Subject {
  readonly user: Named & { readonly domain: Named; readonly passwordExpiresAt: string | null }
  readonly enabled: boolean
  /** When the newest password was set; tokens of an older one have been revoked. */
  readonly defaultProjectId: string | null
}

export interface ProjectScope {
  readonly project: Named & { readonly domain: Named; readonly isDomain: boolean }
  readonly parentId: string
  readonly enabled: boolean
}

/** Run at every sign-in, so compiled once. */
const subjectById = kept((read: Reader<Tables>, given: Given<{ id: string }>) =>
  read
    .selectFrom('user')
    .innerJoin('project as domain', 'domain.id', 'user.domain_id')
    .leftJoin('password', 'password.user_id', 'user.id')
    .select(['user.id', 'user.name', 'user.enabled', 'user.default_project_id', 'user.options'])
    .select(['domain.id as domain_id', 'domain.name as domain_name', 'domain.enabled as domain_enabled', 'password.expires_at'])
    .where('user.id', '=', given('id'))
    .orderBy('password.ordinal', 'desc')
    .limit(1),
)

const projectById = kept((read: Reader<Tables>, given: Given<{ id: string }>) =>
  read
    .selectFrom('project')
    .leftJoin('project as domain', 'domain.id', 'project.domain_id')
    .select(['project.id', 'project.name', 'project.enabled', 'project.is_domain', 'project.parent_id'])
    .select(['domain.id as domain_id', 'domain.name as domain_name', 'domain.enabled as domain_enabled'])
    .where('project.id', '=', given('id')),
)

const projectInDomain = kept((read: Reader<Tables>, given: Given<{ name: string; domainId: string }>) =>
  read.selectFrom('project').select('id').where('name_folded', '=', given('name')).where('domain_id', '=', given('domainId')),
)

const projectInNamedDomain = kept((read: Reader<Tables>, given: Given<{ name: string; domainName: string }>) =>
  read
    .selectFrom('project')
    .innerJoin('project as domain', 'domain.id', 'project.domain_id')
    .select('project.id')
    .where('project.name_folded', '=', given('name'))
    .where('domain.name_folded', '=', given('domainName'))
    .where('domain.is_domain', '=', 1),
)

/** What a token is put together from: reads across users, projects, roles and assignments. It writes nothing. */
export const tokenStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async findSubject(userId: string): Promise<Subject | undefined> {
    const [row] = await subjectById(read, { id: userId })
    if (!row) return undefined
    const expires = JSON.parse(row.options).ignore_password_expiry === true ? null : row.expires_at
    return {
      user: { id: row.id, name: row.name, domain: { id: row.domain_id, name: row.domain_name }, passwordExpiresAt: expires },
      enabled: isSet(row.enabled) && isSet(row.domain_enabled),
      defaultProjectId: row.default_project_id,
    }
  },

  async findProjectScope(projectId: string): Promise<ProjectScope | undefined> {
    const [row] = await projectById(read, { id: projectId })
    if (!row) return undefined
    const isDomain = isSet(row.is_domain)
    const domain = isDomain ? { id: row.id, name: row.name } : { id: row.domain_id ?? '', name: row.domain_name ?? '' }
    return {
      project: { id: row.id, name: row.name, domain, isDomain },
      parentId: row.parent_id,
      enabled: isSet(row.enabled) && (isDomain || isSet(row.domain_enabled)),
    }
  },

  /** The ids of the projects above one, nearest first, without the domain. */
  async projectsAbove({ parentId, project }: ProjectScope): Promise<readonly string[]> {
    const above: string[] = []
    for (let id = parentId; id !== '' && id !== project.domain.id && !above.includes(id); ) {
      above.push(id)
      const row = await read.selectFrom('project').select('parent_id').where('id', '=', id).executeTakeFirst()
      id = row?.parent_id ?? ''
    }
    return above
  },

  /** The roles a user is given on a target: directly or through a group, on it or inherited from above; without the implied ones. */
  async rolesGiven(
    userId: string,
    target: { kind: 'project' | 'domain' | 'system'; id: string; above: readonly string[]; domainId: string },
  ) {
    const rows = await read
      .selectFrom('assignment')
      .select('role_id')
      .distinct()
      .where(({ and, or, eb, selectFrom }) =>
        and([
          or([
            and([eb('actor_type', '=', 'user'), eb('actor_id', '=', userId)]),
            and([
              eb('actor_type', '=', 'group'),
              eb('actor_id', 'in', selectFrom('membership').select('group_id').where('user_id', '=', userId)),
            ]),
          ]),
          or([
            and([eb('target_type', '=', target.kind), eb('target_id', '=', target.id), eb('inherited', '=', 0)]),
            ...(target.kind === 'project'
              ? [and([eb('inherited', '=', 1), eb('target_type', '=', 'domain'), eb('target_id', '=', target.domainId)])]
              : []),
            ...(target.above.length > 0
              ? [and([eb('inherited', '=', 1), eb('target_type', '=', 'project'), eb('target_id', 'in', [...target.above])])]
              : []),
          ]),
        ]),
      )
      .execute()
    return rows.map(row => row.role_id)
  },

  async findTrust(id: string) {
    const row = await read.selectFrom('trust').selectAll().where('id', '=', id).where('deleted_at', 'is', null).executeTakeFirst()
    if (!row) return undefined
    const roles = await read.selectFrom('trust_role').select('role_id').where('trust_id', '=', id).execute()
    return {
      id,
      trustorUserId: row.trustor_user_id,
      trusteeUserId: row.trustee_user_id,
      projectId: row.project_id,
      impersonation: isSet(row.impersonation),
      expiresAt: row.expires_at,
      remainingUses: row.remaining_uses,
      redelegatedTrustId: row.redelegated_trust_id,
      roleIds: roles.map(role => role.role_id),
    }
  },

  async findProjectId({ name, domainId, domainName }: { name: string; domainId?: string | undefined; domainName?: string | undefined }) {
    const [row] =
      domainId === undefined
        ? await projectInNamedDomain(read, { name: folded(name), domainName: folded(domainName ?? '') })
        : await projectInDomain(read, { name: folded(name), domainId })
    return row?.id
  },

  async findDomainId(name: string) {
    const domain = await read
      .selectFrom('project')
      .select('id')
      .where('is_domain', '=', 1)
      .where('name_folded', '=', folded(name))
      .executeTakeFirst()
    return domain?.id
  },

  async findApplicationCredentialByName(userId: string, name: string) {
    const row = await read
      .selectFrom('application_credential')
      .select('id')
      .where('user_id', '=', userId)
      .where('name', '=', name)
      .executeTakeFirst()
    return row && this.findApplicationCredential(row.id)
  },

  async findApplicationCredential(id: string) {
    const row = await read.selectFrom('application_credential').selectAll().where('id', '=', id).executeTakeFirst()
    if (!row) return undefined
    const roles = await read
      .selectFrom('application_credential_role')
      .select('role_id')
      .where('application_credential_id', '=', id)
      .execute()
    const rules = await read
      .selectFrom('access_rule')
      .innerJoin('application_credential_access_rule as held', 'held.access_rule_id', 'access_rule.id')
      .select(['access_rule.id', 'service', 'path', 'method'])
      .where('held.application_credential_id', '=', id)
      .execute()
    return {
      id,
      name: row.name,
      userId: row.user_id,
      projectId: row.project_id,
      secretHash: row.secret_hash,
      expiresAt: row.expires_at,
      unrestricted: isSet(row.unrestricted),
      roleIds: roles.map(role => role.role_id),
      accessRules: rules.length > 0 ? rules : undefined,
    }
  },

  async findAccessToken(id: string) {
    const row = await read.selectFrom('access_token').selectAll().where('id', '=', id).executeTakeFirst()
    return (
      row && {
        id,
        consumerId: row.consumer_id,
        userId: row.authorizing_user_id,
        projectId: row.project_id,
        roleIds: JSON.parse(row.role_ids) as string[],
      }
    )
  },

  /** Every role, and which implies which: a small table that is kept in memory. */
  async allRoles(): Promise<readonly (Named & { readonly domainId: string; readonly implies: readonly string[] })[]> {
    const roles = await read.selectFrom('role').select(['id', 'name', 'domain_id']).orderBy('name').execute()
    const implied = await read.selectFrom('implied_role').selectAll().execute()
    const byPrior = Map.groupBy(implied, row => row.prior_role_id)
    return roles.map(({ id, name, domain_id }) => ({
      id,
      name,
      domainId: domain_id,
      implies: (byPrior.get(id) ?? []).map(row => row.implied_role_id),
    }))
  },
})

export type TokenStore = ReturnType<typeof tokenStore>
