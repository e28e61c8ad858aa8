import type { Values } from '@kilonova/platform/config/options.ts'
import type { Range, SegmentRules } from '../segments/segment/segment.ts'
import type { networkOptions } from '../options.ts'

export type NetworkSettings = Values<typeof networkOptions>

const rangeOf = (text: string): Range => {
  const [first = 1, last = first] = text.split(':').map(Number)
  return { first, last }
}

/** `physnet1:100:200` and `physnet2`, as ranges by physical network. */
function vlanRangesOf(texts: readonly string[]): ReadonlyMap<string, readonly Range[]> {
  const ranges = new Map<string, readonly Range[]>()
  for (const text of texts) {
    const [name = '', ...rest] = text.split(':')
    ranges.set(name, [...(ranges.get(name) ?? []), ...(rest.length > 0 ? [rangeOf(rest.join(':'))] : [])])
  }
  return ranges
}

/** What the operator says of segments, read. */
export const segmentRulesOf = ({ DEFAULT, ml2, ml2_type_flat, ml2_type_vlan, ml2_type_vxlan }: NetworkSettings): SegmentRules => ({
  typeDrivers: ml2.type_drivers,
  tenantTypes: ml2.tenant_network_types,
  flatNetworks: ml2_type_flat.flat_networks,
  vlanRanges: vlanRangesOf(ml2_type_vlan.network_vlan_ranges),
  vniRanges: ml2_type_vxlan.vni_ranges.map(rangeOf),
  physicalMtu: DEFAULT.global_physnet_mtu,
  mtuByPhysical: new Map(ml2.physical_network_mtus.map(text => [text.slice(0, text.lastIndexOf(':')), Number(text.split(':').at(-1))])),
  pathMtu: ml2.path_mtu,
})

/** `[quotas]` by what is counted. */
export const quotasOf = ({ quotas }: NetworkSettings) =>
  Object.fromEntries(Object.entries(quotas).map(([name, limit]) => [name.replace('quota_', ''), limit]))

/** `tftp:udp`, as protocols by helper. */
export const trackersOf = ({ DEFAULT }: NetworkSettings): ReadonlyMap<string, readonly string[]> => {
  const pairs = DEFAULT.allowed_conntrack_helpers.map(text => text.replace(/^\{|\}$/g, '').split(':'))
  return new Map(
    [...Map.groupBy(pairs, ([helper = '']) => helper)].map(([helper, some]) => [helper, some.map(([, protocol = '']) => protocol)]),
  )
}
