import { optional } from '@kilonova/platform/http/fields.ts'
import { list, text } from '@kilonova/platform/http/shape.ts'
import { ownTarget, viewerOf } from '../versions/collection.ts'
import { describedView } from '../versions/members.ts'
import { endpoint, query } from '../versions.ts'
import type { IpAvailability } from './ip-availability.ts'
import type { AvailabilityLogic } from './logic.ts'

/** NOTE: the totals of IPv6 pools do not fit a JSON number exactly; Neutron writes them as numbers all the same. */
const wireOf = ({ networkId, networkName, projectId, total, used, subnets }: IpAvailability) => ({
  network_id: networkId,
  network_name: networkName,
  project_id: projectId,
  tenant_id: projectId,
  total_ips: Number(total),
  used_ips: used,
  subnet_ip_availability: subnets.map(subnet => ({
    subnet_id: subnet.id,
    subnet_name: subnet.name,
    cidr: subnet.cidr,
    ip_version: subnet.ipVersion,
    total_ips: Number(subnet.total),
    used_ips: subnet.used,
  })),
})

const texts = optional(list(text()))

export const availabilityApi = (availabilities: AvailabilityLogic) => [
  endpoint('GET /v2.0/network-ip-availabilities', {
    summary: 'List how many addresses networks have left',
    policy: 'get_network_ip_availability',
    query: query({ network_id: texts, network_name: texts, project_id: texts, tenant_id: texts, ip_version: texts }),
    status: 200,
    view: describedView({ type: 'object', properties: { network_ip_availabilities: { type: 'array', items: { type: 'object' } } } }),
    target: ({ caller }) => ownTarget(caller),
    async run({ query: asked, ...more }) {
      const { network_id, network_name, ip_version } = asked
      const project = asked.project_id ?? asked.tenant_id
      const filters = {
        ...(network_id ? { id: network_id } : {}),
        ...(network_name ? { name: network_name } : {}),
        ...(project ? { project_id: project } : {}),
      }
      const found = await availabilities.list(filters, (ip_version ?? []).map(Number), viewerOf(more))
      return { network_ip_availabilities: found.map(wireOf) }
    },
  }),
  endpoint('GET /v2.0/network-ip-availabilities/{network_id}', {
    summary: 'Show how many addresses a network has left',
    policy: 'get_network_ip_availability',
    status: 200,
    view: describedView({ type: 'object', properties: { network_ip_availability: { type: 'object' } } }),
    async run({ params, ...asked }) {
      return { network_ip_availability: wireOf(await availabilities.get(params.network_id, viewerOf(asked))) }
    },
  }),
]
