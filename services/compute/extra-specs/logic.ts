import { Refusal } from '@kilonova/platform/refusal.ts'
import { rules, type Value } from './extra-spec.ts'

const whole = (pattern: string) => new RegExp(`^(?:${pattern})$`)
const compiled = rules.map(([name, value]) => ({ name: whole(name), value }))
const namespaces = [...new Set(rules.flatMap(([name]) => (name.includes(':') ? [name.split(':', 1)[0] ?? ''] : [])))].map(whole)

/** Refuses what no host would understand: a name that only looks like one of Nova's, a value that its name does not take. */
export function checkExtraSpecs(specs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(specs)) {
    const complaint = complaintOf(name, value)
    if (complaint !== undefined) throw new Refusal('invalid', `Validation failed; ${complaint}`)
  }
}

function complaintOf(name: string, value: string): string | undefined {
  const rule = compiled.find(one => one.name.test(name))
  if (rule) return complaintOfValue(rule.value, value)
  const [space = ''] = name.split(':', 1)
  if (!name.includes(':') || !namespaces.some(one => one.test(space))) return undefined
  return `extra spec '${name}' does not appear to be a valid extra spec.`
}

function complaintOfValue(rule: Value, value: string): string | undefined {
  if (rule.is === 'integer') return complaintOfInteger(rule, value)
  if (rule.is === 'boolean') return booleans.test(value.trim()) ? undefined : `'${value}' is not a valid boolean-like value.`
  if (rule.pattern !== undefined) return whole(rule.pattern).test(value) ? undefined : `'${value}' is not of the format '${rule.pattern}'.`
  if (rule.words === undefined || rule.words.includes(value)) return undefined
  return `'${value}' is not one of: ${rule.words.join(', ')}.`
}

const booleans = /^(true|t|1|yes|y|on|false|f|0|no|n|off)$/i

function complaintOfInteger({ min, max }: { readonly min?: number; readonly max?: number }, value: string): string | undefined {
  if (!/^\s*[+-]?\d+\s*$/.test(value)) return `'${value}' is not a valid integer value.`
  if (max !== undefined && max < Number(value)) return `'${value}' is greater than the max value of '${max}'.`
  return min !== undefined && min > Number(value) ? `'${value}' is less than the min value of '${min}'.` : undefined
}
