import { type Caller, callerField } from './caller.ts'
import type { Field, Left, Rule, Text } from './rule.ts'

/** What is acted on, under the names rules use: flat (`'target.user.id': …`) or nested (`target: { user: { id: … } }`). */
export type Target = Readonly<Record<string, unknown>>

export type Judge = (caller: Caller, target: Target) => boolean

/** A rule as a closure; `judgeOf` gives the closures of the rules it names. */
export function compile(rule: Rule, judgeOf: (name: string) => Judge): Judge {
  switch (rule.is) {
    case 'always':
      return () => true
    case 'never':
      return () => false
    case 'role':
      return compileRole(rule.name)
    case 'rule':
      return judgeOf(rule.name)
    case 'same':
      return compileSame(rule.left, rule.right)
    case 'field':
      return compileField(rule)
    case 'not': {
      const judge = compile(rule.rule, judgeOf)
      return (caller, target) => !judge(caller, target)
    }
    case 'all': {
      const judges = rule.rules.map(one => compile(one, judgeOf))
      return (caller, target) => judges.every(judge => judge(caller, target))
    }
    case 'any': {
      const judges = rule.rules.map(one => compile(one, judgeOf))
      return (caller, target) => judges.some(judge => judge(caller, target))
    }
  }
}

function compileRole(name: Text): Judge {
  const fill = compileText(name)
  return ({ roles }, target) => {
    const wanted = fill(target)?.toLowerCase()
    return wanted !== undefined && roles.some(role => role === wanted || role.toLowerCase() === wanted)
  }
}

/**
 * NOTE: oslo.policy compares Python's `str()` of both sides, so that a caller without a domain "owns" a target without one ('None' is
 * 'None'). Here what the caller lacks equals only a `None` that the rule itself spells out (`project_id:None`).
 */
function compileSame(left: Left, right: Text): Judge {
  const fill = compileText(right)
  if ('literal' in left) return (_, target) => fill(target) === left.literal
  const [name = '', ...rest] = left.path
  const field = callerField(name)
  const spelledNone = right.length === 1 && right[0] === 'None'
  if (field === undefined) return () => false
  return (caller, target) => {
    const value: unknown = caller[field]
    if (value === undefined || value === null) return spelledNone && rest.length === 0
    const wanted = fill(target)
    if (wanted === undefined) return false
    return typeof value === 'string' && rest.length === 0 ? value === wanted : holds(value, rest, wanted)
  }
}

/** An attribute that is absent fits nothing; `~` begins a pattern that must fit from the start. */
function compileField({ field, value }: Field): Judge {
  const pattern = value.startsWith('~') ? new RegExp(`^(?:${value.slice(1)})`) : undefined
  return (_, target) => {
    const found = Object.hasOwn(target, field) ? spell(target[field]) : undefined
    if (found === undefined) return false
    return pattern ? pattern.test(found) : found === value
  }
}

/** Whether the value at the path prints as `wanted`; a list holds it when one of its entries does. */
function holds(value: unknown, path: readonly string[], wanted: string): boolean {
  if (Array.isArray(value)) return value.some(entry => holds(entry, path, wanted))
  const [key, ...rest] = path
  if (key === undefined) return spell(value) === wanted
  return isRecord(value) && Object.hasOwn(value, key) && holds(value[key], rest, wanted)
}

/** The text with its holes filled, or nothing when the target lacks one of them. */
export function compileText(text: Text): (target: Target) => string | undefined {
  const [only, ...more] = text
  if (only === undefined) return () => ''
  if (more.length === 0) return typeof only === 'string' ? () => only : compileHole(only.hole)
  const parts = text.map(part => (typeof part === 'string' ? () => part : compileHole(part.hole)))
  return target => {
    let filled = ''
    for (const part of parts) {
      const piece = part(target)
      if (piece === undefined) return undefined
      filled += piece
    }
    return filled
  }
}

function compileHole(hole: string): (target: Target) => string | undefined {
  const path = hole.split('.')
  return target => {
    if (Object.hasOwn(target, hole)) return spell(target[hole])
    let value: unknown = target
    for (const key of path) {
      if (!isRecord(value) || !Object.hasOwn(value, key)) return undefined
      value = value[key]
    }
    return spell(value)
  }
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> => typeof value === 'object' && value !== null

/** As Python prints it, since policy files compare with what Python prints. An absent value is nothing, a null is `None`. */
function spell(value: unknown): string | undefined {
  if (typeof value === 'string' || value === undefined) return value
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  return typeof value === 'number' || typeof value === 'bigint' ? String(value) : JSON.stringify(value)
}
