import { collection } from '../versions/collection.ts'
import { defaultRuleAttributes } from './default-security-group-rule/attributes.ts'
import type { DefaultRule } from './default-security-group-rule/default-security-group-rule.ts'
import type { DefaultRuleLogic } from './logic.ts'

export const defaultRuleApi = (rules: DefaultRuleLogic) =>
  collection<DefaultRule>({
    name: 'default_security_group_rule',
    plural: 'default_security_group_rules',
    path: '/v2.0/default-security-group-rules',
    words: { one: 'a rule that new security groups begin with', many: 'the rules that new security groups begin with' },
    attributes: defaultRuleAttributes,
    logic: rules,
    only: ['list', 'show', 'create', 'delete'],
  })
