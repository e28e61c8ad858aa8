import { refuseConflict } from '../../refusals/refusal.ts'
import type { QosRule } from '../qos-policy/qos-policy.ts'

/** One rule of a type in a direction; and no promise beyond the limit. */
export function mustAgree(rule: QosRule, beside: readonly QosRule[]): void {
  const others = beside.filter(({ id }) => id !== rule.id)
  const twin = others.find(other => other.ruleType === rule.ruleType && meet(other.direction, rule.direction))
  if (twin)
    refuseConflict(
      'QoSRulesConflict',
      `Rule ${rule.ruleType} conflicts with rule ${twin.id} which already exists in QoS Policy ${rule.qosPolicyId}.`,
    )
  for (const other of others) {
    if (!meet(other.direction, rule.direction)) continue
    mustFit(rule, other, ['minKbps', 'minimum_bandwidth'], ['maxKbps', 'bandwidth_limit'])
    mustFit(rule, other, ['minKpps', 'minimum_packet_rate'], ['maxKpps', 'packet_rate_limit'])
  }
}

const meet = (a: string | null, b: string | null): boolean => a === b || a === 'any' || b === 'any'

type Side = readonly [field: 'minKbps' | 'maxKbps' | 'minKpps' | 'maxKpps', type: string]

function mustFit(rule: QosRule, other: QosRule, [least, leastType]: Side, [most, mostType]: Side): void {
  const clash = (low: QosRule, high: QosRule) =>
    low.ruleType === leastType && high.ruleType === mostType && (low[least] ?? 0) > (high[most] ?? Number.POSITIVE_INFINITY)
  if (!clash(rule, other) && !clash(other, rule)) return
  const value = (one: QosRule) => (one.ruleType === leastType ? one[least] : one[most])
  refuseConflict(
    'QoSRuleParameterConflict',
    `Unable to add the rule with value ${value(rule)} to the policy ${rule.qosPolicyId} as the existing rule of type ${other.ruleType} has value ${value(other)}.`,
  )
}
