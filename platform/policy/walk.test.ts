import { expect, test } from 'vitest'
import type { PolicyDefaults } from './policy.ts'
import { targetsOf, walk, walkers } from './walk.ts'

const rules = {
  admin: { rule: 'role:admin', about: '' },
  owner: { rule: 'user_id:%(target.user.id)s', about: '' },
  either: { rule: 'rule:admin or rule:owner', about: '' },
  'of the domain': { rule: 'role:reader and token.project.domain.id:%(domain_id)s', about: '' },
  older: { rule: 'role:admin and system_scope:all', about: '', deprecated: { rule: 'rule:owner' } },
  'not yours': { rule: 'not user_id:%(user_id)s', about: '' },
} satisfies PolicyDefaults

test('a rule reaches all, one’s own, others’ or none', () => {
  expect(walk(rules, 'admin')).toMatchObject({ reader: 'none', 'project admin': 'all', 'system reader': 'none', 'system admin': 'all' })
  expect(walk(rules, 'owner')).toMatchObject({ reader: 'own', 'system admin': 'own' })
  expect(walk(rules, 'either')).toMatchObject({ member: 'own', 'domain admin': 'all' })
  expect(walk(rules, 'of the domain')).toMatchObject({ reader: 'own', 'domain admin': 'none', 'system reader': 'none' })
  expect(walk(rules, 'older')).toMatchObject({ reader: 'own', 'project admin': 'own', 'system admin': 'all' })
  expect(walk(rules, 'not yours')).toMatchObject({ reader: 'foreign' })
})

test('the targets are filled by what the rule compares', () => {
  expect(targetsOf(rules, 'either', walkers.member)).toEqual({
    own: { 'target.user.id': 'u-m' },
    foreign: { 'target.user.id': 'foreign' },
  })
})
