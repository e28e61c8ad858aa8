import type { May } from '@kilonova/platform/http/endpoint.ts'
import { readValue } from '../attributes/attribute/attribute.ts'
import { flag, whole } from '../attributes/attribute/kinds.ts'
import { refuseBody, refuseForbidden, refuseInvalid } from '../refusals/refusal.ts'
import { asRecord, thingIn } from '../versions/bodies.ts'
import { endpoint } from '../versions.ts'
import type { QuotaLogic } from './logic.ts'
import { countedResources, type Limits } from './quota.ts'

const limit = whole({ min: -1, max: 2_147_483_647 })
const limits = { type: 'object', properties: Object.fromEntries(countedResources.map(name => [name, { type: 'integer' }])) }
const shown = (schema: object) => ({
  rungs: [],
  schema: () => schema as Readonly<Record<string, unknown>>,
  render: (body: unknown) => body,
})
const one = shown({ type: 'object', properties: { quota: limits } })
const detail = { type: 'object', properties: { limit: { type: 'integer' }, used: { type: 'integer' }, reserved: { type: 'integer' } } }
const details = shown({
  type: 'object',
  properties: { quota: { type: 'object', properties: Object.fromEntries(countedResources.map(name => [name, detail])) } },
})
const many = shown({ type: 'object', properties: { quotas: { type: 'array', items: limits } } })
const body = {
  root: null,
  rungs: [],
  readsItself: true,
  undeclared: () => ({}),
  schema: () => ({ type: 'object', properties: { quota: limits } }),
} as const

/** A project sees its own limits; an administrator everybody's. */
function mustBeOwn(asked: { params: { project_id: string }; caller: { projectId?: string | undefined }; may: May }): void {
  if (asked.params.project_id === asked.caller.projectId || asked.may('get_quota')) return
  refuseForbidden('PolicyNotAuthorized', 'rule:get_quota is disallowed by policy')
}

const projectOf = ({ projectId }: { projectId?: string | undefined }): string =>
  projectId ?? refuseInvalid('QuotaMissingTenant', 'Tenant-id was missing from quota request.')

export const quotaApi = (quotas: QuotaLogic) => [
  endpoint('GET /v2.0/quotas', {
    summary: 'List the projects whose limits were set',
    policy: 'get_quota',
    status: 200,
    view: many,
    async run() {
      const all = await quotas.all()
      return { quotas: [...all].map(([id, limits]) => ({ ...limits, project_id: id, tenant_id: id })) }
    },
  }),
  endpoint('GET /v2.0/quotas/tenant', {
    summary: 'Whose limits are meant when nobody is named',
    policy: 'regular_user',
    status: 200,
    view: shown({ type: 'object', properties: { tenant: { type: 'object' } } }),
    run: ({ caller }) => ({ tenant: { tenant_id: projectOf(caller) } }),
  }),
  endpoint('GET /v2.0/quotas/project', {
    summary: 'Whose limits are meant when nobody is named',
    policy: 'regular_user',
    status: 200,
    view: shown({ type: 'object', properties: { project: { type: 'object' } } }),
    run: ({ caller }) => ({ project: { project_id: projectOf(caller) } }),
  }),
  endpoint('GET /v2.0/quotas/{project_id}', {
    summary: 'Show the limits of a project',
    policy: 'regular_user',
    status: 200,
    view: one,
    async run(asked) {
      mustBeOwn(asked)
      return { quota: await quotas.limitsOf(asked.params.project_id) }
    },
  }),
  endpoint('GET /v2.0/quotas/{project_id}/default', {
    summary: 'Show the limits a project has when nobody sets them',
    policy: 'regular_user',
    status: 200,
    view: one,
    run(asked) {
      mustBeOwn(asked)
      return { quota: quotas.defaults() }
    },
  }),
  endpoint('GET /v2.0/quotas/{project_id}/details.json', {
    summary: 'Show the limits of a project, and how much it has',
    policy: 'regular_user',
    status: 200,
    view: details,
    run: detailed(quotas),
  }),
  endpoint('GET /v2.0/quotas/{project_id}/details', {
    summary: 'Show the limits of a project, and how much it has',
    policy: 'regular_user',
    status: 200,
    view: details,
    run: detailed(quotas),
  }),
  endpoint('PUT /v2.0/quotas/{project_id}', {
    summary: 'Set limits of a project',
    policy: 'update_quota',
    body,
    status: 200,
    view: one,
    async run({ params, body: sent, cause }) {
      const { wish, check } = wishIn(thingIn(sent, 'quota'))
      return { quota: await quotas.update(params.project_id, wish, { check, cause }) }
    },
  }),
  endpoint('DELETE /v2.0/quotas/{project_id}', {
    summary: 'Give a project the limits that all have',
    policy: 'delete_quota',
    status: 204,
    run: ({ params, cause }) => quotas.reset(params.project_id, cause),
  }),
]

function detailed(quotas: QuotaLogic) {
  return async (asked: { params: { project_id: string }; caller: { projectId?: string | undefined }; may: May }) => {
    const { caller, params, may } = asked
    if (params.project_id !== caller.projectId && !may('context_is_admin'))
      refuseForbidden(
        'AdminRequired',
        'User does not have admin privileges: Only admin is authorized to access quotas for another project.',
      )
    const [most, used] = [await quotas.limitsOf(asked.params.project_id), await quotas.usageOf(asked.params.project_id)]
    const detail = Object.entries(most).map(([name, value]) => [name, { limit: value, used: used.get(name) ?? 0, reserved: 0 }])
    return { quota: Object.fromEntries(detail) }
  }
}

function wishIn(sent: Readonly<Record<string, unknown>>): { wish: Limits; check: boolean } {
  const { check_limit: checking = false, force: forced = false, tenant_id: _, project_id: __, ...rest } = asRecord(sent)
  const unknown = Object.keys(rest).filter(name => !countedResources.some(resource => resource === name))
  if (unknown.length > 0) refuseBody(`Unrecognized attribute(s) '${unknown.join(', ')}'`)
  const [check, force] = [readValue('check_limit', flag, checking), readValue('force', flag, forced)]
  return {
    check: check && !force,
    wish: Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, readValue(name, limit, value)])),
  }
}
