import { refuseUnknown } from '../refusals/refusal.ts'
import { collection, type TagKeeper } from '../versions/collection.ts'
import { describedView } from '../versions/members.ts'
import { wireOf } from '../versions/showing.ts'
import { endpoint } from '../versions.ts'
import type { QosLogic } from './logic/policies.ts'
import { qosPolicyAttributes, ruleAttributes } from './qos-policy/attributes.ts'
import { enforcedTypes, type QosPolicy, type QosRule, ruleTypes } from './qos-policy/qos-policy.ts'

const ruleWire = (rule: QosRule) => ({
  ...wireOf(rule, ruleAttributes[rule.ruleType]),
  qos_policy_id: rule.qosPolicyId,
  type: rule.ruleType,
})

export const qosApi = (qos: QosLogic, tags: TagKeeper) => [
  ...collection<QosPolicy>({
    name: 'policy',
    plural: 'policies',
    path: '/v2.0/qos/policies',
    words: { one: 'a QoS policy', many: 'the QoS policies' },
    attributes: qosPolicyAttributes,
    logic: qos,
    tags,
    shows: { rules: ({ rules }) => rules.map(ruleWire) },
  }),
  ...ruleTypes.flatMap(type => rulesApi(qos, type)),
  ...ruleTypes.filter(type => type !== 'packet_rate_limit').flatMap(type => aliasApi(qos, type)),
  ...typesApi(),
]

const rulesApi = (qos: QosLogic, type: QosRule['ruleType']) =>
  collection<QosRule>({
    name: `${type}_rule`,
    plural: `${type}_rules`,
    rule: `policy_${type}_rule`,
    path: `/v2.0/qos/policies/{policy_id}/${type}_rules`,
    param: 'rule_id',
    words: { one: `a ${type} rule`, many: `the ${type} rules of a QoS policy` },
    attributes: ruleAttributes[type],
    logic: qos.ofType(type),
    besides: ofPolicies(qos),
  })

/** The same rules without their policies' ids in the path. */
const aliasApi = (qos: QosLogic, type: QosRule['ruleType']) =>
  collection<QosRule>({
    name: `alias_${type}_rule`,
    plural: `alias_${type}_rules`,
    path: `/v2.0/qos/alias_${type}_rules`,
    param: 'rule_id',
    words: { one: `a ${type} rule by its id alone`, many: '' },
    attributes: ruleAttributes[type],
    logic: qos.ofType(type),
    only: ['show', 'update', 'delete'],
    besides: ofPolicies(qos),
  })

/** Whoever sees a policy sees its rules: they count as the project's own. */
const ofPolicies =
  (qos: QosLogic) => async (wires: readonly object[], viewer: Parameters<QosLogic['get']>[1], within: Readonly<Record<string, string>>) => {
    const policyId = within['policy_id']
    const policy = policyId === undefined ? undefined : await qos.get(policyId, viewer)
    const projectId = policy?.shared ? viewer.projectId : (policy?.projectId ?? viewer.projectId)
    return wires.map(() => ({ project_id: projectId, tenant_id: projectId }))
  }

const typesApi = () => [
  endpoint('GET /v2.0/qos/rule-types', {
    summary: 'List the types of rules that hosts carry out',
    policy: 'regular_user',
    status: 200,
    view: describedView({ type: 'object', properties: { rule_types: { type: 'array', items: { type: 'object' } } } }),
    run: () => ({ rule_types: enforcedTypes.map(type => ({ type })) }),
  }),
  endpoint('GET /v2.0/qos/rule-types/{rule_type}', {
    summary: 'Show what carries out a type of rule',
    policy: 'get_rule_type',
    status: 200,
    view: describedView({ type: 'object', properties: { rule_type: { type: 'object' } } }),
    run({ params: { rule_type: type } }) {
      const found = enforcedTypes.find(one => one === type)
      if (!found) return refuseUnknown('QosRuleTypeNotFound', `QoS rule type ${type} could not be found.`)
      return { rule_type: { type, drivers: [{ name: 'linuxbridge', supported_parameters: parametersOf(found) }] } }
    },
  }),
]

const parametersOf = (type: QosRule['ruleType']) =>
  Object.entries(ruleAttributes[type])
    .filter(([name]) => name !== 'id' && name !== 'project_id')
    .map(([name, { kind }]) => {
      const allowed = kind.schema['enum']
      return allowed === undefined
        ? { parameter_name: name, parameter_type: 'range', parameter_values: { start: 0, end: 2_147_483_647 } }
        : { parameter_name: name, parameter_type: 'choices', parameter_values: allowed }
    })
