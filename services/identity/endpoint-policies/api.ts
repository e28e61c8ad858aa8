import type { Cause } from '@kilonova/platform/cause.ts'
import { anything, object, text } from '@kilonova/platform/http/shape.ts'
import { type ItemView, shows } from '@kilonova/platform/http/view.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import type { PolicyDocument } from '../policy-documents/policy-document.ts'
import { endpoint, listView, view } from '../versions.ts'
import type { Place } from './endpoint-policy.ts'
import type { EndpointPolicyLogic } from './logic.ts'

/** How an endpoint looks; routes.ts hands it over. */
export interface Neighbours {
  readonly endpoint: ItemView<Endpoint>
}

const shown = shows<PolicyDocument>()
// biome-ignore format: a table of fields
const policyView = view('policy', {
  id:    shown(text(),   policy => policy.id),
  type:  shown(text(),   policy => policy.type),
  blob:  shown(anything, policy => policy.blob),
  // NOTE: Keystone links to it as if it were an endpoint.
  links: shown(object({ self: text() }), (policy, { base }) => ({ self: `${base}/v3/endpoints/${policy.id}` })),
}, policy => policy.extra)

const root = '/v3/policies/{policy_id}/OS-ENDPOINT-POLICY'

// biome-ignore format: a table per route
export const endpointPolicyApi = (logic: EndpointPolicyLogic, views: Neighbours) => [
  endpoint('GET /v3/endpoints/{endpoint_id}/OS-ENDPOINT-POLICY/policy', {
    summary: 'Show the policy document that is for an endpoint',
    policy:  'identity:get_policy_for_endpoint',
    status:  200,
    view:    policyView,
    run:     ({ params }) => logic.getPolicyOf(params.endpoint_id),
  }),

  endpoint(`GET ${root}/endpoints`, {
    summary: 'List the endpoints a policy document is for',
    policy:  'identity:list_endpoints_for_policy',
    status:  200,
    view:    listView('endpoints', views.endpoint),
    run:     async ({ params }) => ({ items: await logic.listEndpoints(params.policy_id) }),
  }),

  ...associating(logic, 'endpoints/{endpoint_id}', 'for_endpoint', ({ endpoint_id = '' }) => ({ endpointId: endpoint_id })),
  ...associating(logic, 'services/{service_id}', 'for_service', ({ service_id = '' }) => ({ serviceId: service_id })),
  ...associating(logic, 'services/{service_id}/regions/{region_id}', 'for_region_and_service', ({ service_id = '', region_id = '' }) => ({
    serviceId: service_id,
    regionId:  region_id,
  })),
]

interface Asked {
  readonly params: { readonly policy_id: string } & Readonly<Record<string, string>>
  readonly cause: Cause
}

/** The same three verbs for each kind of place. */
// biome-ignore format: a table per route
function associating<const Path extends string, const Whom extends string>(
  logic: EndpointPolicyLogic,
  path: Path,
  whom: Whom,
  placeOf: (params: Readonly<Record<string, string>>) => Place,
) {
  return [
    endpoint(`GET ${root}/${path}`, {
      summary: 'Say whether a policy document is for this place',
      policy:  `identity:check_policy_association_${whom}`,
      status:  204,
      run:     ({ params }: Asked) => logic.check(params.policy_id, placeOf(params)),
    }),

    endpoint(`PUT ${root}/${path}`, {
      summary: 'Say that a policy document is for this place',
      policy:  `identity:create_policy_association_${whom}`,
      status:  204,
      run:     ({ params, cause }: Asked) => logic.associate(params.policy_id, placeOf(params), cause),
    }),

    endpoint(`DELETE ${root}/${path}`, {
      summary: 'Say that a policy document is not for this place any more',
      policy:  `identity:delete_policy_association_${whom}`,
      status:  204,
      run:     ({ params, cause }: Asked) => logic.dissociate(params.policy_id, placeOf(params), cause),
    }),
  ]
}
