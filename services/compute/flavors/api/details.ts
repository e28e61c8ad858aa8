import { tokenOf } from '@kilonova/platform/http/door-token.ts'
import { required } from '@kilonova/platform/http/fields.ts'
import { dictionary, either, integer, decimal, list, object, text, type ValueOf } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, plainBody, since, view } from '../../versions.ts'
import type { ProjectLogic } from '../../projects/logic.ts'
import type { FlavorLogic } from '../logic.ts'
import { checkExtraSpecs } from '../../extra-specs/logic.ts'
import { specOf } from '../logic.ts'

const specs = dictionary(either(text({ max: 255 }), integer(), decimal()), { key: '^[a-zA-Z0-9-_:. ]{1,255}$' })
type Specs = ValueOf<typeof specs>
const texts = (given: Specs) => Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]))

const specsView = view(null, { extra_specs: shows<Readonly<Record<string, string>>>()(dictionary(text()), specs => specs) })
const oneSpecView = view<Readonly<Record<string, string>>>(null, {}, one => one)
interface Given {
  readonly id: string
  readonly projects: readonly string[]
}
const accessView = view(null, {
  flavor_access: shows<Given>()(list(object({ flavor_id: text(), tenant_id: text() })), ({ id, projects }) =>
    projects.map(tenant_id => ({ flavor_id: id, tenant_id })),
  ),
})
const tenant = { tenant: required(text({ min: 1, max: 255, pattern: '^[a-zA-Z0-9-]*$' })) }

const checked = since('2.86', true)
const ofCaller = ({ caller }: { caller: { projectId?: string | undefined } }) => ({ project_id: caller.projectId })

/** What a flavor demands of hosts, and who may use one that is not public. */
// biome-ignore format: a table per route
export const flavorDetailApi = (flavors: FlavorLogic, projects: ProjectLogic) => [
  endpoint('GET /v2.1/flavors/{flavor_id}/os-extra_specs', {
    summary: 'List the extra specs of a flavor',
    policy:  'os_compute_api:os-flavor-extra-specs:index',
    target:  ofCaller,
    status:  200,
    view:    specsView,
    run:     async ({ params }) => (await flavors.get(params.flavor_id)).extraSpecs,
  }),

  endpoint('POST /v2.1/flavors/{flavor_id}/os-extra_specs', {
    summary: 'Add extra specs to a flavor',
    policy:  'os_compute_api:os-flavor-extra-specs:create',
    body:    body(null, { extra_specs: required(specs) }),
    status:  200,
    view:    specsView,
    async run({ params, body, cause, at }) {
      const added = texts(body.extra_specs)
      if (at(checked)) checkExtraSpecs(added)
      await flavors.addSpecs(params.flavor_id, added, cause)
      return added
    },
  }),

  endpoint('GET /v2.1/flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}', {
    summary: 'Show one extra spec of a flavor',
    policy:  'os_compute_api:os-flavor-extra-specs:show',
    target:  ofCaller,
    status:  200,
    view:    oneSpecView,
    async run({ params }) {
      const name = params.flavor_extra_spec_key
      return { [name]: specOf(await flavors.get(params.flavor_id), name) }
    },
  }),

  endpoint('PUT /v2.1/flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}', {
    summary: 'Change one extra spec of a flavor',
    policy:  'os_compute_api:os-flavor-extra-specs:update',
    body:    plainBody<Specs>(null, { ...specs.schema, minProperties: 1, maxProperties: 1 }),
    status:  200,
    view:    oneSpecView,
    async run({ params, body, cause, at }) {
      const changed = texts(body)
      if (at(checked)) checkExtraSpecs(changed)
      if (!Object.hasOwn(changed, params.flavor_extra_spec_key)) throw new Refusal('invalid', 'Request body and URI mismatch')
      await flavors.addSpecs(params.flavor_id, changed, cause)
      return changed
    },
  }),

  endpoint('DELETE /v2.1/flavors/{flavor_id}/os-extra_specs/{flavor_extra_spec_key}', {
    summary: 'Remove one extra spec of a flavor',
    policy:  'os_compute_api:os-flavor-extra-specs:delete',
    status:  200,
    run:     async ({ params, cause }) => void (await flavors.removeSpec(params.flavor_id, params.flavor_extra_spec_key, cause)),
  }),

  endpoint('GET /v2.1/flavors/{flavor_id}/os-flavor-access', {
    summary: 'List the projects that may use a flavor that is not public',
    policy:  'os_compute_api:os-flavor-access',
    status:  200,
    view:    accessView,
    run:     async ({ params: { flavor_id: id } }) => ({ id, projects: await flavors.projectsOf(id) }),
  }),

  endpoint('POST /v2.1/flavors/{flavor_id}/action', {
    summary: 'Give a flavor to a project',
    policy:  'os_compute_api:os-flavor-access:add_tenant_access',
    action:  'addTenantAccess',
    body:    body('addTenantAccess', tenant),
    status:  200,
    view:    accessView,
    async run({ params: { flavor_id: id }, body, cause, at, caller, door }) {
      await projects.mustBe(body.tenant, { projectId: caller.projectId, token: tokenOf(door) })
      return { id, projects: await flavors.give(id, body.tenant, at(since('2.7', true)) ?? false, cause) }
    },
  }),

  endpoint('POST /v2.1/flavors/{flavor_id}/action', {
    summary: 'Take a flavor from a project',
    policy:  'os_compute_api:os-flavor-access:remove_tenant_access',
    action:  'removeTenantAccess',
    body:    body('removeTenantAccess', tenant),
    status:  200,
    view:    accessView,
    run:     async ({ params: { flavor_id: id }, body, cause }) => ({ id, projects: await flavors.take(id, body.tenant, cause) }),
  }),
]
