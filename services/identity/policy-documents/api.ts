import { optional, required } from '@kilonova/platform/http/fields.ts'
import { object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { fits } from '../filters/filter.ts'
import { mustSaySomething } from '../wishes/wish.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { PolicyDocumentLogic } from './logic.ts'
import type { PolicyDocument } from './policy-document.ts'

const id = text()
const type = text({ max: 255 })
const createBody = body('policy', { id: optional(id), blob: required(text()), type: required(type) }, { extra: 'keep' })
const updateBody = body('policy', { id: optional(id), blob: optional(text()), type: optional(type) }, { extra: 'keep' })

const shown = shows<PolicyDocument>()
// biome-ignore format: a table of fields
const policyView = view('policy', {
  id:    shown(text(), policy => policy.id),
  type:  shown(text(), policy => policy.type),
  blob:  shown(text(), policy => policy.blob),
  links: shown(object({ self: text() }), (policy, { base }) => ({ self: `${base}/v3/policies/${policy.id}` })),
}, policy => policy.extra)

// biome-ignore format: a table per route
export const policyDocumentApi = (policies: PolicyDocumentLogic) => [
  endpoint('GET /v3/policies', {
    summary: 'List the policy documents',
    policy:  'identity:list_policies',
    query:   query({ type: optional(text()) }),
    status:  200,
    view:    listView('policies', policyView),
    run:     async ({ query }) => ({ items: (await policies.list()).filter(fits(query, { type: policy => policy.type })) }),
  }),

  endpoint('POST /v3/policies', {
    summary: 'Create a policy document',
    policy:  'identity:create_policy',
    body:    createBody,
    status:  201,
    view:    policyView,
    run:     ({ body, cause }) => policies.create({ blob: body.blob, type: body.type, extra: createBody.undeclared(body) }, cause),
  }),

  endpoint('GET /v3/policies/{policy_id}', {
    summary: 'Show a policy document',
    policy:  'identity:get_policy',
    status:  200,
    view:    policyView,
    run:     ({ params }) => policies.get(params.policy_id),
  }),

  endpoint('PATCH /v3/policies/{policy_id}', {
    summary: 'Change a policy document',
    policy:  'identity:update_policy',
    body:    updateBody,
    status:  200,
    view:    policyView,
    run({ params, body: wished, cause }) {
      mustSaySomething(wished)
      const { id, blob, type } = wished
      return policies.update(params.policy_id, { id, blob, type, extra: updateBody.undeclared(wished) }, cause)
    },
  }),

  endpoint('DELETE /v3/policies/{policy_id}', {
    summary: 'Delete a policy document',
    policy:  'identity:delete_policy',
    status:  204,
    run:     ({ params, cause }) => policies.delete(params.policy_id, cause),
  }),
]
