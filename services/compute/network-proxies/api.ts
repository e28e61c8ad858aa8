import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint } from '../versions.ts'

const absent = (): never => {
  throw new Refusal('unavailable', 'Networks are asked for at the network service.')
}
const target = ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId })
const of = { until: '2.35', run: absent, target } as const
const rule = (word: string) => `os_compute_api:${word}`

/** Until 2.35 networks were also asked for here. */
// biome-ignore format: a table per route
export const networkProxyApi = [
  endpoint('GET /v2.1/os-networks', { ...of, summary: 'List networks', policy: rule('os-networks:list'), status: 200 }),
  endpoint('GET /v2.1/os-networks/{network_id}', { ...of, summary: 'Show a network', policy: rule('os-networks:show'), status: 200 }),
  endpoint('GET /v2.1/os-tenant-networks', { ...of, summary: 'List the networks of a project', policy: rule('os-tenant-networks:list'), status: 200 }),
  endpoint('GET /v2.1/os-tenant-networks/{network_id}', { ...of, summary: 'Show a network of a project', policy: rule('os-tenant-networks:show'), status: 200 }),
  endpoint('GET /v2.1/os-floating-ip-pools', { ...of, summary: 'List where floating addresses come from', policy: rule('os-floating-ip-pools'), status: 200 }),
  endpoint('GET /v2.1/os-floating-ips', { ...of, summary: 'List floating addresses', policy: rule('os-floating-ips:list'), status: 200 }),
  endpoint('POST /v2.1/os-floating-ips', { ...of, summary: 'Take a floating address', policy: rule('os-floating-ips:create'), status: 200 }),
  endpoint('GET /v2.1/os-floating-ips/{floating_ip_id}', { ...of, summary: 'Show a floating address', policy: rule('os-floating-ips:show'), status: 200 }),
  endpoint('DELETE /v2.1/os-floating-ips/{floating_ip_id}', { ...of, summary: 'Give a floating address back', policy: rule('os-floating-ips:delete'), status: 202 }),
  endpoint('GET /v2.1/os-security-groups', { ...of, summary: 'List security groups', policy: rule('os-security-groups:get'), status: 200 }),
  endpoint('POST /v2.1/os-security-groups', { ...of, summary: 'Make a security group', policy: rule('os-security-groups:create'), status: 200 }),
  endpoint('GET /v2.1/os-security-groups/{security_group_id}', { ...of, summary: 'Show a security group', policy: rule('os-security-groups:show'), status: 200 }),
  endpoint('PUT /v2.1/os-security-groups/{security_group_id}', { ...of, summary: 'Rename a security group', policy: rule('os-security-groups:update'), status: 200 }),
  endpoint('DELETE /v2.1/os-security-groups/{security_group_id}', { ...of, summary: 'Delete a security group', policy: rule('os-security-groups:delete'), status: 202 }),
  endpoint('POST /v2.1/os-security-group-rules', { ...of, summary: 'Let something through a security group', policy: rule('os-security-groups:rule:create'), status: 200 }),
  endpoint('DELETE /v2.1/os-security-group-rules/{rule_id}', { ...of, summary: 'Let it through no longer', policy: rule('os-security-groups:rule:delete'), status: 202 }),
]
