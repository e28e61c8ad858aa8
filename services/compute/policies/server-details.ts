import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

const read = 'rule:project_reader_or_admin'
const write = 'rule:project_member_or_admin'
const scopes = ['project'] as const

/** What belongs to one server: its password, metadata, tags, cables and volumes. */
// biome-ignore format: a table, one rule a line
export const serverDetailPolicies = {
  'os_compute_api:os-server-password:show':  { rule: read,  scopes, about: 'GET /servers/{server_id}/os-server-password' },
  'os_compute_api:os-server-password:clear': { rule: write, scopes, about: 'DELETE /servers/{server_id}/os-server-password' },
  'os_compute_api:server-metadata:index': { rule: read, scopes, about: 'GET /servers/{server_id}/metadata' },
  'os_compute_api:server-metadata:show': { rule: read, scopes, about: 'GET /servers/{server_id}/metadata/{key}' },
  'os_compute_api:server-metadata:create': { rule: write, scopes, about: 'POST /servers/{server_id}/metadata' },
  'os_compute_api:server-metadata:update_all': { rule: write, scopes, about: 'PUT /servers/{server_id}/metadata' },
  'os_compute_api:server-metadata:update': { rule: write, scopes, about: 'PUT /servers/{server_id}/metadata/{key}' },
  'os_compute_api:server-metadata:delete': { rule: write, scopes, about: 'DELETE /servers/{server_id}/metadata/{key}' },
  'os_compute_api:os-server-tags:index': { rule: read, scopes, about: 'GET /servers/{server_id}/tags' },
  'os_compute_api:os-server-tags:show': { rule: read, scopes, about: 'GET /servers/{server_id}/tags/{tag}' },
  'os_compute_api:os-server-tags:update_all': { rule: write, scopes, about: 'PUT /servers/{server_id}/tags' },
  'os_compute_api:os-server-tags:update': { rule: write, scopes, about: 'PUT /servers/{server_id}/tags/{tag}' },
  'os_compute_api:os-server-tags:delete': { rule: write, scopes, about: 'DELETE /servers/{server_id}/tags/{tag}' },
  'os_compute_api:os-server-tags:delete_all': { rule: write, scopes, about: 'DELETE /servers/{server_id}/tags' },
  'os_compute_api:os-attach-interfaces:list': { rule: read, scopes, about: 'GET /servers/{server_id}/os-interface' },
  'os_compute_api:os-attach-interfaces:show': { rule: read, scopes, about: 'GET /servers/{server_id}/os-interface/{port_id}' },
  'os_compute_api:os-attach-interfaces:create': { rule: write, scopes, about: 'POST /servers/{server_id}/os-interface' },
  'os_compute_api:os-attach-interfaces:delete': { rule: write, scopes, about: 'DELETE /servers/{server_id}/os-interface/{port_id}' },
  'os_compute_api:os-console-auth-tokens': { rule: 'rule:context_is_admin', scopes, about: 'GET /os-console-auth-tokens/{console_token}' },
  'os_compute_api:os-remote-consoles': { rule: write, scopes, about: 'POST /servers/{server_id}/action' },
  'os_compute_api:os-security-groups:list': { rule: read, scopes, about: 'GET /servers/{server_id}/os-security-groups' },
  'os_compute_api:os-volumes-attachments:index': { rule: read, scopes, about: 'GET /servers/{server_id}/os-volume_attachments' },
  'os_compute_api:os-volumes-attachments:create': { rule: write, scopes, about: 'POST /servers/{server_id}/os-volume_attachments' },
  'os_compute_api:os-volumes-attachments:show': { rule: read, scopes, about: 'GET /servers/{server_id}/os-volume_attachments/{volume_id}' },
  'os_compute_api:os-volumes-attachments:swap': { rule: 'rule:context_is_admin', scopes, about: 'PUT /servers/{server_id}/os-volume_attachments/{volume_id}' },
  'os_compute_api:os-volumes-attachments:delete': { rule: write, scopes, about: 'DELETE /servers/{server_id}/os-volume_attachments/{volume_id}' },
  'os_compute_api:servers:allow_all_filters': { rule: 'rule:context_is_admin', scopes, about: 'filters of lists of servers that are for operators' },
} as const satisfies Record<string, PolicyDefault>
