import { tokenOf } from '@kilonova/platform/http/door-token.ts'
import type { May } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, either, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, listView, query, view } from '../../versions.ts'
import type { NetworkProxyLogic, SeenFloating, SeenGroup, SeenRule } from '../logic.ts'
import type { NetworkWire } from '../network-proxy.ts'

const ofAll = ['cidr', 'netmask', 'gateway', 'broadcast', 'dns1', 'dns2', 'cidr_v6', 'gateway_v6', 'netmask_v6'] as const
// biome-ignore format: a list
const ofOperators = [
  'created_at', 'updated_at', 'deleted_at', 'deleted', 'injected', 'bridge', 'vlan', 'vpn_public_address', 'vpn_public_port', 'vpn_private_address', 'dhcp_start', 'project_id',
  'host', 'bridge_interface', 'multi_host', 'priority', 'rxtx_base', 'mtu', 'dhcp_server', 'enable_dhcp', 'share_address',
] as const
interface SeenNetwork {
  readonly network: NetworkWire
  readonly isOperator: boolean
}
const shown = shows<SeenNetwork>()
const nothing = (names: readonly string[]) => Object.fromEntries(names.map(name => [name, null]))
/** Nova knows of networks no more than their names, and says so in every other field. */
const networkView = view(
  'network',
  { id: shown(text(), ({ network }) => network.id), label: shown(text(), ({ network }) => network.name) },
  ({ isOperator }) => nothing([...ofAll, ...(isOperator ? ofOperators : [])]),
)
const tenantView = view('network', {
  id: shows<NetworkWire>()(text(), one => one.id),
  label: shows<NetworkWire>()(text(), one => one.name),
  // NOTE: the word, not nothing: Nova has always answered so.
  cidr: shows<NetworkWire>()(text(), () => 'None'),
})
const poolView = view('floating_ip_pool', { name: shows<NetworkWire>()(text(), one => one.name) })
const ip = shows<SeenFloating>()
const floatingView = view('floating_ip', {
  id: ip(text(), ({ floating }) => floating.id),
  ip: ip(text(), ({ floating }) => floating.floating_ip_address),
  pool: ip(text(), ({ pool }) => pool),
  fixed_ip: ip(nullable(text()), ({ floating }) => floating.fixed_ip_address),
  instance_id: ip(nullable(text()), ({ serverId }) => serverId),
})
const ruleOf = ({ rule, ports: [from_port, to_port], group }: SeenRule) => ({
  ...{ id: rule.id, parent_group_id: rule.security_group_id, ip_protocol: rule.protocol, from_port, to_port },
  group: group ? { name: group.name, tenant_id: group.tenant_id } : {},
  ip_range: group ? {} : { cidr: rule.remote_ip_prefix ?? '0.0.0.0/0' },
})
const ruleShape = object({ id: text() }, { extra: 'keep' })
const groupCells = shows<SeenGroup>()
export const groupView = view('security_group', {
  id: groupCells(text(), ({ group }) => group.id),
  name: groupCells(text(), ({ group }) => group.name),
  description: groupCells(text(), ({ group }) => group.description),
  tenant_id: groupCells(text(), ({ group }) => group.tenant_id),
  rules: groupCells(list(ruleShape), ({ rules }) => rules.map(ruleOf)),
})
const ruleView = view('security_group_rule', {}, ruleOf)

const groupBody = body('security_group', { name: required(text({ max: 255 })), description: required(text({ max: 255 })) })
const number = optional(nullable(either(integer(), text())))
// biome-ignore format: a table of fields
const ruleBody = body('security_group_rule', {
  parent_group_id: required(text()),
  ip_protocol: optional(nullable(text())), from_port: number, to_port: number, cidr: optional(nullable(text())), group_id: optional(nullable(text())),
})
const portOf = (value: number | string | null | undefined): number | undefined => {
  if (value == null || value === '') return undefined
  if (!/^-?\d+$/.test(String(value))) throw new Refusal('invalid', 'To and From ports must be integers')
  return Number(value)
}

const target = ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId })
const rule = (word: string) => `os_compute_api:${word}`
const upTo = { until: '2.35', status: 200, target } as const

