import { refuseBody } from '../refusals/refusal.ts'
import { asRecord } from '../versions/bodies.ts'
import { collection, ownTarget, viewerOf } from '../versions/collection.ts'
import { describedView, rawBody } from '../versions/members.ts'
import { wireOf } from '../versions/showing.ts'
import { endpoint } from '../versions.ts'
import { type Flavor, flavorAttributes, profileAttributes, type ServiceProfile } from './flavor/flavor.ts'
import type { FlavorLogic } from './logic.ts'

/** Flavors belong to nobody: whoever has a project may look at them. */
const toAll = async (wires: readonly object[], { projectId }: { readonly projectId: string | undefined }) =>
  wires.map(() => ({ project_id: projectId, tenant_id: projectId }))

export const flavorApi = (logic: FlavorLogic) => [
  ...collection<Flavor>({
    name: 'flavor',
    plural: 'flavors',
    path: '/v2.0/flavors',
    words: { one: 'a flavor', many: 'the flavors' },
    attributes: flavorAttributes,
    logic: logic.flavors,
    besides: toAll,
  }),
  ...collection<ServiceProfile>({
    name: 'service_profile',
    plural: 'service_profiles',
    path: '/v2.0/service_profiles',
    words: { one: 'a service profile', many: 'the service profiles' },
    attributes: profileAttributes,
    logic: logic.profiles,
  }),
  endpoint('POST /v2.0/flavors/{flavor_id}/service_profiles', {
    summary: 'Give a flavor a service profile',
    policy: 'create_flavor_service_profile',
    body: rawBody({ type: 'object', properties: { service_profile: { type: 'object', properties: { id: { type: 'string' } } } } }),
    status: 201,
    view: describedView({ type: 'object', properties: { service_profile: { type: 'object' } } }),
    target: ({ caller }) => ownTarget(caller),
    async run({ params, body, cause, ...asked }) {
      const { id } = asRecord(asRecord(body)['service_profile'])
      if (typeof id !== 'string') return refuseBody("Unable to find 'service_profile' in request body")
      const profile = await logic.give(params.flavor_id, id, { cause, viewer: viewerOf(asked), within: {} })
      return { service_profile: wireOf(profile, profileAttributes) }
    },
  }),
  endpoint('DELETE /v2.0/flavors/{flavor_id}/service_profiles/{profile_id}', {
    summary: 'Take a service profile from a flavor',
    policy: 'delete_flavor_service_profile',
    status: 204,
    run: async ({ params, cause, ...asked }) =>
      void (await logic.take(params.flavor_id, params.profile_id, { cause, viewer: viewerOf(asked), within: {} })),
  }),
]
