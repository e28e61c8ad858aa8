import { callerField, callerNames } from './caller.ts'
import { nearest } from '../config/near.ts'
import { always, type Left, never, type Rule, type Text } from './rule.ts'

/**
 * Reads OpenStack's policy language as oslo.policy does, with one difference: what oslo.policy logs and then treats as "nobody may" is
 * refused here, with the column, so that a slip of the pen shows at start-up and not as a mysterious 403.
 *
 * `and` binds tighter than `or`, `not` tighter than both. A word is whatever stands between blanks and parentheses.
 */
export class RuleError extends Error {
  /** Counted from 1, in characters. */
  readonly column: number
  constructor(message: string, column: number) {
    super(message)
    this.name = 'RuleError'
    this.column = column
  }
}

/** A rule as a policy file holds it: text, or the list of lists of the oldest files (an `or` of `and`s). */
export function parseRule(written: unknown): Rule {
  if (typeof written === 'string') return parseText(written)
  if (Array.isArray(written)) return parseLists(written)
  throw new RuleError('a rule is a text or a list', 1)
}

function parseLists(lists: readonly unknown[]): Rule {
  if (lists.length === 0) return always
  const rows = lists.map(row => (Array.isArray(row) ? row : [row])).filter(row => row.length > 0)
  const checks = rows.map(row => gather('all', row.map(parseListedCheck)))
  return checks.length === 0 ? never : gather('any', checks)
}

/** In a list each entry is one check, so it may hold blanks (`role:cloud admin`). */
function parseListedCheck(entry: unknown): Rule {
  if (typeof entry !== 'string') throw new RuleError('a list of lists holds texts only', 1)
  return parseCheck({ text: entry, column: 1 })
}

type Word = { readonly text: string; readonly column: number }

function parseText(text: string): Rule {
  if (text.trim() === '') return always
  const words = new Words(splitWords(text), text.length + 1)
  const rule = parseAny(words)
  const rest = words.peek()
  if (rest) {
    const what = rest.text === ')' ? "')' without its '('" : `'and' or 'or' is missing before '${rest.text}'`
    throw new RuleError(what, rest.column)
  }
  return rule
}

class Words {
  private at = 0
  private readonly words: readonly Word[]
  readonly end: number
  constructor(words: readonly Word[], end: number) {
    this.words = words
    this.end = end
  }
  peek(): Word | undefined {
    return this.words[this.at]
  }
  next(): Word | undefined {
    return this.words[this.at++]
  }
  takes(keyword: string): boolean {
    const found = this.peek()?.text.toLowerCase() === keyword
    if (found) this.at++
    return found
  }
}

/** Parentheses at a word's ends stand alone; those inside (`%(project_id)s`) belong to it. */
function splitWords(text: string): readonly Word[] {
  return [...text.matchAll(/\S+/g)].flatMap(({ 0: found, index }) => {
    const opening = found.match(/^\(*/)?.[0].length ?? 0
    const closing = found.slice(opening).match(/\)*$/)?.[0].length ?? 0
    const body = found.slice(opening, found.length - closing)
    const mark = (sign: string, count: number, from: number) =>
      Array.from({ length: count }, (_, i) => ({ text: sign, column: from + i + 1 }))
    return [
      ...mark('(', opening, index),
      ...(body ? [{ text: body, column: index + opening + 1 }] : []),
      ...mark(')', closing, index + opening + body.length),
    ]
  })
}

const parseAny = (words: Words): Rule => parseChain(words, 'any', 'or', parseAll)
const parseAll = (words: Words): Rule => parseChain(words, 'all', 'and', parseNot)

function parseChain(words: Words, is: 'any' | 'all', keyword: string, operand: (words: Words) => Rule): Rule {
  const rules = [operand(words)]
  while (words.takes(keyword)) rules.push(operand(words))
  return gather(is, rules)
}

const gather = (is: 'any' | 'all', rules: readonly Rule[]): Rule => {
  const [only, ...more] = rules
  if (only && more.length === 0) return only
  return { is, rules: rules.flatMap(rule => (rule.is === is ? rule.rules : [rule])) }
}

function parseNot(words: Words): Rule {
  if (words.takes('not')) return { is: 'not', rule: parseNot(words) }
  const word = words.next()
  if (!word) throw new RuleError('the rule ends where a check is due', words.end)
  if (word.text !== '(') return parseCheck(word)
  const inside = parseAny(words)
  if (!words.takes(')')) throw new RuleError("'(' without its ')'", word.column)
  return inside
}

function parseCheck({ text, column }: Word): Rule {
  if (text === '@') return always
  if (text === '!') return never
  const colon = text.indexOf(':')
  if (colon < 1) throw new RuleError(`'${text}' is not a check; one reads kind:value, as role:admin`, column)
  const [kind, match] = [text.slice(0, colon), text.slice(colon + 1)]
  if (kind === 'rule') return { is: 'rule', name: match }
  if (kind === 'http' || kind === 'https')
    throw new RuleError('http: checks are not supported: policy is decided in this process, never by asking another one', column)
  if (kind === 'field') return parseField(match, column + colon + 1)
  const right = parseTemplate(match, column + colon + 1)
  return kind === 'role' ? { is: 'role', name: lowerCase(right) } : { is: 'same', left: parseLeft(kind, column), right }
}

/** The attribute's name may hold colons (`router:external`); it ends at the first `=`. */
function parseField(match: string, column: number): Rule {
  const [, resource, field, value] = /^([^:=]+):([^=]+)=(.*)$/.exec(match) ?? []
  if (resource === undefined || field === undefined || value === undefined)
    throw new RuleError('a field check reads field:resource:attribute=value', column)
  if (value.startsWith('~') && !isPattern(value.slice(1))) throw new RuleError(`'${value.slice(1)}' is no regular expression`, column)
  return { is: 'field', resource, field, value }
}

function isPattern(text: string): boolean {
  try {
    return Boolean(new RegExp(text))
  } catch {
    return false
  }
}

const lowerCase = (text: Text): Text => text.map(part => (typeof part === 'string' ? part.toLowerCase() : part))

function parseLeft(kind: string, column: number): Left {
  const quoted = kind.match(/^(['"])(.*)\1$/)
  if (quoted) return { literal: quoted[2] ?? '', spelled: kind }
  if (/^(None|True|False|-?\d+(\.\d+)?)$/.test(kind)) return { literal: kind, spelled: kind }
  const path = kind.split('.')
  const first = path[0] ?? ''
  if (!callerField(first)) {
    const guess = nearest(first, [...callerNames, 'role', 'rule'])
    throw new RuleError(`a caller has no '${first}'${guess ? `; did you mean '${guess}'?` : ''}`, column)
  }
  return { path }
}

/** `a%(b)sc` → ['a', { hole: 'b' }, 'c']; `%%` is one percent sign. */
function parseTemplate(match: string, column: number): Text {
  const parts: (string | { hole: string })[] = []
  let plain = ''
  for (const { 0: piece, 1: hole, index } of match.matchAll(/%\(([^)]*)\)s|%%|%|[^%]+/g)) {
    if (piece === '%') throw new RuleError("'%' begins no %(name)s; write %% for a percent sign", column + index)
    if (hole === undefined) plain += piece === '%%' ? '%' : piece
    else {
      if (plain) parts.push(plain)
      parts.push({ hole })
      plain = ''
    }
  }
  if (plain) parts.push(plain)
  return parts
}
