import { Refusal } from '../refusal.ts'
import { type Caller, type Scope, scopeOf } from './caller.ts'
import { compile, type Judge, type Target } from './compile.ts'
import { whyNot } from './explain.ts'
import { nearest } from '../config/near.ts'
import type { Overrides } from './overrides.ts'
import { parseRule, RuleError } from './parse.ts'
import { namesIn, type Rule } from './rule.ts'

/**
 * May this caller do that to this? A service's defaults are data; an operator's file replaces single rules; every rule is parsed once, at
 * start-up, into closures (a typical check takes 0.1 to 0.4 µs). What is wrong with a rule is said then: a typo, a rule that names no other, a circle.
 */
export interface PolicyDefault {
  /** In OpenStack's policy language; '' allows everybody with a valid token. */
  readonly rule: string
  /** The kinds of token the act makes sense with; enforced only under `enforceScope`. None given: all. */
  readonly scopes?: readonly Scope[]
  /** One line for the policy reference: what the rule guards. */
  readonly about: string
  /** What held before; still suffices until `enforceNewDefaults`. `name` is the key older policy files use, when it was another one. */
  readonly deprecated?: { readonly rule: string; readonly name?: string }
}

export type PolicyDefaults<Name extends string = string> = Readonly<Record<Name, PolicyDefault>>

export interface Policy<Name extends string = string> {
  readonly names: readonly Name[]
  /** For the log at start-up: entries of the policy file that guard nothing. */
  readonly warnings: readonly string[]
  check(name: Name, caller: Caller, target?: Target): boolean
  /** Which part of the rule said no, in words for the log (it may name ids); nothing when the caller may. */
  explain(name: Name, caller: Caller, target?: Target): string | undefined
}

export interface PolicyParts<Name extends string> {
  readonly defaults: PolicyDefaults<Name>
  readonly overrides?: Overrides | undefined
  /** Refuse tokens of a scope the rule does not list. */
  readonly enforceScope?: boolean | undefined
  /** Stop accepting what only a deprecated rule allows. */
  readonly enforceNewDefaults?: boolean | undefined
}

export function policy<const Name extends string>(parts: PolicyParts<Name>): Policy<Name> {
  const rules = effectiveRules(parts)
  const judges = compileAll(rules, parts.overrides?.file)
  const scopesOf = (name: Name) => (parts.enforceScope ? parts.defaults[name].scopes : undefined)
  const known = (name: Name) => {
    const judge = Object.hasOwn(parts.defaults, name) ? judges.get(name) : undefined
    if (!judge) throw new Error(`no policy is named '${name}'`)
    return judge
  }
  const isInScope = (name: Name, caller: Caller) => scopesOf(name)?.includes(scopeOf(caller)) ?? true

  return {
    names: Object.keys(parts.defaults) as Name[],
    warnings: idleOverrides(parts, rules),
    check: (name, caller, target = {}) => known(name)(caller, target) && isInScope(name, caller),
    explain: (name, caller, target = {}) => {
      const judge = known(name)
      if (!isInScope(name, caller))
        return `${name}: a token scoped to a ${scopeOf(caller)} does not do, only ${scopesOf(name)?.join(' or ')}`
      return judge(caller, target) ? undefined : `${name}: ${whyNot(ruleOf(rules, name), caller, target, one => ruleOf(rules, one))}`
    },
  }
}

type Rules = ReadonlyMap<string, Rule>

function ruleOf(rules: Rules, name: string): Rule {
  const rule = rules.get(name)
  if (!rule) throw new Error(`no rule is named '${name}'`)
  return rule
}

/** The rule in force under each name: the operator's, or the default with what its deprecated rule still allows. */
function effectiveRules<Name extends string>({ defaults, overrides, enforceNewDefaults }: PolicyParts<Name>): Rules {
  const written = new Map<string, Rule>()
  for (const [name, text] of Object.entries(overrides?.rules ?? {})) written.set(name, read(overrides?.file ?? '', name, text))

  const rules = new Map<string, Rule>(written)
  for (const [name, entry] of Object.entries<PolicyDefault>(defaults)) {
    if (written.has(name)) continue
    const { deprecated } = entry
    const renamed = deprecated?.name === undefined ? undefined : written.get(deprecated.name)
    const fresh = read('the defaults', name, entry.rule)
    const old = deprecated && !enforceNewDefaults ? read('the defaults', name, deprecated.rule) : undefined
    rules.set(name, renamed ?? (old ? { is: 'any', rules: [fresh, old] } : fresh))
  }
  return rules
}

function read(file: string, name: string, written: unknown): Rule {
  try {
    return parseRule(written)
  } catch (cause) {
    if (!(cause instanceof RuleError)) throw cause
    throw new Refusal('invalid', `${file}: rule '${name}', column ${cause.column}: ${cause.message}`, { cause })
  }
}

function compileAll(rules: Rules, file = 'the defaults'): ReadonlyMap<string, Judge> {
  const judges = new Map<string, Judge>()
  const judgeOf = (name: string, way: readonly string[]): Judge => {
    const known = judges.get(name)
    if (known) return known
    if (way.includes(name))
      throw new Refusal('invalid', `${file}: rules in a circle: ${[...way.slice(way.indexOf(name)), name].join(' → ')}`)
    const rule = rules.get(name)
    if (!rule)
      throw new Refusal('invalid', `${file}: rule '${way.at(-1)}' names 'rule:${name}', which does not exist${hint(name, rules.keys())}`)
    const judge = compile(rule, other => judgeOf(other, [...way, name]))
    judges.set(name, judge)
    return judge
  }
  for (const name of rules.keys()) judgeOf(name, [])
  return judges
}

/** Entries of the file under a name that nothing asks for: neither a default (or its older name) nor a rule another one names. */
function idleOverrides<Name extends string>({ defaults, overrides }: PolicyParts<Name>, rules: Rules): readonly string[] {
  if (!overrides) return []
  const entries = Object.values<PolicyDefault>(defaults)
  const asked = new Set([...Object.keys(defaults), ...entries.map(one => one.deprecated?.name), ...[...rules.values()].flatMap(namesIn)])
  return Object.keys(overrides.rules)
    .filter(name => !asked.has(name))
    .map(name => `${overrides.file}: '${name}' guards nothing${hint(name, Object.keys(defaults))}`)
}

const hint = (name: string, names: Iterable<string>) => {
  const guess = nearest(name, names)
  return guess === undefined ? '' : `; did you mean '${guess}'?`
}
