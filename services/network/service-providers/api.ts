import { describedView } from '../versions/members.ts'
import { endpoint } from '../versions.ts'

/** Who serves what kind of service; the service itself serves routers. */
export const serviceProviderApi = () => [
  endpoint('GET /v2.0/service-providers', {
    summary: 'List the providers of services',
    policy: 'get_service_provider',
    status: 200,
    view: describedView({ type: 'object', properties: { service_providers: { type: 'array', items: { type: 'object' } } } }),
    run: () => ({ service_providers: [{ service_type: 'L3_ROUTER_NAT', name: 'default', default: true }] }),
  }),
]
