import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller } from './caller.ts'
import { readOverrides } from './overrides.ts'
import { policy } from './policy.ts'

const nobody: Caller = { roles: [] }
const admin: Caller = { userId: 'ada', userDomainId: 'd1', projectId: 'p1', projectDomainId: 'd1', roles: ['Admin', 'member'] }
const reader: Caller = {
  userId: 'bob',
  domainId: 'd1',
  roles: ['reader'],
  serviceRoles: ['service'],
  token: { user: { domain: { id: 'd1' } } },
}
const system: Caller = { userId: 'cyd', systemScope: 'all', roles: ['reader'], isAdmin: true }

const may = (rule: string, caller: Caller, target = {}) =>
  policy({ defaults: { it: { rule, about: 'a rule under test' } } }).check('it', caller, target)

const yaml = (content: string) => readOverrides('policy.yaml', content)

describe('a check', () => {
  test.each([
    ['', nobody, {}, true],
    ['@', nobody, {}, true],
    ['!', admin, {}, false],
    ['role:admin', admin, {}, true],
    ['role:ADMIN', admin, {}, true],
    ['role:admin', reader, {}, false],
    ['role:%(wanted)s', admin, { wanted: 'MEMBER' }, true],
    ['role:%(wanted)s', admin, {}, false],
    ['field:networks:shared=True', nobody, { shared: true }, true],
    ['field:networks:shared=True', nobody, {}, false],
    ['field:port:device_owner=~^network:', nobody, { device_owner: 'network:dhcp' }, true],
    ['field:port:device_owner=~^network:', nobody, { device_owner: 'compute:nova' }, false],
    ['user_id:%(target.user.id)s', admin, { 'target.user.id': 'ada' }, true],
    ['user_id:%(target.user.id)s', admin, { target: { user: { id: 'ada' } } }, true],
    ['user_id:%(target.user.id)s', admin, { target: { user: {} } }, false],
    ['user_id:%(target.user.id)s', admin, {}, false],
    ['project_id:%(project_id)s', admin, { project_id: 'p1' }, true],
    ['tenant_id:%(network:tenant_id)s', admin, { 'network:tenant_id': 'p1' }, true],
    ['domain_id:%(target.domain.id)s', reader, { 'target.domain.id': 'd1' }, true],
    ["'shared':%(visibility)s", nobody, { visibility: 'shared' }, true],
    ["'shared':%(visibility)s", nobody, { visibility: 'private' }, false],
    ['None:%(target.project.domain_id)s', nobody, { 'target.project.domain_id': null }, true],
    ['None:%(target.project.domain_id)s', nobody, {}, false],
    ['True:%(shared)s', nobody, { shared: true }, true],
    ['7:%(count)s', nobody, { count: 7 }, true],
    ['is_admin:True', system, {}, true],
    ['is_admin:True', admin, {}, false],
    ['system_scope:all', system, {}, true],
    ['system_scope:all', admin, {}, false],
    ['service_roles:service', reader, {}, true],
    ['token.user.domain.id:%(domain)s', reader, { domain: 'd1' }, true],
    ['token.user.domain.name:%(domain)s', reader, { domain: 'd1' }, false],
    ['project_id:%(a)s-%(b)s', { roles: [], projectId: 'x-y' }, { a: 'x', b: 'y' }, true],
    ['project_id:None', reader, {}, true],
    ['role:a or role:admin and role:member', admin, {}, true],
    ['(role:a or role:admin) and role:b', admin, {}, false],
    ['not role:admin', reader, {}, true],
  ])('%j', (rule, caller, target, answer) => {
    expect(may(rule, caller, target)).toBe(answer)
  })

  test('does not take a caller without a domain for the owner of a thing without a domain', () => {
    expect(may('domain_id:%(target.role.domain_id)s', admin, { 'target.role.domain_id': null })).toBe(false)
  })

  test('does not find what a target only inherits', () => {
    expect(may("'x':%(constructor)s", nobody, {})).toBe(false)
    expect(may("'x':%(a.constructor.name)s", nobody, { a: {} })).toBe(false)
  })

  test('follows de Morgan', () => {
    const callers = fc.subarray(['a', 'b', 'c']).map((roles): Caller => ({ roles }))
    const names = fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('a', 'b', 'c'))
    fc.assert(
      fc.property(callers, names, (caller, [p, q]) => {
        expect(may(`not (role:${p} and role:${q})`, caller)).toBe(may(`not role:${p} or not role:${q}`, caller))
        expect(may(`not (role:${p} or role:${q})`, caller)).toBe(may(`not role:${p} and not role:${q}`, caller))
      }),
    )
  })
})

const defaults = {
  admin_required: { rule: 'role:admin', about: 'helper' },
  'identity:list_regions': { rule: '', about: 'list regions', scopes: ['system', 'domain', 'project'] },
  'identity:create_region': {
    rule: 'role:admin and system_scope:all',
    about: 'create a region',
    scopes: ['system'],
    deprecated: { rule: 'rule:admin_required', name: 'identity:make_region' },
  },
} as const

