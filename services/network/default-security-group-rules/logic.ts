import { everybody, type Viewer, type Wanted, where } from '../listings/listing.ts'
import { refuseConflict, refuseUnknown } from '../refusals/refusal.ts'
import { canonical, checkRule } from '../security-groups/logic/rules.ts'
import { keyOf, type RuleMatter } from '../security-groups/security-group/security-group.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { Act } from '../standards/standard/act.ts'
import { fresh } from '../standards/standard/standard.ts'
import type { Reading, Transaction } from '../tables.ts'
import type { DefaultRuleWish } from './default-security-group-rule/attributes.ts'
import { type DefaultRule, itself, usualDefaults } from './default-security-group-rule/default-security-group-rule.ts'
import type { DefaultRuleStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: DefaultRuleStore
  readonly groups: { find(id: string, viewer: Viewer, from: Reading): Promise<unknown> }
  readonly addressGroups: { mustExist(tx: Transaction, id: string, viewer: Viewer): Promise<unknown> }
}

/** The rules that groups begin with: the usual ones, until an administrator takes them away or adds others. Groups that are there stay. */
export function defaultRuleLogic({ store, groups, addressGroups, ...tools }: Rooms) {
  const { write, chance, clock } = tools

  const usual = usualLogic<DefaultRule, DefaultRuleWish, never>(tools, {
    store,
    refuseUnknown: id => refuseUnknown('DefaultSecurityGroupRuleNotFound', `Default Security Group rule ${id} does not exist`),
    async make(wish, standard, tx, { viewer }) {
      await begin(tx)
      const { usedInDefaultSg, usedInNonDefaultSg } = wish
      const rule: DefaultRule = { ...standard, projectId: '', ...matterOf(wish), usedInDefaultSg, usedInNonDefaultSg }
      checkRule(inGroup(rule, itself))
      await mustBeNew(tx, rule)
      const { remoteGroupId: group, remoteAddressGroupId: addresses } = rule
      if (group !== null && group !== itself && !(await groups.find(group, viewer, tx.read)))
        refuseUnknown('SecurityGroupNotFound', `Security group ${group} does not exist`)
      if (addresses !== null) await addressGroups.mustExist(tx, addresses, viewer)
      return rule
    },
  })

  async function mustBeNew(tx: Transaction, rule: DefaultRule): Promise<void> {
    const beside = await store.list(where({}), everybody, tx.read)
    const twin = beside.find(
      other =>
        keyOf(inGroup(other, itself)) === keyOf(inGroup(rule, itself)) &&
        ((other.usedInDefaultSg && rule.usedInDefaultSg) || (other.usedInNonDefaultSg && rule.usedInNonDefaultSg)),
    )
    if (twin) refuseConflict('DefaultSecurityGroupRuleExists', `Default Security group rule already exists. Rule id is ${twin.id}.`)
  }

  async function begin(tx: Transaction): Promise<void> {
    if (await store.hasBegun(tx.read)) return
    await store.begin(tx)
    await store.insert(
      tx,
      usualDefaults.map(rule => ({ ...fresh(chance.uuid(), '', clock.now()), ...rule })),
    )
  }

  const looking = { requestId: 'req-first-look', why: 'the rules that security groups begin with' }
  async function ensure(): Promise<void> {
    if (!(await store.hasBegun())) await write(looking, begin)
  }

  return {
    create: usual.create,
    async list(wanted: Wanted, viewer: Viewer) {
      await ensure()
      return usual.list(wanted, viewer)
    },
    async get(id: string, viewer: Viewer) {
      await ensure()
      return usual.get(id, viewer)
    },
    async delete(id: string, act: Act) {
      await ensure()
      return usual.delete(id, act)
    },

    /** What a new group begins with. */
    async of(tx: Transaction, groupId: string, isDefault: boolean): Promise<readonly RuleMatter[]> {
      await begin(tx)
      const rules = await store.list(where({}), everybody, tx.read)
      return rules.filter(rule => (isDefault ? rule.usedInDefaultSg : rule.usedInNonDefaultSg)).map(rule => inGroup(rule, groupId))
    },
  }
}

export type DefaultRuleLogic = ReturnType<typeof defaultRuleLogic>

function matterOf(wish: DefaultRuleWish): Omit<RuleMatter, 'securityGroupId'> {
  const { direction, ethertype, protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteGroupId, remoteAddressGroupId } = wish
  const { securityGroupId: _, ...matter } = canonical({
    ...{ securityGroupId: itself, direction: direction === 'ingress' ? ('ingress' as const) : ('egress' as const), ethertype },
    ...{ protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteGroupId, remoteAddressGroupId },
  })
  return matter
}

const inGroup = (rule: Omit<RuleMatter, 'securityGroupId'>, securityGroupId: string): RuleMatter => {
  const { direction, ethertype, protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteGroupId, remoteAddressGroupId } = rule
  return {
    ...{ securityGroupId, direction, ethertype, protocol, portRangeMin, portRangeMax, remoteIpPrefix, remoteAddressGroupId },
    remoteGroupId: remoteGroupId === itself ? securityGroupId : remoteGroupId,
  }
}
