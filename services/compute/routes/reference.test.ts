import { type Declared, stubLogics } from '@kilonova/platform/http/declared.ts'
import { flat } from '@kilonova/platform/http/openapi.ts'
import { expect, test } from 'vitest'
import { type Logics, routes } from '../routes.ts'
import { versions } from '../versions.ts'

/** Every path of OpenStack's own description of this API, and how it may be asked. */
// biome-ignore format: a table, one path a line
const reference: readonly (readonly [path: string, methods: string])[] = [
  ['/', 'GET'],
  ['/versions/{id}', 'GET'],
  ['/extensions', 'GET'],
  ['/extensions/{id}', 'GET'],
  ['/flavors', 'GET POST'],
  ['/flavors/detail', 'GET'],
  ['/flavors/{id}', 'GET DELETE PUT'],
  ['/flavors/{id}/action', 'POST'],
  ['/flavors/{flavor_id}/os-extra_specs', 'GET POST'],
  ['/flavors/{flavor_id}/os-extra_specs/{id}', 'GET DELETE PUT'],
  ['/flavors/{flavor_id}/os-flavor-access', 'GET'],
  ['/images', 'GET'],
  ['/images/detail', 'GET'],
  ['/images/{id}', 'GET DELETE'],
  ['/images/{image_id}/metadata', 'GET POST PUT'],
  ['/images/{image_id}/metadata/{id}', 'GET DELETE PUT'],
  ['/limits', 'GET'],
  ['/os-agents', 'GET POST'],
  ['/os-agents/{id}', 'DELETE PUT'],
  ['/os-aggregates', 'GET POST'],
  ['/os-aggregates/{id}', 'GET DELETE PUT'],
  ['/os-aggregates/{id}/action', 'POST'],
  ['/os-aggregates/{id}/images', 'POST'],
  ['/os-assisted-volume-snapshots', 'POST'],
  ['/os-assisted-volume-snapshots/{id}', 'DELETE'],
  ['/os-availability-zone', 'GET'],
  ['/os-availability-zone/detail', 'GET'],
  ['/os-baremetal-nodes', 'GET POST'],
  ['/os-baremetal-nodes/{id}', 'GET DELETE'],
  ['/os-baremetal-nodes/{id}/action', 'POST'],
  ['/os-cells', 'GET POST'],
  ['/os-cells/capacities', 'GET'],
  ['/os-cells/detail', 'GET'],
  ['/os-cells/info', 'GET'],
  ['/os-cells/sync_instances', 'POST'],
  ['/os-cells/{id}', 'GET DELETE PUT'],
  ['/os-cells/{id}/capacities', 'GET'],
  ['/os-certificates', 'POST'],
  ['/os-certificates/{id}', 'GET'],
  ['/os-cloudpipe', 'GET POST'],
  ['/os-cloudpipe/{id}', 'PUT'],
  ['/os-console-auth-tokens/{id}', 'GET'],
  ['/os-fixed-ips/{id}', 'GET'],
  ['/os-fixed-ips/{id}/action', 'POST'],
  ['/os-floating-ip-dns', 'GET'],
  ['/os-floating-ip-dns/{id}', 'DELETE PUT'],
  ['/os-floating-ip-dns/{domain_id}/entries/{id}', 'GET DELETE PUT'],
  ['/os-floating-ip-pools', 'GET'],
  ['/os-floating-ips', 'GET POST'],
  ['/os-floating-ips/{id}', 'GET DELETE'],
  ['/os-floating-ips-bulk', 'GET POST'],
  ['/os-floating-ips-bulk/{id}', 'GET PUT'],
  ['/os-fping', 'GET'],
  ['/os-fping/{id}', 'GET'],
  ['/os-hosts', 'GET'],
  ['/os-hosts/{id}', 'GET PUT'],
  ['/os-hosts/{id}/reboot', 'GET'],
  ['/os-hosts/{id}/shutdown', 'GET'],
  ['/os-hosts/{id}/startup', 'GET'],
  ['/os-hypervisors', 'GET'],
  ['/os-hypervisors/detail', 'GET'],
  ['/os-hypervisors/statistics', 'GET'],
  ['/os-hypervisors/{id}', 'GET'],
  ['/os-hypervisors/{id}/search', 'GET'],
  ['/os-hypervisors/{id}/servers', 'GET'],
  ['/os-hypervisors/{id}/uptime', 'GET'],
  ['/os-instance_usage_audit_log', 'GET'],
  ['/os-instance_usage_audit_log/{id}', 'GET'],
  ['/os-keypairs', 'GET POST'],
  ['/os-keypairs/{id}', 'GET DELETE'],
  ['/os-migrations', 'GET'],
  ['/os-networks', 'GET POST'],
  ['/os-networks/add', 'POST'],
  ['/os-networks/{id}', 'GET DELETE'],
  ['/os-networks/{id}/action', 'POST'],
  ['/os-quota-class-sets/{id}', 'GET PUT'],
  ['/os-quota-sets/{id}', 'GET DELETE PUT'],
  ['/os-quota-sets/{id}/detail', 'GET'],
  ['/os-quota-sets/{id}/defaults', 'GET'],
  ['/os-security-group-default-rules', 'GET POST'],
  ['/os-security-group-default-rules/{id}', 'GET DELETE'],
  ['/os-security-group-rules', 'POST'],
  ['/os-security-group-rules/{id}', 'DELETE'],
  ['/os-security-groups', 'GET POST'],
  ['/os-security-groups/{id}', 'GET DELETE PUT'],
  ['/os-server-external-events', 'POST'],
  ['/os-server-groups', 'GET POST'],
  ['/os-server-groups/{id}', 'GET DELETE'],
  ['/os-services', 'GET'],
  ['/os-services/{id}', 'DELETE PUT'],
  ['/os-simple-tenant-usage', 'GET'],
  ['/os-simple-tenant-usage/{id}', 'GET'],
  ['/os-snapshots', 'GET POST'],
  ['/os-snapshots/detail', 'GET'],
  ['/os-snapshots/{id}', 'GET DELETE'],
  ['/os-tenant-networks', 'GET POST'],
  ['/os-tenant-networks/{id}', 'GET DELETE'],
  ['/os-volumes', 'GET POST'],
  ['/os-volumes/detail', 'GET'],
  ['/os-volumes/{id}', 'GET DELETE'],
  ['/os-volumes_boot', 'GET POST'],
  ['/os-volumes_boot/detail', 'GET'],
  ['/os-volumes_boot/{id}', 'GET DELETE PUT'],
  ['/os-volumes_boot/{id}/action', 'POST'],
  ['/servers', 'GET POST'],
  ['/servers/detail', 'GET'],
  ['/servers/{id}', 'GET DELETE PUT'],
  ['/servers/{id}/action', 'POST'],
  ['/servers/{server_id}/consoles', 'GET POST'],
  ['/servers/{server_id}/consoles/{id}', 'GET DELETE'],
  ['/servers/{server_id}/diagnostics', 'GET'],
  ['/servers/{server_id}/ips', 'GET'],
  ['/servers/{server_id}/ips/{id}', 'GET'],
  ['/servers/{server_id}/metadata', 'GET POST PUT'],
  ['/servers/{server_id}/metadata/{id}', 'GET DELETE PUT'],
  ['/servers/{server_id}/migrations', 'GET'],
  ['/servers/{server_id}/migrations/{id}', 'GET DELETE'],
  ['/servers/{server_id}/migrations/{id}/action', 'POST'],
  ['/servers/{server_id}/os-instance-actions', 'GET'],
  ['/servers/{server_id}/os-instance-actions/{id}', 'GET'],
  ['/servers/{server_id}/os-interface', 'GET POST'],
  ['/servers/{server_id}/os-interface/{id}', 'GET DELETE'],
  ['/servers/{server_id}/os-server-password', 'GET DELETE'],
  ['/servers/{server_id}/os-virtual-interfaces', 'GET'],
  ['/servers/{server_id}/os-volume_attachments', 'GET POST'],
  ['/servers/{server_id}/os-volume_attachments/{id}', 'GET DELETE PUT'],
  ['/servers/{server_id}/remote-consoles', 'POST'],
  ['/servers/{server_id}/os-security-groups', 'GET'],
  ['/servers/{server_id}/tags', 'GET DELETE PUT'],
  ['/servers/{server_id}/tags/{id}', 'GET DELETE PUT'],
  ['/servers/{server_id}/topology', 'GET'],
]

