import { collection } from '../versions/collection.ts'
import type { MeteringLogic } from './logic.ts'
import { type MeteringLabel, type MeteringRule, meteringLabelAttributes, meteringRuleAttributes } from './metering/metering.ts'

export const meteringApi = ({ labels, rules }: MeteringLogic) => [
  ...collection<MeteringLabel>({
    name: 'metering_label',
    plural: 'metering_labels',
    path: '/v2.0/metering/metering-labels',
    words: { one: 'a metering label', many: 'the metering labels' },
    attributes: meteringLabelAttributes,
    logic: labels,
    only: ['list', 'show', 'create', 'delete'],
  }),
  ...collection<MeteringRule>({
    name: 'metering_label_rule',
    plural: 'metering_label_rules',
    path: '/v2.0/metering/metering-label-rules',
    words: { one: 'a rule of a metering label', many: 'the rules of metering labels' },
    attributes: meteringRuleAttributes,
    logic: rules,
    only: ['list', 'show', 'create', 'delete'],
  }),
]
