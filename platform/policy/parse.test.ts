import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { callerNames } from './caller.ts'
import { compile } from './compile.ts'
import { parseRule } from './parse.ts'
import { printRule, type Rule } from './rule.ts'

describe('reading a rule', () => {
  test.each([
    ['', '@'],
    ['   ', '@'],
    ['@', '@'],
    ['!', '!'],
    ['role:Admin', 'role:admin'],
    ['rule:owner', 'rule:owner'],
    ['user_id:%(target.user.id)s', 'user_id:%(target.user.id)s'],
    ['(user_id:%(user_id)s)', 'user_id:%(user_id)s'],
    ['((role:a) or (role:b and (not role:c)))', 'role:a or role:b and not role:c'],
    ['(role:a or role:b) and role:c', '(role:a or role:b) and role:c'],
    ['role:a or role:b and role:c', 'role:a or role:b and role:c'],
    ['role:a AND role:b OR role:c', 'role:a and role:b or role:c'],
    ['not not role:a', 'not not role:a'],
    ['not (role:a or role:b)', 'not (role:a or role:b)'],
    ["'literal':%(x)s", "'literal':%(x)s"],
    ['None:%(target.project.domain_id)s', 'None:%(target.project.domain_id)s'],
    ['is_admin:True or system_scope:all', 'is_admin:True or system_scope:all'],
    ['token.project.domain.id:%(target.domain.id)s', 'token.project.domain.id:%(target.domain.id)s'],
    ['project_id:100%%', 'project_id:100%%'],
    ['not field:networks:router:external=True', 'not field:networks:router:external=True'],
    ['field:port:device_owner=~^network:', 'field:port:device_owner=~^network:'],
  ])('%j reads as %j', (written, printed) => {
    expect(printRule(parseRule(written))).toBe(printed)
  })

  test.each([
    [[], '@'],
    [[['role:admin']], 'role:admin'],
    [['role:admin', ['role:member', 'project_id:%(project_id)s']], 'role:admin or role:member and project_id:%(project_id)s'],
    [[['rule:owner'], []], 'rule:owner'],
    [[[]], '!'],
  ])('the lists %j read as %j', (written, printed) => {
    expect(printRule(parseRule(written))).toBe(printed)
  })

  test.each([
    ['role:a and', 11, 'the rule ends where a check is due'],
    ['role:a role:b', 8, "'and' or 'or' is missing before 'role:b'"],
    ['(role:a', 1, "'(' without its ')'"],
    ['role:a)', 7, "')' without its '('"],
    ['admin', 1, "'admin' is not a check; one reads kind:value, as role:admin"],
    ["role:a or 'text'", 11, "''text'' is not a check; one reads kind:value, as role:admin"],
    ['role:a and usr_id:%(x)s', 12, "a caller has no 'usr_id'; did you mean 'user_id'?"],
    ['http://policy/%(x)s', 1, 'http: checks are not supported'],
    ['role:a or https://policy', 11, 'http: checks are not supported'],
    ['user_id:%(x', 9, "'%' begins no %(name)s"],
    [7, 1, 'a rule is a text or a list'],
    [[[7]], 1, 'a list of lists holds texts only'],
  ])('%j is refused at column %i', (written, column, message) => {
    expect(() => parseRule(written)).toThrow(expect.objectContaining({ column, message: expect.stringContaining(message) }))
  })
})

const word = fc.stringMatching(/^[a-z][a-z0-9_.-]{0,8}$/)
const text = fc.oneof(
  word.map(one => [one]),
  word.map(hole => [{ hole }]),
  fc.tuple(word, word).map(([a, hole]) => [`${a}%`, { hole }]),
)
const check: fc.Arbitrary<Rule> = fc.oneof(
  fc.constantFrom<Rule>({ is: 'always' }, { is: 'never' }),
  text.map((name): Rule => ({ is: 'role', name })),
  word.map((name): Rule => ({ is: 'rule', name })),
  fc.tuple(fc.constantFrom(...callerNames), text).map(([name, right]): Rule => ({ is: 'same', left: { path: [name] }, right })),
  fc
    .tuple(fc.constantFrom('None', 'True', '7'), text)
    .map(([literal, right]): Rule => ({ is: 'same', left: { literal, spelled: literal }, right })),
)
const { rule } = fc.letrec<{ rule: Rule }>(tie => ({
  rule: fc.oneof(
    { maxDepth: 4 },
    check,
    tie('rule').map((one): Rule => ({ is: 'not', rule: one })),
    fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((rules): Rule => ({ is: 'all', rules })),
    fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((rules): Rule => ({ is: 'any', rules })),
  ),
}))

test('what is printed reads back as the same rule', () => {
  fc.assert(
    fc.property(rule, one => {
      const flat = parseRule(printRule(one))
      expect(parseRule(printRule(flat))).toEqual(flat)
    }),
  )
})

test('what is printed means what was meant', () => {
  const caller = { userId: 'a', projectId: 'b', roles: ['a', 'c'] }
  const target = { a: 'a', b: 'b', c: null }
  const judge = (one: Rule) => compile(one, name => () => name < 'm')(caller, target)
  fc.assert(
    fc.property(rule, one => {
      expect(judge(parseRule(printRule(one)))).toBe(judge(one))
    }),
  )
})

test('no text makes the reader fail in any other way than by refusing', () => {
  const bits = fc.array(fc.constantFrom('(', ')', 'and', 'or', 'not', 'role:a', '%', ':', ' ', "'", '@', '!', 'user_id:%(x)s'))
  fc.assert(
    fc.property(bits, parts => {
      try {
        parseRule(parts.join(' '))
      } catch (error) {
        expect((error as Error).name).toBe('RuleError')
      }
    }),
  )
})
