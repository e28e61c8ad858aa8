import type { Caller } from './caller.ts'
import { callerField } from './caller.ts'
import { parseRule } from './parse.ts'
import { type Policy, type PolicyDefaults, policy } from './policy.ts'
import type { Rule } from './rule.ts'

/** One caller of each kind that OpenStack's roles and scopes tell apart. The stranger has no token and gets nowhere but through open doors. */
export const walkers = {
  reader: { userId: 'u-r', userDomainId: 'd', projectId: 'p', projectDomainId: 'd', roles: ['reader'], token: projectToken('u-r') },
  member: {
    userId: 'u-m',
    userDomainId: 'd',
    projectId: 'p',
    projectDomainId: 'd',
    roles: ['member', 'reader'],
    token: projectToken('u-m'),
  },
  'project admin': {
    userId: 'u-pa',
    userDomainId: 'd',
    projectId: 'p',
    projectDomainId: 'd',
    roles: ['admin', 'member', 'reader'],
    token: projectToken('u-pa'),
  },
  'domain admin': {
    userId: 'u-da',
    userDomainId: 'd',
    domainId: 'd',
    roles: ['admin', 'member', 'reader'],
    token: { user: { id: 'u-da', domain: { id: 'd' } }, domain: { id: 'd' } },
  },
  'system reader': {
    userId: 'u-sr',
    userDomainId: 'd',
    systemScope: 'all',
    roles: ['reader'],
    token: { user: { id: 'u-sr', domain: { id: 'd' } } },
  },
  'system admin': {
    userId: 'u-sa',
    userDomainId: 'd',
    systemScope: 'all',
    roles: ['admin', 'member', 'reader'],
    token: { user: { id: 'u-sa', domain: { id: 'd' } } },
  },
} as const satisfies Readonly<Record<string, Caller>>
export type Walker = keyof typeof walkers

function projectToken(userId: string) {
  return { user: { id: userId, domain: { id: 'd' } }, project: { id: 'p', domain: { id: 'd' } } }
}

/** Whose things a caller may do it to. */
export type Reach = 'all' | 'own' | 'foreign' | 'none'

type Target = Readonly<Record<string, unknown>>

/**
 * What a rule's holes are filled with so that the target is the caller's own (each hole holds what the caller is compared by) or somebody
 * else's in every respect.
 */
export function targetsOf(defaults: PolicyDefaults, name: string, caller: Caller): { readonly own: Target; readonly foreign: Target } {
  const own: Record<string, unknown> = {}
  const foreign: Record<string, unknown> = {}
  for (const { hole, left } of comparisonsIn(defaults, name, new Set())) {
    foreign[hole] = 'foreign'
    const value = left && valueAt(caller, left)
    if (value !== undefined) own[hole] ??= value
  }
  return { own, foreign }
}

/** How far each walker gets with a rule. */
export function walk(
  defaults: PolicyDefaults,
  name: string,
  rules: Policy = policy({ defaults }) as Policy,
): Readonly<Record<Walker, Reach>> {
  const reach = (caller: Caller): Reach => {
    const { own, foreign } = targetsOf(defaults, name, caller)
    const [mayOwn, mayForeign] = [rules.check(name, caller, own), rules.check(name, caller, foreign)]
    return mayOwn ? (mayForeign ? 'all' : 'own') : mayForeign ? 'foreign' : 'none'
  }
  return Object.fromEntries(Object.entries(walkers).map(([who, caller]) => [who, reach(caller)])) as Record<Walker, Reach>
}

interface Comparison {
  readonly hole: string
  /** The caller's side, where it is one and no literal. */
  readonly left: readonly string[] | undefined
}

function comparisonsIn(defaults: PolicyDefaults, name: string, seen: Set<string>): readonly Comparison[] {
  const entry = defaults[name]
  if (!entry || seen.has(name)) return []
  seen.add(name)
  const rules = [entry.rule, ...(entry.deprecated ? [entry.deprecated.rule] : [])].map(parseRule)
  return rules.flatMap(rule => comparisonsOf(rule, other => comparisonsIn(defaults, other, seen)))
}

function comparisonsOf(rule: Rule, ofNamed: (name: string) => readonly Comparison[]): readonly Comparison[] {
  switch (rule.is) {
    case 'rule':
      return ofNamed(rule.name)
    case 'not':
      return comparisonsOf(rule.rule, ofNamed)
    case 'all':
    case 'any':
      return rule.rules.flatMap(one => comparisonsOf(one, ofNamed))
    case 'same': {
      const left = 'path' in rule.left ? rule.left.path : undefined
      return rule.right.flatMap(part => (typeof part === 'string' ? [] : [{ hole: part.hole, left }]))
    }
    default:
      return []
  }
}

function valueAt(caller: Caller, [name = '', ...rest]: readonly string[]): unknown {
  const field = callerField(name)
  let value: unknown = field && caller[field]
  for (const key of rest) value = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined
  return value
}
