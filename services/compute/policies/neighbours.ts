import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'

const [admin, read, write] = ['rule:context_is_admin', 'rule:project_reader_or_admin', 'rule:project_member_or_admin']
const scopes = ['project'] as const

/** What is asked for at other services by now, and what nobody serves any more. */
// biome-ignore format: a table, one rule a line
export const neighbourPolicies = {
  'network:attach_external_network':            { rule: admin, scopes, about: 'a server is plugged into a network that leads out and is not shared' },
  'os_compute_api:gone':                        { rule: '',    scopes, about: 'whatever Nova served once and serves no more' },
  'os_compute_api:images:read':               { rule: '',    scopes, about: 'GET /images' },
  'os_compute_api:images:write':              { rule: write, scopes, about: 'DELETE /images/{image_id}' },
  'os_compute_api:os-baremetal-nodes:list':     { rule: admin, scopes, about: 'GET /os-baremetal-nodes' },
  'os_compute_api:os-baremetal-nodes:show':     { rule: admin, scopes, about: 'GET /os-baremetal-nodes/{node_id}' },
  'os_compute_api:os-baremetal-nodes:change':   { rule: '',    scopes, about: 'whatever would change a bare machine: it is refused to all alike' },
  'os_compute_api:os-volumes:list':             { rule: read,  scopes, about: 'GET /os-volumes' },
  'os_compute_api:os-volumes:create':           { rule: write, scopes, about: 'POST /os-volumes' },
  'os_compute_api:os-volumes:detail':           { rule: read,  scopes, about: 'GET /os-volumes/detail' },
  'os_compute_api:os-volumes:show':             { rule: read,  scopes, about: 'GET /os-volumes/{volume_id}' },
  'os_compute_api:os-volumes:delete':           { rule: write, scopes, about: 'DELETE /os-volumes/{volume_id}' },
  'os_compute_api:os-volumes:snapshots:list':   { rule: read,  scopes, about: 'GET /os-snapshots' },
  'os_compute_api:os-volumes:snapshots:create': { rule: write, scopes, about: 'POST /os-snapshots' },
  'os_compute_api:os-volumes:snapshots:detail': { rule: read,  scopes, about: 'GET /os-snapshots/detail' },
  'os_compute_api:os-volumes:snapshots:show':   { rule: read,  scopes, about: 'GET /os-snapshots/{snapshot_id}' },
  'os_compute_api:os-volumes:snapshots:delete': { rule: write, scopes, about: 'DELETE /os-snapshots/{snapshot_id}' },
  'os_compute_api:os-floating-ip-pools': { rule: '', scopes, about: 'GET /os-floating-ip-pools' },
  'os_compute_api:os-floating-ips:list': { rule: read, scopes, about: 'GET /os-floating-ips' },
  'os_compute_api:os-floating-ips:create': { rule: write, scopes, about: 'POST /os-floating-ips' },
  'os_compute_api:os-floating-ips:show': { rule: read, scopes, about: 'GET /os-floating-ips/{floating_ip_id}' },
  'os_compute_api:os-floating-ips:delete': { rule: write, scopes, about: 'DELETE /os-floating-ips/{floating_ip_id}' },
  'os_compute_api:os-networks:list': { rule: read, scopes, about: 'GET /os-networks' },
  'os_compute_api:os-networks:show': { rule: read, scopes, about: 'GET /os-networks/{network_id}' },
  'os_compute_api:os-security-groups:get': { rule: read, scopes, about: 'GET /os-security-groups' },
  'os_compute_api:os-security-groups:show': { rule: read, scopes, about: 'GET /os-security-groups/{security_group_id}' },
  'os_compute_api:os-security-groups:create': { rule: write, scopes, about: 'POST /os-security-groups' },
  'os_compute_api:os-security-groups:update': { rule: write, scopes, about: 'PUT /os-security-groups/{security_group_id}' },
  'os_compute_api:os-security-groups:delete': { rule: write, scopes, about: 'DELETE /os-security-groups/{security_group_id}' },
  'os_compute_api:os-security-groups:rule:create': { rule: write, scopes, about: 'POST /os-security-group-rules' },
  'os_compute_api:os-security-groups:rule:delete': { rule: write, scopes, about: 'DELETE /os-security-group-rules/{security_group_id}' },
  'os_compute_api:os-tenant-networks:list': { rule: 'rule:project_reader_api', scopes, about: 'GET /os-tenant-networks' },
  'os_compute_api:os-tenant-networks:show': { rule: 'rule:project_reader_api', scopes, about: 'GET /os-tenant-networks/{network_id}' },
} as const satisfies Record<string, PolicyDefault>
