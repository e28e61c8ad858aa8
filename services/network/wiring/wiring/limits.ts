import type { Sight } from './sight.ts'

/** What the rules of a QoS policy mean to a host. */
export function limitsOfPolicy(policyId: string | null, sight: Sight) {
  const rules = [...(sight.limitsOfPolicy.get(policyId ?? '') ?? [])].sort((a, b) => a.direction.localeCompare(b.direction))
  const ofType = (type: string) => rules.filter(rule => rule.ruleType === type)
  const [mark] = ofType('dscp_marking')
  return {
    bandwidth: ofType('bandwidth_limit').map(({ direction, maxKbps, maxBurstKbits }) => ({ direction, maxKbps, maxBurstKbits })),
    packetRates: ofType('packet_rate_limit').map(({ direction, maxKpps, maxBurstKpps }) => ({ direction, maxKpps, maxBurstKpps })),
    ...(mark && { dscpMark: mark.dscpMark }),
  }
}
