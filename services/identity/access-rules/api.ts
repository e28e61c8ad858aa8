import { optional } from '@kilonova/platform/http/fields.ts'
import { object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { type DelegationLogic, isDelegated } from '../delegation/logic.ts'
import { inexactFilters } from '../filters/filter.ts'
import { endpoint, listView, query, view } from '../versions.ts'
import type { AccessRule } from './access-rule.ts'
import type { AccessRuleLogic } from './logic.ts'

const shown = shows<AccessRule>()
// biome-ignore format: a table of fields
const ruleView = view('access_rule', {
  id:      shown(text(), rule => rule.id),
  service: shown(text(), rule => rule.service),
  path:    shown(text(), rule => rule.path),
  method:  shown(text(), rule => rule.method),
  links:   shown(object({ self: text() }), (rule, { base }) => ({ self: `${base}/v3/users/${rule.userId}/access_rules/${rule.id}` })),
})

const narrowing = ['service', 'path', 'method']

// biome-ignore format: a table per route
export const accessRuleApi = (rules: AccessRuleLogic, delegation: DelegationLogic) => [
  endpoint('GET /v3/users/{user_id}/access_rules', {
    summary: 'List a user’s access rules',
    policy:  'identity:list_access_rules',
    query:   query({ service: optional(text()), path: optional(text()), method: optional(text()) }),
    status:  200,
    view:    listView('access_rules', ruleView),
    about:   ({ params }) => rules.findUser(params.user_id),
    target:  ({ params, about }) => targetOf(params.user_id, about),
    async run({ params, query, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      const { service, path, method } = query
      return { items: await rules.list({ userId: params.user_id, service, path, method }, inexactFilters(query, narrowing)) }
    },
  }),

  endpoint('GET /v3/users/{user_id}/access_rules/{access_rule_id}', {
    summary: 'Show an access rule',
    policy:  'identity:get_access_rule',
    status:  200,
    view:    ruleView,
    about:   ({ params }) => rules.findUser(params.user_id),
    target:  ({ params, about }) => targetOf(params.user_id, about),
    async run({ params, caller, door }) {
      await mustBePrimary(delegation, caller, door)
      return rules.get(params.user_id, params.access_rule_id)
    },
  }),

  endpoint('DELETE /v3/users/{user_id}/access_rules/{access_rule_id}', {
    summary: 'Delete an access rule that no application credential uses',
    policy:  'identity:delete_access_rule',
    status:  204,
    about:   ({ params }) => rules.findUser(params.user_id),
    target:  ({ params, about }) => targetOf(params.user_id, about),
    async run({ params, caller, door, cause }) {
      await mustBePrimary(delegation, caller, door)
      await rules.delete(params.user_id, params.access_rule_id, cause)
    },
  }),
]

const targetOf = (userId: string, user: { id: string; domainId: string } | undefined) => ({
  user_id: userId,
  target: user ? { user: { id: user.id, domain_id: user.domainId } } : {},
})

/** An application credential's own token is let through: what it may do to its like is told by its being unrestricted. */
async function mustBePrimary(delegation: DelegationLogic, caller: Caller, door: { headers: Readonly<Record<string, unknown>> }) {
  const token = await delegation.tokenOf(caller, door.headers['x-auth-token'] as string | undefined)
  if (token && !token.applicationCredential && isDelegated(token))
    throw new Refusal('forbidden', 'Cannot manage application credentials with a token issued via delegation.')
}
