import { list, object, text } from '@kilonova/platform/http/shape.ts'
import { type Showing, shows } from '@kilonova/platform/http/view.ts'
import type { Role } from '../roles/role.ts'
import { endpoint, view } from '../versions.ts'
import type { ImpliedRoleLogic, Inference } from './logic.ts'

interface Pair {
  readonly prior: Role
  readonly implied: Role
}

const roleShape = object({ id: text(), name: text(), links: object({ self: text() }) })
const selfShape = object({ self: text() })
const brief = ({ id, name }: Role, { base }: Showing) => ({ id, name, links: { self: `${base}/v3/roles/${id}` } })
const inferenceOf = ({ prior, implies }: Inference, showing: Showing) => ({
  prior_role: brief(prior, showing),
  implies: implies.map(role => brief(role, showing)),
})

const ofPair = shows<Pair>()
// biome-ignore format: a table of fields
const pairView = view(null, {
  role_inference: ofPair(object({ prior_role: roleShape, implies: roleShape }), ({ prior, implied }, showing) =>
                    ({ prior_role: brief(prior, showing), implies: brief(implied, showing) })),
  links:          ofPair(selfShape, ({ prior, implied }, { base }) => ({ self: `${base}/v3/roles/${prior.id}/implies/${implied.id}` })),
})

const inferenceShape = object({ prior_role: roleShape, implies: list(roleShape) })
const ofInference = shows<Inference>()
// biome-ignore format: a table of fields
const inferenceView = view(null, {
  role_inference: ofInference(inferenceShape, inferenceOf),
  links:          ofInference(selfShape, ({ prior }, { base }) => ({ self: `${base}/v3/roles/${prior.id}/implies` })),
})

const inferencesView = view(null, {
  role_inferences: shows<readonly Inference[]>()(list(inferenceShape), (all, showing) => all.map(one => inferenceOf(one, showing))),
})

// biome-ignore format: a table per route
export const impliedRoleApi = (implied: ImpliedRoleLogic) => [
  endpoint('GET /v3/roles/{prior_role_id}/implies', {
    summary: 'List the roles that a role implies',
    policy:  'identity:list_implied_roles',
    status:  200,
    view:    inferenceView,
    about:   ({ params }) => implied.inferenceOf(params.prior_role_id),
    target:  ({ about }) => ({ target: { prior_role: targetOf(about.prior) } }),
    run:     ({ about }) => about,
  }),

  endpoint('PUT /v3/roles/{prior_role_id}/implies/{implied_role_id}', {
    summary: 'Let a role imply another',
    policy:  'identity:create_implied_role',
    status:  201,
    view:    pairView,
    about:   ({ params }) => implied.pair(params.prior_role_id, params.implied_role_id),
    target:  ({ about }) => ({ target: { prior_role: targetOf(about.prior), implied_role: targetOf(about.implied) } }),
    run:     ({ params, cause }) => implied.create(params.prior_role_id, params.implied_role_id, cause),
  }),

  // NOTE: Keystone answers 204 here, though the same GET answers 200.
  endpoint('HEAD /v3/roles/{prior_role_id}/implies/{implied_role_id}', {
    summary: 'Check that a role implies another',
    policy:  'identity:check_implied_role',
    status:  204,
    about:   ({ params }) => implied.pair(params.prior_role_id, params.implied_role_id),
    target:  ({ about }) => ({ target: { prior_role: targetOf(about.prior), implied_role: targetOf(about.implied) } }),
    run:     async ({ params }) => void (await implied.get(params.prior_role_id, params.implied_role_id)),
  }),

  endpoint('GET /v3/roles/{prior_role_id}/implies/{implied_role_id}', {
    summary: 'Show that a role implies another',
    policy:  'identity:get_implied_role',
    status:  200,
    view:    pairView,
    about:   ({ params }) => implied.pair(params.prior_role_id, params.implied_role_id),
    target:  ({ about }) => ({ target: { prior_role: targetOf(about.prior), implied_role: targetOf(about.implied) } }),
    run:     ({ params }) => implied.get(params.prior_role_id, params.implied_role_id),
  }),

  endpoint('DELETE /v3/roles/{prior_role_id}/implies/{implied_role_id}', {
    summary: 'Let a role no longer imply another',
    policy:  'identity:delete_implied_role',
    status:  204,
    about:   ({ params }) => implied.pair(params.prior_role_id, params.implied_role_id),
    target:  ({ about }) => ({ target: { prior_role: targetOf(about.prior), implied_role: targetOf(about.implied) } }),
    run:     ({ params, cause }) => implied.delete(params.prior_role_id, params.implied_role_id, cause),
  }),

  endpoint('GET /v3/role_inferences', {
    summary: 'List every implication',
    policy:  'identity:list_role_inference_rules',
    status:  200,
    view:    inferencesView,
    run:     () => implied.inferences(),
  }),
]

const targetOf = ({ id, name, domainId }: Role) => ({ id, name, domain_id: domainId })
