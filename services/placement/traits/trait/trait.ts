import { standardTraits } from './standard.ts'

/** Something that providers can be or do, and requests can ask for: HW_CPU_X86_VMX, CUSTOM_GOLD. */
export interface Trait {
  readonly name: string
  /** When the operator made it; nothing for a standard one. */
  readonly createdAt?: number | undefined
}

const known: ReadonlySet<string> = new Set(standardTraits)

export const isStandardTrait = (name: string): boolean => known.has(name)

/** A provider with it gives what it has to all who are in one of its aggregates. */
export const sharesViaAggregate = 'MISC_SHARES_VIA_AGGREGATE'

export const unknownTraitText = (name: string) => `No such trait(s): ${name}.`

export { standardTraits }
