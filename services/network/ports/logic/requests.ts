import type { Port, Promises } from '../port/port.ts'

type Rule = Promises['rules'][number]

/** What one group of resources of a port needs, all of it from the same provider. */
export interface ResourceGroup {
  readonly id: string
  readonly required: readonly string[]
  readonly resources: Readonly<Record<string, number>>
}

export interface ResourceRequest {
  readonly groups: readonly ResourceGroup[]
  /** The groups that must be met below one root. */
  readonly sameSubtree: readonly string[]
}

const bandwidth: Readonly<Record<string, string>> = { ingress: 'NET_BW_IGR_KILOBIT_PER_SEC', egress: 'NET_BW_EGR_KILOBIT_PER_SEC' }
const packetRate: Readonly<Record<string, string>> = {
  any: 'NET_PACKET_RATE_KILOPACKET_PER_SEC',
  ingress: 'NET_PACKET_RATE_IGR_KILOPACKET_PER_SEC',
  egress: 'NET_PACKET_RATE_EGR_KILOPACKET_PER_SEC',
}

/** As a trait may be written: capitals, digits and underscores. */
const traitOf = (prefix: string, name: string): string => `CUSTOM_${prefix}_${name.toUpperCase().replaceAll(/[^A-Z0-9_]/g, '_')}`

/** What a port needs of its host by its QoS policy's promises; the ids of groups are made from the port's and the rules', always the same. */
export function requestOf(
  { id, bindingVnicType, promises }: Pick<Port, 'id' | 'bindingVnicType' | 'promises'>,
  idOf: (space: string, name: string) => string,
): ResourceRequest | null {
  if (promises === null) return null
  const vnic = traitOf('VNIC_TYPE', bindingVnicType)
  const { physicalNetwork } = promises
  const groupOf = (
    type: Rule['type'],
    required: readonly string[],
    classes: Readonly<Record<string, string>>,
  ): readonly ResourceGroup[] => {
    const rules = promises.rules.filter(rule => rule.type === type && rule.amount > 0)
    if (rules.length === 0) return []
    const name = rules
      .map(rule => rule.id)
      .sort()
      .join('-')
    const resources = Object.fromEntries(rules.map(({ direction, amount }) => [classes[direction] ?? direction, amount]))
    return [{ id: idOf(id, name), required, resources }]
  }
  const groups = [
    ...(physicalNetwork === null ? [] : groupOf('minimum_bandwidth', [traitOf('PHYSNET', physicalNetwork), vnic], bandwidth)),
    ...groupOf('minimum_packet_rate', [vnic], packetRate),
  ]
  return groups.length === 0 ? null : { groups, sameSubtree: groups.map(group => group.id) }
}
