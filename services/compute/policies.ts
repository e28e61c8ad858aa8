import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

/** The rules of a stock Nova for what is built here. */
// biome-ignore format: a table, one rule a line
export const policies = {
  context_is_admin:          { rule: 'role:admin', about: 'a building block of other rules' },
  admin_api:                 { rule: 'is_admin:True or role:admin', about: 'a building block of other rules' },
  project_member_api:        { rule: 'role:member and project_id:%(project_id)s', about: 'a building block of other rules' },
  project_reader_api:        { rule: 'role:reader and project_id:%(project_id)s', about: 'a building block of other rules' },
  project_member_or_admin:   { rule: 'rule:project_member_api or rule:context_is_admin', about: 'a building block of other rules' },
  project_reader_or_admin:   { rule: 'rule:project_reader_api or rule:context_is_admin', about: 'a building block of other rules' },
  'os_compute_api:flavors':                        { rule: '', scopes: ['project'], about: 'list and show flavors' },
  'os_compute_api:servers:create':                 { rule: 'rule:project_member_or_admin', scopes: ['project'], about: 'POST /servers' },
  'os_compute_api:servers:index':                  { rule: 'rule:project_reader_or_admin', scopes: ['project'], about: 'GET /servers' },
  'os_compute_api:servers:detail':                 { rule: 'rule:project_reader_or_admin', scopes: ['project'], about: 'GET /servers/detail' },
  'os_compute_api:servers:show':                   { rule: 'rule:project_reader_or_admin', scopes: ['project'], about: 'GET /servers/{server_id}' },
  'os_compute_api:servers:show:host_status':       { rule: 'rule:context_is_admin', scopes: ['project'], about: 'the host of a server' },
  'os_compute_api:os-extended-server-attributes':  { rule: 'rule:context_is_admin', scopes: ['project'], about: 'the host and the hypervisor’s name of a server' },
  'os_compute_api:servers:delete':                 { rule: 'rule:project_member_or_admin', scopes: ['project'], about: 'DELETE /servers/{server_id}' },
  'os_compute_api:os-console-output':              { rule: 'rule:project_member_or_admin', scopes: ['project'], about: 'os-getConsoleOutput' },
  'os_compute_api:extensions':                     { rule: '', scopes: ['project'], about: 'GET /extensions' },
  'os_compute_api:changes':                        { rule: 'rule:project_reader_or_admin', scopes: ['project'], about: 'GET /changes' },
  'os_compute_api:changes:all':                    { rule: 'rule:context_is_admin', scopes: ['project'], about: 'GET /changes of every project' },
} as const satisfies Record<string, PolicyDefault>