const shape = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}').replace(/\/$/, '')
const endpoints: Declared['endpoints'] = routes(stubLogics<Logics>())
const served = new Set(flat(endpoints).map(({ method, path }) => `${method} ${shape(path)}`))
/** The versions of the API have an address of their own, which needs no id. */
const elsewhere = ['GET /v2.1/versions/{}']

test('every path of the reference is answered by somebody', () => {
  const wanted = reference.flatMap(([path, methods]) => methods.split(' ').map(method => `${method} /v2.1${shape(path)}`))
  expect(wanted.filter(one => !served.has(one) && !elsewhere.includes(one))).toEqual([])
})

test('every action that servers ever had is an action here', () => {
  // biome-ignore format: a list
  const words = [
    'addFixedIp', 'addFloatingIp', 'addSecurityGroup', 'changePassword', 'confirmResize', 'createBackup', 'createImage', 'evacuate', 'forceDelete', 'injectNetworkInfo', 'lock',
    'migrate', 'os-getConsoleOutput', 'os-getRDPConsole', 'os-getSPICEConsole', 'os-getSerialConsole', 'os-getVNCConsole', 'os-migrateLive', 'os-resetState', 'os-start', 'os-stop',
    'pause', 'reboot', 'rebuild', 'removeFixedIp', 'removeFloatingIp', 'removeSecurityGroup', 'rescue', 'resetNetwork', 'resize', 'restore', 'resume', 'revertResize', 'shelve',
    'shelveOffload', 'suspend', 'trigger_crash_dump', 'unlock', 'unpause', 'unrescue', 'unshelve',
  ]
  const there = new Set(
    flat(endpoints).flatMap(({ action, path }) => (path === '/v2.1/servers/{server_id}/action' && action !== undefined ? [action] : [])),
  )
  expect(words.filter(word => !there.has(word))).toEqual([])
})

test('the ladder ends where the reference does', () => {
  expect(versions.latest).toBe('2.96')
})
