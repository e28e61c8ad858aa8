import { overlap, parseBlock } from '../addresses/address.ts'
import { everybody, where } from '../listings/listing.ts'
import { refuseConflict, refuseInput, refuseUnknown } from '../refusals/refusal.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { LabelWish, MeteringLabel, MeteringRule, MeteringRuleWish } from './metering/metering.ts'
import type { LabelStore, MeteringRuleStore } from './store.ts'

export interface Rooms extends Tools {
  readonly labels: LabelStore
  readonly rules: MeteringRuleStore
}

/** The rules of metering: no traffic counts twice under one label in one direction. */
export function meteringLogic({ labels, rules, ...tools }: Rooms) {
  const ofLabel = usualLogic<MeteringLabel, LabelWish, object>(tools, {
    store: labels,
    refuseUnknown: id => refuseUnknown('MeteringLabelNotFound', `Metering label '${id}' does not exist.`),
    make: ({ name, shared }, standard) => ({ ...standard, name, shared }),
    async mayGo({ id }, tx) {
      for (const rule of await rules.list(where({ metering_label_id: [id] }), everybody, tx.read)) await rules.delete(tx, rule)
    },
  })

  const ofRule = usualLogic<MeteringRule, MeteringRuleWish, object>(tools, {
    store: rules,
    refuseUnknown: id => refuseUnknown('MeteringLabelRuleNotFound', `Metering label rule '${id}' does not exist.`),
    async make({ meteringLabelId, direction, excluded, remoteIpPrefix, sourceIpPrefix, destinationIpPrefix }, standard, tx, act) {
      const label = await ofLabel.getIn(tx, meteringLabelId, act.viewer)
      if (remoteIpPrefix && (sourceIpPrefix || destinationIpPrefix))
        refuseInput(
          "Cannot use 'remote-ip-prefix' in conjunction with 'source-ip-prefix' or 'destination-ip-prefix'",
          'MeteringLabelRuleInvalid',
        )
      const rule: MeteringRule = {
        ...standard,
        projectId: label.projectId,
        meteringLabelId,
        direction: direction === 'ingress' ? 'ingress' : 'egress',
        excluded,
        remoteIpPrefix: remoteIpPrefix ?? null,
        sourceIpPrefix: sourceIpPrefix ?? null,
        destinationIpPrefix: destinationIpPrefix ?? null,
      }
      const beside = await rules.list(
        where({ metering_label_id: [meteringLabelId], direction: [direction], excluded: [excluded] }),
        everybody,
        tx.read,
      )
      if (rule.remoteIpPrefix !== null && beside.some(other => doOverlap(rule.remoteIpPrefix, other.remoteIpPrefix)))
        refuseConflict('MeteringLabelRuleOverlaps', `Metering label rule with remote_ip_prefix '${rule.remoteIpPrefix}' overlaps another.`)
      return rule
    },
  })

  return { labels: ofLabel, rules: ofRule }
}

export type MeteringLogic = ReturnType<typeof meteringLogic>

function doOverlap(a: string | null, b: string | null): boolean {
  const [one, other] = [a === null ? undefined : parseBlock(a), b === null ? undefined : parseBlock(b)]
  return one !== undefined && other !== undefined && overlap(one, other)
}
