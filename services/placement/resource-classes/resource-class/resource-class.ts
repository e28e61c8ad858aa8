import { standardClasses } from './standard.ts'

/** A kind of thing that providers have and consumers take: VCPU, DISK_GB, CUSTOM_LICENSE. */
export interface ResourceClass {
  readonly name: string
  /** When the operator made it; nothing for a standard one. */
  readonly createdAt?: number | undefined
}

const known: ReadonlySet<string> = new Set(standardClasses)

export const isStandardClass = (name: string): boolean => known.has(name)

export const unknownClassText = (name: string) => `No such resource class ${name}.`

export { standardClasses }
