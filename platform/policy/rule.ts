/**
 * A rule of OpenStack's policy language, parsed. `printRule` writes it back in the same language, with the fewest parentheses.
 */
export type Rule =
  | { readonly is: 'always' }
  | { readonly is: 'never' }
  | { readonly is: 'role'; readonly name: Text }
  | { readonly is: 'rule'; readonly name: string }
  | { readonly is: 'same'; readonly left: Left; readonly right: Text }
  | Field
  | { readonly is: 'not'; readonly rule: Rule }
  | { readonly is: 'all'; readonly rules: readonly Rule[] }
  | { readonly is: 'any'; readonly rules: readonly Rule[] }

/** Neutron's `field:networks:shared=True` and `field:port:device_owner=~^network:`: what an attribute of the target holds. */
export interface Field {
  readonly is: 'field'
  readonly resource: string
  readonly field: string
  readonly value: string
}

/** The left half of `kind:match`: a literal (`'text'`, `None`, `True`, `7`) as Python would print it, or a path into the caller. */
export type Left = { readonly literal: string; readonly spelled: string } | { readonly path: readonly string[] }

/** Text with holes that the target fills: `%(target.user.id)s` is one hole. */
export type Text = readonly (string | { readonly hole: string })[]

export const always: Rule = { is: 'always' }
export const never: Rule = { is: 'never' }

/** How tightly a rule binds: an operand that binds less tightly than its surroundings needs parentheses. */
const strength = { any: 1, all: 2, not: 3, always: 4, never: 4, role: 4, rule: 4, same: 4, field: 4 } as const

export function printRule(rule: Rule): string {
  switch (rule.is) {
    case 'always':
      return '@'
    case 'never':
      return '!'
    case 'role':
      return `role:${printText(rule.name)}`
    case 'rule':
      return `rule:${rule.name}`
    case 'field':
      return `field:${rule.resource}:${rule.field}=${rule.value}`
    case 'same':
      return `${'path' in rule.left ? rule.left.path.join('.') : rule.left.spelled}:${printText(rule.right)}`
    case 'not':
      return `not ${printInside(rule.rule, strength.not)}`
    case 'all':
      return rule.rules.map(one => printInside(one, strength.not)).join(' and ')
    case 'any':
      return rule.rules.map(one => printInside(one, strength.all)).join(' or ')
  }
}

const printInside = (rule: Rule, least: number) => (strength[rule.is] < least ? `(${printRule(rule)})` : printRule(rule))

export const printText = (text: Text) =>
  text.map(part => (typeof part === 'string' ? part.replaceAll('%', '%%') : `%(${part.hole})s`)).join('')

/** The rules a rule names, itself excluded. */
export function namesIn(rule: Rule): readonly string[] {
  if (rule.is === 'rule') return [rule.name]
  if (rule.is === 'not') return namesIn(rule.rule)
  return rule.is === 'all' || rule.is === 'any' ? rule.rules.flatMap(namesIn) : []
}
