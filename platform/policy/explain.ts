import type { Caller } from './caller.ts'
import { compile, compileText, type Target } from './compile.ts'
import { printRule, type Rule } from './rule.ts'

/**
 * Why a rule says no, in words for an operator's log: every check that would have had to hold and did not. It names ids of the target,
 * so it is not for the caller.
 */
export function whyNot(rule: Rule, caller: Caller, target: Target, ruleOf: (name: string) => Rule): string {
  const isAllowed = (one: Rule): boolean => compile(one, name => () => isAllowed(ruleOf(name)))(caller, target)
  const explain = (one: Rule): string => {
    switch (one.is) {
      case 'rule':
        return `${one.name}: ${explain(ruleOf(one.name))}`
      case 'not':
        return `must not be ${printRule(one.rule)}`
      case 'all':
        return one.rules
          .filter(part => !isAllowed(part))
          .map(explain)
          .join(', and ')
      case 'any':
        return `none of: ${one.rules.map(part => `(${explain(part)})`).join(' ')}`
      default:
        return whyNotCheck(one, caller, target)
    }
  }
  return explain(rule)
}

function whyNotCheck(rule: Rule, caller: Caller, target: Target): string {
  if (rule.is === 'role') return `needs the role '${compileText(rule.name)(target) ?? printRule(rule)}', has ${list(caller.roles)}`
  if (rule.is === 'field') return `needs ${printRule(rule)}`
  if (rule.is !== 'same') return 'nobody may'
  const wanted = compileText(rule.right)(target)
  if (wanted === undefined) return `${printRule(rule)} needs what the target does not have`
  return `needs ${printRule(rule)}, which is '${wanted}' here`
}

const list = (roles: readonly string[]) => (roles.length === 0 ? 'none' : roles.map(role => `'${role}'`).join(', '))
