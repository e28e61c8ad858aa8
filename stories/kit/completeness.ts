import type { Declared } from '@kilonova/platform/http/declared.ts'
import { type Endpoint, isOpen } from '@kilonova/platform/http/endpoint.ts'
import { flat, unusedRungs } from '@kilonova/platform/http/openapi.ts'
import type { Ladder } from '@kilonova/platform/ladder.ts'
import { parseRule } from '@kilonova/platform/policy/parse.ts'
import type { PolicyDefault } from '@kilonova/platform/policy/policy.ts'
import { namesIn } from '@kilonova/platform/policy/rule.ts'
import { describe, expect, test } from 'vitest'
import { testDoor } from './door.ts'

export interface Excuses {
  /** Rules that `run` asks by `may`, which the declarations do not show. May only shrink to what is true: an excuse nobody needs fails. */
  readonly askedInside?: readonly string[]
  /** Rules that guard nothing and are kept because operators' files and OpenStack's own lists name them. */
  readonly unasked?: readonly string[]
  /** Rungs whose change is no field, route or status: a sort order, a header. */
  readonly rungs?: readonly string[]
}

/** Tests that a service's routes, rules and versions fit together, for its `routes.test.ts`. */
export function testsOfRoutes(declared: Declared, { askedInside = [], unasked = [], rungs = [] }: Excuses = {}) {
  const endpoints = flat(declared.endpoints)
  describe('every route', () => {
    test('has a rule that exists', () => {
      const named = endpoints.flatMap(({ policy }) => (isOpen(policy) ? [] : [policy]))
      expect([...named, ...askedInside].filter(name => !Object.hasOwn(declared.policies, name))).toEqual([])
    })

    test('is the only one of its method, path, action and version', () => {
      expect(clashes(endpoints, declared.versions)).toEqual([])
    })

    test('that is not open answers 401 to a stranger and to a bad token', async () => {
      expect(await letIn(declared, endpoints)).toEqual([])
    })
  })

  test('every rule whose route exists guards something', () => {
    const idle = idleRules(declared.policies, endpoints)
    const excused = [...askedInside, ...unasked]
    expect(idle.filter(name => !excused.includes(name))).toEqual([])
    expect(excused.filter(name => !idle.includes(name) && operationsIn(declared.policies[name]).length > 0)).toEqual([])
  })

  test('every rung of the ladder is used', () => {
    expect(unusedRungs(declared, rungs)).toEqual([])
  })
}

const shape = (path: string) => path.replaceAll(/\{[^}]*\}/g, '{}')

function clashes(endpoints: readonly Endpoint[], versions: Ladder): readonly string[] {
  const alike = Map.groupBy(endpoints, ({ method, path, action }) => [method, shape(path), action].join(' '))
  return [...alike].flatMap(([name, group]) => {
    const seen = (version: string) =>
      group.filter(one => versions.sees(version, { from: one.since, to: one.until, what: undefined })).length
    return group.length > 1 && versions.order.some(version => seen(version) > 1) ? [name] : []
  })
}

async function letIn(declared: Declared, endpoints: readonly Endpoint[]): Promise<readonly string[]> {
  const door = await testDoor({ ...declared, callers: {} })
  const wrong: string[] = []
  for (const { method, path, policy } of endpoints) {
    if (isOpen(policy)) continue
    const route = `${method} ${path.replaceAll(/\{\w+\}/g, 'some-id')}`
    for (const more of [{}, { as: 'a-bad-token' }]) {
      const { status } = await door.ask(route, more)
      if (status !== 401) wrong.push(`${route} answered ${status} to ${'as' in more ? 'a bad token' : 'a stranger'}`)
    }
  }
  await door.close()
  return wrong
}

/** Rules that say which operation they guard, whose operation is served, and which nothing names. */
function idleRules(policies: Declared['policies'], endpoints: readonly Endpoint[]): readonly string[] {
  const rules = Object.values(policies).flatMap(({ rule, deprecated }) => [rule, ...(deprecated ? [deprecated.rule] : [])])
  const used = new Set([
    ...endpoints.flatMap(({ policy }) => (isOpen(policy) ? [] : [policy])),
    ...rules.flatMap(rule => namesIn(parseRule(rule))),
  ])
  const isServed = ({ method, path }: Operation) =>
    endpoints.some(
      one => one.method === method && (shape(one.path) === shape(path) || shape(one.path).replace(/^\/v[\d.]+/, '') === shape(path)),
    )
  return Object.entries(policies).flatMap(([name, entry]) => (!used.has(name) && operationsIn(entry).some(isServed) ? [name] : []))
}

interface Operation {
  readonly method: string
  readonly path: string
}

/** `GET /users/{user_id} and 2 more` names one operation. */
const operationsIn = (entry: PolicyDefault | undefined): readonly Operation[] =>
  [...(entry?.about ?? '').matchAll(/\b(GET|HEAD|POST|PUT|PATCH|DELETE)\s+(\/[^\s?]*)/g)].map(([, method = '', path = '']) => ({
    method,
    path,
  }))
