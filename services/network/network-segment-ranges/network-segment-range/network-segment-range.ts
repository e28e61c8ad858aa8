import type { Range } from '../../segments/segment/segment.ts'
import type { Standard } from '../../standards/standard/standard.ts'

/** Tags of a physical network, or numbers of tunnels, that the networks of all projects get, or those of one alone. */
export interface NetworkSegmentRange extends Standard {
  readonly name: string
  /** Made from the configuration; nobody changes it here. */
  readonly isDefault: boolean
  readonly shared: boolean
  readonly networkType: RangedType
  readonly physicalNetwork: string | null
  readonly minimum: number
  readonly maximum: number
  /** Which of its numbers are taken, and by whose networks. */
  readonly used: Readonly<Record<string, string>>
}

export const rangedTypes = ['vlan', 'vxlan', 'gre', 'geneve'] as const
export type RangedType = (typeof rangedTypes)[number]

/** The largest number each type has. */
export const mostOf = (networkType: RangedType): number =>
  networkType === 'vlan' ? 4094 : networkType === 'gre' ? 4_294_967_295 : 16_777_215

export const rangeOf = ({ minimum, maximum }: Pick<NetworkSegmentRange, 'minimum' | 'maximum'>): Range => ({
  first: minimum,
  last: maximum,
})

/** Those of its numbers that nobody has. */
export function availableOf({ minimum, maximum, used }: NetworkSegmentRange): readonly number[] {
  const free: number[] = []
  for (let number = minimum; number <= maximum; number += 1) if (!Object.hasOwn(used, number)) free.push(number)
  return free
}

/** What is left of a range when others are taken out of it. */
export function rangeWithout(range: Range, holes: readonly Range[]): readonly Range[] {
  let left: readonly Range[] = [range]
  for (const hole of holes)
    left = left.flatMap(({ first, last }) =>
      hole.last < first || last < hole.first
        ? [{ first, last }]
        : [...(first < hole.first ? [{ first, last: hole.first - 1 }] : []), ...(hole.last < last ? [{ first: hole.last + 1, last }] : [])],
    )
  return left
}
