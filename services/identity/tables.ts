import type { Database, Flag, Tx } from '@kilonova/platform/sql/database.ts'

/**
 * The rows of identity's tables. Times are ISO 8601 text in UTC with microseconds (`2016-08-04T07:29:26.000000Z`), so that text order is
 * time order on every engine; `extra` and `options` are JSON text. Ids are 32 hexadecimal digits unless a client chose them.
 */
export interface Tables {
  region: RegionRow
  service: ServiceRow
  endpoint: EndpointRow
  endpoint_group: EndpointGroupRow
  project_endpoint: { project_id: string; endpoint_id: string }
  project_endpoint_group: { project_id: string; endpoint_group_id: string }
  policy: { id: string; type: string; blob: string; extra: string }
  policy_association: { id: string; policy_id: string; endpoint_id: string; service_id: string; region_id: string }
  registered_limit: RegisteredLimitRow
  limit_override: LimitRow
  project: ProjectRow
  project_tag: { project_id: string; name: string }
  domain_config: { domain_id: string; config_group: string; config_option: string; value: string; is_sensitive: Flag }
  user: UserRow
  password: PasswordRow
  user_group: GroupRow
  membership: { user_id: string; group_id: string }
  role: RoleRow
  implied_role: { prior_role_id: string; implied_role_id: string }
  assignment: AssignmentRow
  credential: CredentialRow
  application_credential: ApplicationCredentialRow
  application_credential_role: { application_credential_id: string; role_id: string }
  application_credential_access_rule: { application_credential_id: string; access_rule_id: string }
  access_rule: { id: string; user_id: string; service: string; path: string; method: string }
  trust: TrustRow
  trust_role: { trust_id: string; role_id: string }
  consumer: { id: string; description: string | null; secret: string; extra: string }
  request_token: RequestTokenRow
  access_token: AccessTokenRow
  revocation_event: RevocationRow
}

export interface RegionRow {
  id: string
  description: string
  parent_region_id: string | null
  extra: string
}

export interface ServiceRow {
  id: string
  type: string
  name: string | null
  description: string | null
  enabled: Flag
  extra: string
}

export interface EndpointRow {
  id: string
  interface: string
  region_id: string | null
  service_id: string
  url: string
  enabled: Flag
  extra: string
}

export interface EndpointGroupRow {
  id: string
  name: string
  description: string | null
  filters: string
}

export interface RegisteredLimitRow {
  id: string
  service_id: string
  /** '' stands for every region: NULLs would be distinct in the unique index. */
  region_id: string
  resource_name: string
  default_limit: number
  description: string | null
}

export interface LimitRow {
  id: string
  registered_limit_id: string
  /** '' when the limit is a domain's. */
  project_id: string
  /** '' when the limit is a project's. */
  domain_id: string
  resource_limit: number
  description: string | null
}

/** Domains and projects: a domain is a project that acts as one. */
export interface ProjectRow {
  id: string
  name: string
  /** `folded(name)`: names that differ only in case are the same name. */
  name_folded: string
  /** The owning domain; '' for a domain itself. */
  domain_id: string
  /** The project or domain above; '' for a domain. */
  parent_id: string
  is_domain: Flag
  enabled: Flag
  description: string
  options: string
  extra: string
}

export interface UserRow {
  id: string
  name: string
  /** `folded(name)`: names that differ only in case are the same name. */
  name_folded: string
  domain_id: string
  default_project_id: string | null
  enabled: Flag
  /** JSON: ignore_password_expiry, lock_password, multi_factor_auth_rules, ... */
  options: string
  extra: string
  created_at: string
  last_active_at: string | null
  failed_auth_count: number
  failed_auth_at: string | null
}

/** Every password a user has had and still may not reuse; the newest is the one in force. */
export interface PasswordRow {
  user_id: string
  /** Counts a user's passwords from 1; the highest is in force. */
  ordinal: number
  hash: string
  created_at: string
  expires_at: string | null
  /** Set by the user, not by an administrator. */
  self_service: Flag
}

export interface GroupRow {
  id: string
  name: string
  /** `folded(name)`: names that differ only in case are the same name. */
  name_folded: string
  domain_id: string
  description: string
  extra: string
}

export interface RoleRow {
  id: string
  name: string
  /** `folded(name)`: names that differ only in case are the same name. */
  name_folded: string
  /** '' for a role of the whole cloud. */
  domain_id: string
  description: string | null
  options: string
  extra: string
}

/** Who has which role on what. `target_id` is a project's, a domain's, or 'system'. */
export interface AssignmentRow {
  actor_type: 'user' | 'group'
  actor_id: string
  target_type: 'project' | 'domain' | 'system'
  target_id: string
  role_id: string
  /** Holds for the projects below the target, not for the target itself. */
  inherited: Flag
}

export interface CredentialRow {
  id: string
  user_id: string
  project_id: string | null
  type: string
  /** Sealed with the credential keys; `key_hash` tells which. */
  encrypted_blob: string
  key_hash: string
  extra: string
}

export interface ApplicationCredentialRow {
  id: string
  name: string
  user_id: string
  project_id: string
  secret_hash: string
  description: string | null
  expires_at: string | null
  unrestricted: Flag
}

export interface TrustRow {
  id: string
  trustor_user_id: string
  trustee_user_id: string
  project_id: string | null
  impersonation: Flag
  deleted_at: string | null
  expires_at: string | null
  remaining_uses: number | null
  redelegation_count: number | null
  redelegated_trust_id: string | null
  extra: string
}

export interface RequestTokenRow {
  id: string
  secret: string
  verifier: string | null
  authorizing_user_id: string | null
  requested_project_id: string
  role_ids: string | null
  consumer_id: string
  expires_at: string | null
}

export interface AccessTokenRow {
  id: string
  secret: string
  authorizing_user_id: string
  project_id: string
  role_ids: string
  consumer_id: string
  expires_at: string | null
}

/** Tokens that ended before their time. A column that is '' does not narrow the event. */
export interface RevocationRow {
  id: string
  audit_id: string
  audit_chain_id: string
  user_id: string
  project_id: string
  domain_id: string
  role_id: string
  trust_id: string
  consumer_id: string
  access_token_id: string
  /** Tokens issued at or before this time are meant. */
  issued_before: string
  expires_at: string | null
  revoked_at: string
}

export type Transaction = Tx<Tables>
/** Runs work in one transaction, again where that is safe: see `Database.transaction`. */
export type Write = Database<Tables>['transaction']
