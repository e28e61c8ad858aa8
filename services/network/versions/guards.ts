import type { May } from '@kilonova/platform/http/endpoint.ts'
import { type Attributes, isGuarded, repr } from '../attributes/attribute/attribute.ts'
import { refuseBadRequest, refuseForbidden } from '../refusals/refusal.ts'
import type { Sent } from './bodies.ts'

/** The rules of single attributes that a body asks: for what it says otherwise than nobody would have said. */
export const guardedRules = (act: 'create' | 'update', name: string, attributes: Attributes, sent: Sent): readonly string[] =>
  Object.entries(sent).flatMap(([field, value]) => {
    const one = attributes[field]
    if (!one || !isGuarded(one, act === 'create' ? 'c' : 'u')) return []
    if (act === 'create' && one.fallback !== undefined && repr(value) === repr(one.fallback)) return []
    const rule = `${act}_${name}:${field}`
    const members = new Set([value].flat().flatMap(part => (typeof part === 'object' && part !== null ? Object.keys(part) : [])))
    return [rule, ...one.guards.filter(member => members.has(member)).map(member => `${rule}:${member}`)]
  })

export function refuseUnless(may: May, rules: readonly string[], target: Sent): void {
  if (rules.every(rule => may(rule, target))) return
  const names = rules.map(rule => `rule:${rule}`).join(' and ')
  refuseForbidden('PolicyNotAuthorized', `${rules.length > 1 ? `(${names})` : names} is disallowed by policy`)
}

/** `If-Match: revision_number=3`: the change is wanted only of what the client has seen. */
export function revisionIn(headers: Readonly<Record<string, string | string[] | undefined>>): number | undefined {
  const tags = [headers['if-match'] ?? []]
    .flat()
    .flatMap(value => value.split(','))
    .map(tag => tag.trim().replaceAll('"', ''))
    .filter(tag => tag.startsWith('revision_number='))
  const [tag, another] = tags
  if (tag === undefined) return undefined
  if (another !== undefined) return refuseBadRequest('if-match', 'Multiple revision_number etags are not supported.')
  const number = tag.slice('revision_number='.length)
  return /^\d+$/.test(number)
    ? Number(number)
    : refuseBadRequest('if-match', 'Revision number etag must be in the format of revision_number=<int>')
}
