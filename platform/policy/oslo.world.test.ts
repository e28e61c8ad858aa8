import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Caller } from './caller.ts'
import { policy } from './policy.ts'

/** The same rules, callers and targets before Debian's oslo.policy (package python3-oslo.policy) and before us. */
const checks = [
  'role:admin',
  'role:Member',
  'role:%(wanted)s',
  'user_id:%(target.user.id)s',
  'project_id:%(project_id)s',
  'domain_id:d1',
  "'shared':%(visibility)s",
  'None:%(parent)s',
  'True:%(shared)s',
  '7:%(count)s',
  'is_admin:True',
  'is_admin:False',
  'system_scope:all',
  'service_roles:service',
  'token.user.domain.id:%(target.user.id)s',
  'rule:owner',
  '@',
  '!',
]
const rule = fc.letrec<{ rule: string }>(tie => ({
  rule: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(...checks),
    fc.tuple(tie('rule'), fc.constantFrom('and', 'or', 'AND'), tie('rule')).map(parts => parts.join(' ')),
    tie('rule').map(one => `(${one})`),
    tie('rule').map(one => `not (${one})`),
  ),
})).rule
const some = <T>(...values: readonly T[]) => fc.constantFrom(...values)
const caller: fc.Arbitrary<Caller> = fc.record({
  roles: fc.subarray(['Admin', 'member', 'reader']),
  serviceRoles: fc.subarray(['service', 'reader']),
  userId: some('u1', 'u2'),
  projectId: some('p1', undefined),
  domainId: some('d1', undefined),
  systemScope: some('all' as const, undefined),
  isAdmin: fc.boolean(),
  token: some({}, { user: { domain: { id: 'u1' } } }),
})
const target = fc.record(
  {
    wanted: some('admin', 'READER'),
    'target.user.id': some('u1', 'u3'),
    project_id: some('p1', 'p2'),
    visibility: some('shared', 'private'),
    parent: some(null, 'x'),
    shared: fc.boolean(),
    count: some(7, 8),
  },
  { requiredKeys: [] },
)

const asOslo = (one: Caller) => ({
  roles: one.roles,
  service_roles: one.serviceRoles,
  user_id: one.userId,
  project_id: one.projectId ?? null,
  domain_id: one.domainId ?? null,
  system_scope: one.systemScope ?? null,
  is_admin: one.isAdmin,
  token: one.token,
})

test('oslo.policy and we agree on two thousand rules', () => {
  const cases = fc.sample(fc.tuple(rule, caller, target), { numRuns: 2000, seed: 7 })
  const asked = JSON.stringify(cases.map(([written, who, what]) => [written, asOslo(who), what]))
  const theirs: unknown = JSON.parse(
    execFileSync('/usr/bin/python3', [join(import.meta.dirname, 'ask-oslo.py')], { input: asked }).toString(),
  )
  const ours = cases.map(([written, who, what]) => {
    const defaults = { it: { rule: written, about: '' }, owner: { rule: 'user_id:%(target.user.id)s', about: '' } }
    return policy({ defaults }).check('it', who, what)
  })
  const apart = cases.filter((_, at) => ours[at] !== (theirs as boolean[])[at])
  expect(apart).toEqual([])
  expect(new Set(ours).size).toBe(2)
})
