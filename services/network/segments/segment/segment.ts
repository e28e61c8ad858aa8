import type { Standard } from '../../standards/standard/standard.ts'

/** One stretch of a network: a tag on a physical network, a number of a tunnel, or nothing but a host. */
export interface Segment extends Standard {
  readonly networkId: string
  readonly networkType: NetworkType
  readonly physicalNetwork: string | null
  readonly segmentationId: number | null
  readonly segmentIndex: number
  readonly name: string | null
}

export type NetworkType = 'local' | 'flat' | 'vlan' | 'vxlan'
export const networkTypes: readonly NetworkType[] = ['local', 'flat', 'vlan', 'vxlan']

/** What somebody wishes a segment to be; nothing said is chosen. */
export interface SegmentWish {
  readonly networkType: string | null | undefined
  readonly physicalNetwork: string | null | undefined
  readonly segmentationId: number | null | undefined
}

/** From the first number to the last. */
export interface Range {
  readonly first: number
  readonly last: number
}

/** Numbers of a physical network, or of tunnels, that networks are given. */
export interface Pool {
  readonly physicalNetwork: string | null
  readonly range: Range
}

/** What the operator says of segments. */
export interface SegmentRules {
  readonly typeDrivers: readonly string[]
  /** The types networks of projects get, in the order they are tried. */
  readonly tenantTypes: readonly string[]
  /** `*`: any physical network. */
  readonly flatNetworks: readonly string[]
  /** Of each physical network, which tags projects get; an empty list: only administrators choose. */
  readonly vlanRanges: ReadonlyMap<string, readonly Range[]>
  readonly vniRanges: readonly Range[]
  readonly physicalMtu: number
  readonly mtuByPhysical: ReadonlyMap<string, number>
  /** The largest packet of the network tunnels go through; 0: as the physical networks. */
  readonly pathMtu: number
}

/** Where numbers come from by the configuration alone. */
export function poolsOf({ vlanRanges, vniRanges }: SegmentRules, networkType: string, physicalNetwork: string | null): readonly Pool[] {
  if (networkType === 'vxlan') return vniRanges.map(range => ({ physicalNetwork: null, range }))
  return [...vlanRanges].flatMap(([name, ranges]) =>
    physicalNetwork === null || name === physicalNetwork ? ranges.map(range => ({ physicalNetwork: name, range })) : [],
  )
}

const vxlanOverhead = 50

/** The largest packet a network of these segments carries. */
export function mtuOf(rules: SegmentRules, segments: readonly Pick<Segment, 'networkType' | 'physicalNetwork'>[]): number {
  const each = segments.map(({ networkType, physicalNetwork }) => {
    if (networkType === 'vxlan') return (rules.pathMtu || rules.physicalMtu) - vxlanOverhead
    const own = physicalNetwork === null ? undefined : rules.mtuByPhysical.get(physicalNetwork)
    return own === undefined ? rules.physicalMtu : Math.min(own, rules.physicalMtu)
  })
  return each.length === 0 ? rules.physicalMtu : Math.min(...each)
}
