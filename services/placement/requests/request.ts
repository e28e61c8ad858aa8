import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Amounts } from '../allocations/allocation.ts'
import { canonicalUuid, isUuid } from '../resource-providers/resource-provider.ts'

/** What is asked of providers besides room. */
export interface Conditions {
  /** Of each list at least one: (A or B) and C. */
  readonly required: readonly (readonly string[])[]
  readonly forbidden: readonly string[]
  /** Of each list of aggregates at least one. */
  readonly memberOf: readonly (readonly string[])[]
  readonly notMemberOf: readonly string[]
}

export const noConditions: Conditions = { required: [], forbidden: [], memberOf: [], notMemberOf: [] }

/** What the caller's version may say. */
export interface Grammar {
  /** `!TRAIT`, since 1.22. */
  readonly forbiddenTraits: boolean
  /** `in:TRAIT,TRAIT` and several `required`, since 1.39. */
  readonly anyTraits: boolean
  /** Several `member_of`, since 1.24. */
  readonly severalMemberOf: boolean
  /** `!AGGREGATE`, since 1.32. */
  readonly forbiddenAggregates: boolean
}

function refuse(message: string): never {
  throw new Refusal('invalid', message)
}

/** `VCPU:2,MEMORY_MB:1024` */
export function readResources(text: string): Amounts {
  const badly =
    'Badly formed resources parameter. Expected resources query string parameter in form: ?resources=VCPU:2,MEMORY_MB:1024. Got:'
  if (text.trim() === '') refuse(`${badly} empty string.`)
  const amounts: Record<string, number> = {}
  for (const part of text.split(',')) {
    const [name, said, ...more] = part.split(':')
    if (name === undefined || said === undefined || more.length > 0) refuse(`${badly} ${part}.`)
    const amount = Number(said)
    if (!/^\s*[+-]?\d+\s*$/.test(said)) refuse(`Requested resource ${name} expected positive integer amount. Got: ${said}.`)
    if (amount < 1) refuse(`Requested resource ${name} requires amount >= 1. Got: ${amount}.`)
    amounts[name] = amount
  }
  return amounts
}

/** `HW_CPU_X86_VMX,!CUSTOM_MAGIC`, `in:CUSTOM_GOLD,CUSTOM_SILVER`; several values hold together, or the last counts alone. */
export function readTraits(values: readonly string[], grammar: Grammar): Pick<Conditions, 'required' | 'forbidden'> {
  const required: string[][] = []
  const forbidden: string[] = []
  for (const value of grammar.anyTraits ? values : values.slice(-1)) {
    if (value.startsWith('in:')) required.push(readAnyTraits(value, grammar))
    else {
      const read = readAllTraits(value, grammar.forbiddenTraits)
      required.push(...read.required.map(name => [name]))
      forbidden.push(...read.forbidden)
    }
  }
  return { required, forbidden }
}

const invalid = 'Invalid query string parameters:'

function readAnyTraits(value: string, { anyTraits }: Grammar): string[] {
  const form = "The format 'in:HW_CPU_X86_VMX,CUSTOM_MAGIC'"
  if (!anyTraits) refuse(`${invalid} ${form} only supported since microversion 1.39. Got: ${value}`)
  const names = [...new Set(partsOf(value.slice(3)))]
  if (names.includes(''))
    refuse(`${invalid} Expected 'required' parameter value of the form: in:HW_CPU_X86_VMX,CUSTOM_MAGIC. Got an empty trait in: ${value}`)
  if (names.some(name => name.startsWith('!'))) refuse(`${invalid} ${form} does not support forbidden traits. Got: ${value}`)
  return names
}

/** A list of traits, some of them forbidden. */
export function readAllTraits(
  value: string,
  mayForbid: boolean,
): { readonly required: readonly string[]; readonly forbidden: readonly string[] } {
  const names = partsOf(value)
  const form = `${invalid} Expected 'required' parameter value of the form: HW_CPU_X86_VMX,${mayForbid ? '!' : ''}CUSTOM_MAGIC.`
  const forbidden = names.filter(name => name.startsWith('!')).map(name => name.replace(/^!+/, ''))
  if (names.includes('') || forbidden.includes('')) refuse(`${form} Got an empty trait in: ${value}`)
  if (forbidden.length > 0 && !mayForbid) refuse(`${form} Got: ${value}`)
  return { required: names.filter(name => !name.startsWith('!')), forbidden }
}

const partsOf = (value: string) => value.split(',').map(part => part.trim())

/** `AGGREGATE`, `in:A,B`, `!A`, `!in:A,B`. `suffix` names the group in refusals. */
export function readMemberOf(values: readonly string[], grammar: Grammar, suffix = ''): Pick<Conditions, 'memberOf' | 'notMemberOf'> {
  if (!grammar.severalMemberOf && values.length > 1) refuse(`Multiple member_of${suffix} parameters are not supported`)
  const memberOf: string[][] = []
  const notMemberOf: string[] = []
  for (const value of values) {
    const isForbidden = value.startsWith('!')
    const rest = isForbidden ? value.slice(1) : value
    const isList = rest.startsWith('in:')
    if (value.includes(',') && !isList)
      refuse(
        `Multiple values for 'member_of' must be prefixed with the 'in:' or '!in:' keyword using the valid microversion. Got: ${value}`,
      )
    const uuids = isList ? rest.slice(3).split(',') : [rest]
    const bad = uuids.find(uuid => !isUuid(uuid))
    if (bad !== undefined) refuse(`${invalid} Expected 'member_of' parameter to contain valid UUID(s). Got: ${bad}`)
    const read = uuids.map(canonicalUuid)
    if (!isForbidden) memberOf.push(read)
    else if (grammar.forbiddenAggregates) notMemberOf.push(...read)
    else refuse(`Forbidden member_of${suffix} parameters are not supported in the specified microversion`)
  }
  return { memberOf, notMemberOf }
}

export function readInTree(value: string): string {
  if (!isUuid(value.trim())) refuse(`${invalid} Expected 'in_tree' parameter to be a format of uuid. Got: ${value}`)
  return canonicalUuid(value.trim())
}