/** Until 2.35 networks were also asked for here. */
// biome-ignore format: a table per route
export const networkProxyApi = (networks: NetworkProxyLogic) => {
  const isOperator = (may: May) => may('context_is_admin')
  return [
    endpoint('GET /v2.1/os-networks', {
      ...upTo, summary: 'List networks', policy: rule('os-networks:list'), view: listView('networks', networkView),
      run: async ({ door, may }) => ({ items: (await networks.networks(tokenOf(door))).map(network => ({ network, isOperator: isOperator(may) })) }),
    }),
    endpoint('GET /v2.1/os-networks/{network_id}', {
      ...upTo, summary: 'Show a network', policy: rule('os-networks:show'), view: networkView,
      run: async ({ door, params, may }) => ({ network: await networks.network(tokenOf(door), params.network_id), isOperator: isOperator(may) }),
    }),
    endpoint('GET /v2.1/os-tenant-networks', {
      ...upTo, summary: 'List the networks of a project', policy: rule('os-tenant-networks:list'), view: listView('networks', tenantView),
      run: async ({ door }) => ({ items: await networks.networks(tokenOf(door)) }),
    }),
    endpoint('GET /v2.1/os-tenant-networks/{network_id}', {
      ...upTo, summary: 'Show a network of a project', policy: rule('os-tenant-networks:show'), view: tenantView,
      run: ({ door, params }) => networks.network(tokenOf(door), params.network_id),
    }),
    endpoint('GET /v2.1/os-floating-ip-pools', {
      ...upTo, summary: 'List where floating addresses come from', policy: rule('os-floating-ip-pools'), view: listView('floating_ip_pools', poolView),
      run: async ({ door }) => ({ items: await networks.pools(tokenOf(door)) }),
    }),
    endpoint('GET /v2.1/os-floating-ips', {
      ...upTo, summary: 'List floating addresses', policy: rule('os-floating-ips:list'), view: listView('floating_ips', floatingView),
      run: async ({ door }) => ({ items: await networks.floatings(tokenOf(door)) }),
    }),
    endpoint('POST /v2.1/os-floating-ips', {
      ...upTo, summary: 'Take a floating address', policy: rule('os-floating-ips:create'), body: body(null, { pool: optional(nullable(text())) }), view: floatingView,
      run: ({ door, body }) => networks.takeFloating(tokenOf(door), body.pool ?? undefined),
    }),
    endpoint('GET /v2.1/os-floating-ips/{floating_ip_id}', {
      ...upTo, summary: 'Show a floating address', policy: rule('os-floating-ips:show'), view: floatingView,
      run: ({ door, params }) => networks.floating(tokenOf(door), params.floating_ip_id),
    }),
    endpoint('DELETE /v2.1/os-floating-ips/{floating_ip_id}', {
      ...upTo, summary: 'Give a floating address back', policy: rule('os-floating-ips:delete'), status: 202,
      run: ({ door, params }) => networks.dropFloating(tokenOf(door), params.floating_ip_id),
    }),
    endpoint('GET /v2.1/os-security-groups', {
      ...upTo, summary: 'List security groups', policy: rule('os-security-groups:get'), view: listView('security_groups', groupView),
      query: query({ all_tenants: optional(anything), limit: optional(integer({ min: 0 })), offset: optional(integer({ min: 0 })) }),
      async run({ door, caller, query: { all_tenants, limit = 1000, offset = 0 }, may }) {
        const isForAll = all_tenants !== undefined && isOperator(may)
        const found = await networks.groups(tokenOf(door), isForAll ? undefined : caller.projectId)
        return { items: found.slice(offset, offset + (limit || 1000)) }
      },
    }),
    endpoint('POST /v2.1/os-security-groups', {
      ...upTo, summary: 'Make a security group', policy: rule('os-security-groups:create'), body: groupBody, view: groupView,
      run: ({ door, body }) => networks.makeGroup(tokenOf(door), body),
    }),
    endpoint('GET /v2.1/os-security-groups/{security_group_id}', {
      ...upTo, summary: 'Show a security group', policy: rule('os-security-groups:show'), view: groupView,
      run: ({ door, params }) => networks.group(tokenOf(door), params.security_group_id),
    }),
    endpoint('PUT /v2.1/os-security-groups/{security_group_id}', {
      ...upTo, summary: 'Rename a security group', policy: rule('os-security-groups:update'), body: groupBody, view: groupView,
      run: ({ door, params, body }) => networks.changeGroup(tokenOf(door), params.security_group_id, body),
    }),
    endpoint('DELETE /v2.1/os-security-groups/{security_group_id}', {
      ...upTo, summary: 'Delete a security group', policy: rule('os-security-groups:delete'), status: 202,
      run: ({ door, params }) => networks.dropGroup(tokenOf(door), params.security_group_id),
    }),
    endpoint('POST /v2.1/os-security-group-rules', {
      ...upTo, summary: 'Let something through a security group', policy: rule('os-security-groups:rule:create'), body: ruleBody, view: ruleView,
      run: ({ door, body }) => networks.makeRule(tokenOf(door), {
        parentGroupId: body.parent_group_id, protocol: body.ip_protocol ?? undefined, from: portOf(body.from_port), to: portOf(body.to_port),
        cidr: body.cidr ?? undefined, groupId: body.group_id ?? undefined }),
    }),
    endpoint('DELETE /v2.1/os-security-group-rules/{rule_id}', {
      ...upTo, summary: 'Let it through no longer', policy: rule('os-security-groups:rule:delete'), status: 202,
      run: ({ door, params }) => networks.dropRule(tokenOf(door), params.rule_id),
    }),
  ]
}
