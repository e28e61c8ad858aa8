import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

/** What sufficed before there were scopes, and goes on sufficing until `enforce_new_defaults`. */
const before = { rule: 'role:admin' }
const system = ['system'] as const
const ofProjects = ['system', 'project'] as const

/** Who may do what in placement, by default: the rules of a stock OpenStack. */
// biome-ignore format: a table, one rule a line
export const policies = {
  'admin_api':                { rule: 'role:admin', about: 'a building block of operators’ own rules' },
  'system_admin_api':         { rule: 'role:admin and system_scope:all', deprecated: before, about: 'a building block of other rules' },
  'system_reader_api':        { rule: 'role:reader and system_scope:all', deprecated: before, about: 'a building block of other rules' },
  'project_reader_api':       { rule: 'role:reader and project_id:%(project_id)s', deprecated: before, about: 'a building block of other rules' },
  'system_or_project_reader': { rule: 'rule:system_reader_api or rule:project_reader_api', deprecated: before, about: 'a building block of other rules' },
  'placement:resource_providers:list':               { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers' },
  'placement:resource_providers:create':             { rule: 'rule:system_admin_api', scopes: system, about: 'POST /resource_providers' },
  'placement:resource_providers:show':               { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}' },
  'placement:resource_providers:update':             { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /resource_providers/{uuid}' },
  'placement:resource_providers:delete':             { rule: 'rule:system_admin_api', scopes: system, about: 'DELETE /resource_providers/{uuid}' },
  'placement:resource_classes:list':                 { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_classes' },
  'placement:resource_classes:create':               { rule: 'rule:system_admin_api', scopes: system, about: 'POST /resource_classes' },
  'placement:resource_classes:show':                 { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_classes/{name}' },
  'placement:resource_classes:update':               { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /resource_classes/{name}' },
  'placement:resource_classes:delete':               { rule: 'rule:system_admin_api', scopes: system, about: 'DELETE /resource_classes/{name}' },
  'placement:resource_providers:inventories:list':   { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}/inventories' },
  'placement:resource_providers:inventories:create': { rule: 'rule:system_admin_api', scopes: system, about: 'POST /resource_providers/{uuid}/inventories' },
  'placement:resource_providers:inventories:show':   { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}/inventories/{resource_class}' },
  'placement:resource_providers:inventories:update': { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /resource_providers/{uuid}/inventories and 1 more' },
  'placement:resource_providers:inventories:delete': { rule: 'rule:system_admin_api', scopes: system, about: 'DELETE /resource_providers/{uuid}/inventories and 1 more' },
  'placement:resource_providers:aggregates:list':    { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}/aggregates' },
  'placement:resource_providers:aggregates:update':  { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /resource_providers/{uuid}/aggregates' },
  'placement:resource_providers:usages':             { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}/usages' },
  'placement:usages':                                { rule: 'rule:system_or_project_reader', scopes: ofProjects, about: 'GET /usages' },
  'placement:traits:list':                           { rule: 'rule:system_reader_api', scopes: system, about: 'GET /traits' },
  'placement:traits:show':                           { rule: 'rule:system_reader_api', scopes: system, about: 'GET /traits/{name}' },
  'placement:traits:update':                         { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /traits/{name}' },
  'placement:traits:delete':                         { rule: 'rule:system_admin_api', scopes: system, about: 'DELETE /traits/{name}' },
  'placement:resource_providers:traits:list':        { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}/traits' },
  'placement:resource_providers:traits:update':      { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /resource_providers/{uuid}/traits' },
  'placement:resource_providers:traits:delete':      { rule: 'rule:system_admin_api', scopes: system, about: 'DELETE /resource_providers/{uuid}/traits' },
  'placement:allocations:manage':                    { rule: 'rule:system_admin_api', scopes: system, about: 'POST /allocations' },
  'placement:allocations:list':                      { rule: 'rule:system_reader_api', scopes: system, about: 'GET /allocations/{consumer_uuid}' },
  'placement:allocations:update':                    { rule: 'rule:system_admin_api', scopes: system, about: 'PUT /allocations/{consumer_uuid}' },
  'placement:allocations:delete':                    { rule: 'rule:system_admin_api', scopes: system, about: 'DELETE /allocations/{consumer_uuid}' },
  'placement:resource_providers:allocations:list':   { rule: 'rule:system_reader_api', scopes: system, about: 'GET /resource_providers/{uuid}/allocations' },
  'placement:allocation_candidates:list':            { rule: 'rule:system_reader_api', scopes: system, about: 'GET /allocation_candidates' },
  'placement:reshaper:reshape':                      { rule: 'rule:system_admin_api', scopes: system, about: 'POST /reshaper' },
  'placement:changes':     { rule: 'rule:system_reader_api', scopes: system, about: 'GET /changes' },
  'placement:changes:all': { rule: 'rule:system_reader_api', scopes: system, about: 'GET /changes of every project' },
} as const satisfies Record<string, PolicyDefault>
