import { execFileSync } from 'node:child_process'
import { parseRule } from '@kilonova/platform/policy/parse.ts'
import { type Policy, type PolicyDefault, type PolicyDefaults, policy } from '@kilonova/platform/policy/policy.ts'
import { printRule } from '@kilonova/platform/policy/rule.ts'
import { targetsOf, walkers } from '@kilonova/platform/policy/walk.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { expect, test } from 'vitest'
import { policies } from './policies.ts'

/** The rules of Debian's Keystone (package python3-keystone), and its answers to callers and targets of ours, by oslo.policy. */
const askKeystone = `
import json, logging, sys, warnings
warnings.simplefilter('ignore')
logging.disable(logging.CRITICAL)
from oslo_config import cfg
from oslo_policy import policy
from keystone.common import policies
rules = list(policies.list_rules())
enforcer = policy.Enforcer(cfg.ConfigOpts())
enforcer.conf([], project='test', default_config_files=[])
enforcer.suppress_deprecation_warnings = True
enforcer.register_defaults(rules)
enforcer.load_rules()
print(json.dumps({
  'rules': [{
    'name': one.name, 'rule': one.check_str, 'scopes': one.scope_types or [],
    'before': one.deprecated_rule.check_str if one.deprecated_rule else None,
  } for one in rules],
  'answers': [bool(enforcer.rules[name](target, creds, enforcer)) if name in enforcer.rules else None
              for name, creds, target in json.load(sys.stdin)],
}))
`

interface Theirs {
  readonly rules: readonly { name: string; rule: string; scopes: readonly string[]; before: string | null }[]
  readonly answers: readonly (boolean | null)[]
}

/** Rules only we have. */
const ours = new Set(['identity:follow_changes', 'identity:follow_all_changes'])
const defaults: PolicyDefaults = policies
const names = Object.keys(policies).filter(name => !ours.has(name))

const asOslo = (caller: Caller) => ({
  roles: caller.roles,
  user_id: caller.userId,
  user_domain_id: caller.userDomainId ?? null,
  project_id: caller.projectId ?? null,
  project_domain_id: caller.projectDomainId ?? null,
  domain_id: caller.domainId ?? null,
  system_scope: caller.systemScope ?? null,
  is_admin: caller.isAdmin ?? false,
  token: caller.token,
})

const cases = names.flatMap(name =>
  Object.values<Caller>(walkers).flatMap(caller => {
    const { own, foreign } = targetsOf(defaults, name, caller)
    return [own, foreign, {}].map(target => ({ name, caller, target }))
  }),
)
const theirs: Theirs = JSON.parse(
  execFileSync('/usr/bin/python3', ['-c', askKeystone], {
    input: JSON.stringify(cases.map(({ name, caller, target }) => [name, asOslo(caller), target])),
    maxBuffer: 2 ** 26,
  }).toString(),
)

test('every rule of Keystone is one of ours, and the other way round', () => {
  expect(theirs.rules.map(({ name }) => name).sort()).toEqual([...names].sort())
})

const print = (rule: string) => printRule(parseRule(rule))

test('every rule says what Keystone’s says, before and now, for the same scopes', () => {
  const spelled = (entry: Pick<PolicyDefault, 'rule' | 'scopes' | 'deprecated'>) => ({
    rule: print(entry.rule),
    scopes: [...(entry.scopes ?? [])].sort(),
    before: entry.deprecated ? print(entry.deprecated.rule) : null,
  })
  for (const { name, rule, scopes, before } of theirs.rules) {
    const entry = defaults[name]
    if (entry)
      expect({ name, ...spelled(entry) }).toEqual({
        name,
        rule: print(rule),
        scopes: [...scopes].sort(),
        before: before === null ? null : print(before),
      })
  }
})

test('Keystone and we let the same callers do the same', () => {
  const rules = policy({ defaults: policies }) as Policy
  const apart = cases.flatMap(({ name, caller, target }, at) => {
    const mine = rules.check(name, caller, target)
    return mine === theirs.answers[at] ? [] : [{ name, roles: caller.roles, target, mine, keystone: theirs.answers[at] }]
  })
  expect(apart).toEqual([])
  expect(theirs.answers.filter(one => one === true).length).toBeGreaterThan(500)
})
