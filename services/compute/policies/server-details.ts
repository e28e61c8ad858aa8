import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

const read = 'rule:project_reader_or_admin'
const write = 'rule:project_member_or_admin'
const scopes = ['project'] as const

/** What belongs to one server: its password, metadata, tags, cables and volumes. */
// biome-ignore format: a table, one rule a line
export const serverDetailPolicies = {
  'os_compute_api:os-server-password:show':  { rule: read,  scopes, about: 'GET /servers/{server_id}/os-server-password' },
  'os_compute_api:os-server-password:clear': { rule: write, scopes, about: 'DELETE /servers/{server_id}/os-server-password' },
} as const satisfies Record<string, PolicyDefault>
