import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

const admin = 'rule:context_is_admin'
const reader = 'rule:project_reader_or_admin'
const scopes = ['project'] as const

/** What projects may have, have and had, and why servers are where they are. */
// biome-ignore format: a table, one rule a line
export const limitPolicies = {
  'os_compute_api:os-quota-sets:show':     { rule: reader, scopes, about: 'GET /os-quota-sets/{tenant_id}' },
  'os_compute_api:os-quota-sets:detail':   { rule: reader, scopes, about: 'GET /os-quota-sets/{tenant_id}/detail' },
  'os_compute_api:os-quota-sets:defaults': { rule: '', scopes, about: 'GET /os-quota-sets/{tenant_id}/defaults' },
  'os_compute_api:os-quota-sets:update':   { rule: admin, scopes, about: 'PUT /os-quota-sets/{tenant_id}' },
  'os_compute_api:os-quota-sets:delete':   { rule: admin, scopes, about: 'DELETE /os-quota-sets/{tenant_id}' },
  'os_compute_api:os-quota-class-sets:show':   { rule: admin, scopes, about: 'GET /os-quota-class-sets/{quota_class}' },
  'os_compute_api:os-quota-class-sets:update': { rule: admin, scopes, about: 'PUT /os-quota-class-sets/{quota_class}' },
  'os_compute_api:limits':                 { rule: '', scopes, about: 'GET /limits' },
  'os_compute_api:limits:other_project':   { rule: admin, scopes, about: 'the limits of another project' },
  'os_compute_api:os-simple-tenant-usage:list': { rule: admin, scopes, about: 'GET /os-simple-tenant-usage' },
  'os_compute_api:os-simple-tenant-usage:show': { rule: reader, scopes, about: 'GET /os-simple-tenant-usage/{tenant_id}' },
  'os_compute_api:scheduling:show':        { rule: admin, scopes, about: 'GET /servers/{server_id}/scheduling' },
  'os_compute_api:scheduling:rehearse':    { rule: admin, scopes, about: 'POST /scheduling' },
} as const satisfies Record<string, PolicyDefault>