describe("defaults and an operator's file", () => {
  test('a deprecated rule suffices until new defaults are enforced', () => {
    expect(policy({ defaults }).check('identity:create_region', admin)).toBe(true)
    expect(policy({ defaults, enforceNewDefaults: true }).check('identity:create_region', admin)).toBe(false)
  })

  test('an override replaces the default and its deprecated rule', () => {
    const rules = policy({ defaults, overrides: yaml('"identity:create_region": "role:reader"') })
    expect(rules.check('identity:create_region', admin)).toBe(false)
    expect(rules.check('identity:create_region', reader)).toBe(true)
  })

  test('an override under the older name still counts', () => {
    const rules = policy({ defaults, overrides: yaml('"identity:make_region": "role:reader"') })
    expect(rules.check('identity:create_region', reader)).toBe(true)
    expect(rules.warnings).toEqual([])
  })

  test('an override may name rules of its own, and lists of lists', () => {
    const rules = policy({ defaults, overrides: yaml('{"owner": [["role:reader"]], "identity:list_regions": "rule:owner"}') })
    expect([rules.check('identity:list_regions', reader), rules.check('identity:list_regions', admin)]).toEqual([true, false])
    expect(rules.warnings).toEqual([])
  })

  test('scopes count only when they are enforced', () => {
    expect(policy({ defaults }).check('identity:create_region', admin)).toBe(true)
    const strict = policy({ defaults, enforceScope: true })
    expect(strict.check('identity:create_region', admin)).toBe(false)
    expect(strict.check('identity:create_region', { systemScope: 'all', roles: ['admin'] })).toBe(true)
    expect(strict.explain('identity:create_region', admin)).toContain('a token scoped to a project does not do, only system')
  })

  test('an entry that guards nothing is warned about, with the nearest name', () => {
    const { warnings } = policy({ defaults, overrides: yaml('"identity:list_region": "@"\n"zzz": "@"') })
    expect(warnings).toEqual([
      "policy.yaml: 'identity:list_region' guards nothing; did you mean 'identity:list_regions'?",
      "policy.yaml: 'zzz' guards nothing",
    ])
  })

  test.each([
    [
      '"identity:list_regions": "role:admin and"',
      "policy.yaml: rule 'identity:list_regions', column 15: the rule ends where a check is due",
    ],
    ['"identity:list_regions": "rule:admin_requird"', "names 'rule:admin_requird', which does not exist; did you mean 'admin_required'?"],
    ['a: "rule:b"\nb: "role:x or rule:c"\nc: "not rule:a"', 'policy.yaml: rules in a circle: a → b → c → a'],
    ['admin_required: "rule:admin_required"', 'rules in a circle: admin_required → admin_required'],
    ['- a', 'policy.yaml: a policy file is a table from name to rule'],
    ['"a: b', 'policy.yaml: Missing closing'],
    ['a: 7', "policy.yaml: rule 'a', column 1: a rule is a text or a list"],
  ])('the file %j is refused in one line', (content, message) => {
    expect(() => policy({ defaults, overrides: yaml(content) })).toThrow(
      expect.objectContaining({ message: expect.stringContaining(message) }),
    )
    expect(() => policy({ defaults, overrides: yaml(content) })).not.toThrow(/\n/)
  })

  test('an empty file overrides nothing', () => {
    expect(policy({ defaults, overrides: yaml('') }).warnings).toEqual([])
  })

  test('a name outside the defaults is a defect, not a refusal', () => {
    expect(() => policy<string>({ defaults }).check('identity:nothing', admin)).toThrow("no policy is named 'identity:nothing'")
  })
})

describe('an explanation', () => {
  const guard = (rule: string) => policy({ defaults: { ...defaults, it: { rule, about: '' } }, enforceNewDefaults: true })

  test('is nothing for who may', () => {
    expect(guard('role:admin').explain('it', admin)).toBeUndefined()
  })

  test.each([
    ['role:admin', "it: needs the role 'admin', has 'reader'"],
    ['rule:admin_required and role:reader', "it: admin_required: needs the role 'admin', has 'reader'"],
    ['role:admin and system_scope:all', "it: needs the role 'admin', has 'reader', and needs system_scope:all, which is 'all' here"],
    ['user_id:%(target.user.id)s', "it: needs user_id:%(target.user.id)s, which is 'ada' here"],
    ['user_id:%(target.group.id)s', 'it: user_id:%(target.group.id)s needs what the target does not have'],
    ['not role:reader', 'it: must not be role:reader'],
    ['role:admin or !', "it: none of: (needs the role 'admin', has 'reader') (nobody may)"],
  ])('of %j says what was missing', (rule, words) => {
    expect(guard(rule).explain('it', reader, { 'target.user.id': 'ada' })).toBe(words)
  })
})
