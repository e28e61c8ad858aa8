/**
 * Who is asking, as a validated token says it. Rules see a caller under the names OpenStack's policy files use (`user_id`, `project_id`,
 * `system_scope`, `token.project.domain.id`); the program sees these fields.
 */
export interface Caller {
  readonly userId?: string | undefined
  readonly userDomainId?: string | undefined
  readonly projectId?: string | undefined
  readonly projectDomainId?: string | undefined
  /** The domain the token is scoped to; a project's domain is `projectDomainId`. */
  readonly domainId?: string | undefined
  readonly systemScope?: 'all' | undefined
  /** Role names, as spelled by whoever created them; compared without case. */
  readonly roles: readonly string[]
  /** True for work the cloud does on its own behalf and for the bootstrap token: never for a user with the role `admin`. */
  readonly isAdmin?: boolean | undefined
  readonly isAdminProject?: boolean | undefined
  readonly trustId?: string | undefined
  readonly trustorId?: string | undefined
  readonly trusteeId?: string | undefined
  readonly applicationCredentialId?: string | undefined
  /** The service that forwards the request, when it sent `X-Service-Token`. */
  readonly serviceUserId?: string | undefined
  readonly serviceUserDomainId?: string | undefined
  readonly serviceProjectId?: string | undefined
  readonly serviceProjectDomainId?: string | undefined
  readonly serviceRoles?: readonly string[] | undefined
  /** The token's body as served, for rules that read `token.…`. */
  readonly token?: object | undefined
}

export type Scope = 'system' | 'domain' | 'project'

/** What a token speaks for. One without any scope counts as a project's, as oslo.policy has it. */
export const scopeOf = (caller: Caller): Scope =>
  caller.systemScope !== undefined ? 'system' : caller.domainId !== undefined ? 'domain' : 'project'

/** A name in a rule → the caller's field. `tenant_id` is what policy files written before Keystone v3 say. */
const fields: Readonly<Record<string, keyof Caller>> = {
  user_id: 'userId',
  user_domain_id: 'userDomainId',
  project_id: 'projectId',
  tenant_id: 'projectId',
  project_domain_id: 'projectDomainId',
  domain_id: 'domainId',
  system_scope: 'systemScope',
  roles: 'roles',
  is_admin: 'isAdmin',
  is_admin_project: 'isAdminProject',
  trust_id: 'trustId',
  trustor_id: 'trustorId',
  trustee_id: 'trusteeId',
  app_cred_id: 'applicationCredentialId',
  service_user_id: 'serviceUserId',
  service_user_domain_id: 'serviceUserDomainId',
  service_project_id: 'serviceProjectId',
  service_project_domain_id: 'serviceProjectDomainId',
  service_roles: 'serviceRoles',
  token: 'token',
}

export const callerNames: readonly string[] = Object.keys(fields)

/** The field a rule's name begins with (`token` for `token.user.id`), or nothing when no caller has such a field. */
export const callerField = (name: string): keyof Caller | undefined => (Object.hasOwn(fields, name) ? fields[name] : undefined)
