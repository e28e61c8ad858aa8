import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

const admin = 'rule:context_is_admin'
const scopes = ['project'] as const

/** What operators ask: hosts, migrations, what other services tell of servers. */
// biome-ignore format: a table, one rule a line
export const operatorPolicies = {
  'os_compute_api:os-hosts:list':     { rule: admin, scopes, about: 'GET /os-hosts' },
  'os_compute_api:os-hosts:show':     { rule: admin, scopes, about: 'GET /os-hosts/{host_name}' },
  'os_compute_api:os-hosts:update':   { rule: admin, scopes, about: 'PUT /os-hosts/{host_name}' },
  'os_compute_api:os-hosts:reboot':   { rule: admin, scopes, about: 'GET /os-hosts/{host_name}/reboot' },
  'os_compute_api:os-hosts:shutdown': { rule: admin, scopes, about: 'GET /os-hosts/{host_name}/shutdown' },
  'os_compute_api:os-hosts:start':    { rule: admin, scopes, about: 'GET /os-hosts/{host_name}/startup' },
  'os_compute_api:os-instance-usage-audit-log:list': { rule: admin, scopes, about: 'GET /os-instance_usage_audit_log' },
  'os_compute_api:os-instance-usage-audit-log:show': { rule: admin, scopes, about: 'GET /os-instance_usage_audit_log/{before_timestamp}' },
  'compute:aggregates:images': { rule: admin, scopes, about: 'POST /os-aggregates/{aggregate_id}/images' },
  'os_compute_api:os-migrations:index': { rule: admin, scopes, about: 'GET /os-migrations' },
  'os_compute_api:os-server-external-events:create': { rule: admin, scopes, about: 'POST /os-server-external-events' },
  'os_compute_api:os-assisted-volume-snapshots:create': { rule: admin, scopes, about: 'POST /os-assisted-volume-snapshots' },
  'os_compute_api:os-assisted-volume-snapshots:delete': { rule: admin, scopes, about: 'DELETE /os-assisted-volume-snapshots/{snapshot_id}' },
} as const satisfies Record<string, PolicyDefault>
