import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted } from '../../listings/listing.ts'
import type { NetworkFollower } from '../../networks/logic.ts'
import type { PortFollower } from '../../ports/logic/ports.ts'
import type { SharingLogic } from '../../rbac-policies/logic/sharing.ts'
import { refuseConflict, refuseUnknown } from '../../refusals/refusal.ts'
import type { RouterFollower } from '../../routers/logic/routers.ts'
import { type Tools, usualLogic } from '../../standards/logic.ts'
import type { Act, Within } from '../../standards/standard/act.ts'
import { fresh, revised } from '../../standards/standard/standard.ts'
import type { Transaction } from '../../tables.ts'
import type { QosPolicyChange, QosPolicyWish, RuleWish } from '../qos-policy/attributes.ts'
import type { QosPolicy, QosRule, RuleType } from '../qos-policy/qos-policy.ts'
import type { QosPolicyStore, QosRuleStore } from '../store.ts'
import { mustAgree } from './check.ts'

export interface Rooms extends Tools {
  readonly store: QosPolicyStore
  readonly rules: QosRuleStore
  readonly sharing: Pick<SharingLogic, 'forget' | 'openToAll' | 'closeToAll' | 'mustBeFree' | 'projectsOf'>
}

/** The rules of QoS policies: one default per project, rules that agree, and one in use stays. */
export function qosLogic({ store, rules, sharing, ...tools }: Rooms) {
  const unknown = (id: string): never => refuseUnknown('QosPolicyNotFound', `QoS policy ${id} could not be found.`)

  const usual = usualLogic<QosPolicy, QosPolicyWish, QosPolicyChange>(tools, {
    store,
    refuseUnknown: unknown,
    async make({ name, isDefault, shared }, standard, tx) {
      if (isDefault) await mustBeFirst(tx, standard.projectId)
      return { ...standard, name, isDefault, shared, rules: [] }
    },
    async change(before, { name, description, isDefault }, tx) {
      if (isDefault && !before.isDefault) await mustBeFirst(tx, before.projectId)
      return { ...before, ...given({ name, description, isDefault }) }
    },
    async settled({ id, projectId }, { shared }, tx) {
      if (shared === true) await sharing.openToAll(tx, { objectType: 'qos_policy', objectId: id, projectId, action: 'access_as_shared' })
      if (shared === false) await closeToAll(tx, id, projectId)
    },
    async mayGo(policy, tx) {
      const user = await store.userOf(policy.id, tx.read)
      if (user) refuseConflict('QosPolicyInUse', `QoS Policy ${policy.id} is used by ${user.type} ${user.id}.`)
      for (const rule of policy.rules) await rules.delete(tx, rule)
      await sharing.forget(tx, [policy.id])
    },
  })

  async function mustBeFirst(tx: Transaction, projectId: string): Promise<void> {
    if ((await store.count({ project_id: [projectId], is_default: [true] }, tx.read)) > 0)
      refuseConflict('QoSPolicyDefaultAlreadyExists', `A default QoS policy exists for project ${projectId}.`)
  }

  async function closeToAll(tx: Transaction, objectId: string, projectId: string): Promise<void> {
    const opening = { objectType: 'qos_policy', objectId, projectId, action: 'access_as_shared' }
    const opened = await sharing.projectsOf(objectId, opening.action, tx)
    if (!opened.includes('*')) return
    await sharing.mustBeFree(tx, opening, '*')
    await sharing.closeToAll(tx, objectId, opening.action)
  }

  const mustExist = async (tx: Transaction, id: string | null | undefined, viewer: Viewer) => {
    if (id !== null && id !== undefined) await usual.holdIn(tx, id, viewer)
  }

  const networkFollower: NetworkFollower = {
    checkNetwork: (tx, { qosPolicyId }, act) => mustExist(tx, qosPolicyId, act.viewer),
    /** A project's default policy is that of its networks which name none. */
    async furnishNetwork(tx, network) {
      if (network.qosPolicyId !== null) return network
      const usualOnes = { project_id: [network.projectId], is_default: [true] }
      const [policy] = await store.list({ filters: usualOnes, sort: [] }, everybody, tx.read)
      return policy ? { ...network, qosPolicyId: policy.id } : network
    },
  }
  const portFollower: PortFollower = {
    async checkPort(tx, { qosPolicyId }, before, act) {
      if (qosPolicyId !== before?.qosPolicyId) await mustExist(tx, qosPolicyId, act.viewer)
    },
  }

  const routerFollower: RouterFollower = {
    checkGateway: (tx, { qosPolicyId }, act) => mustExist(tx, qosPolicyId, act.viewer),
  }

  return { ...usual, mustExist, networkFollower, portFollower, routerFollower, ofType: (ruleType: RuleType) => rulesOf(ruleType) }

  function rulesOf(ruleType: RuleType) {
    const get = async (id: string, viewer: Viewer, within: Within, tx?: Transaction): Promise<QosRule> => {
      const found = await rules.find(id, everybody, tx?.read)
      const policyId = within['policy_id'] ?? found?.qosPolicyId ?? ''
      const policy = await store.find(policyId, viewer, tx?.read)
      if (!policy) return unknown(policyId)
      if (!found || found.qosPolicyId !== policy.id || found.ruleType !== ruleType)
        return refuseUnknown('QosRuleNotFound', `QoS rule ${id} for policy ${policyId} could not be found.`)
      return found
    }

    async function changePolicy(tx: Transaction, id: string, act: Act, change: (policy: QosPolicy) => Promise<void>): Promise<void> {
      const policy = await usual.getIn(tx, id, act.viewer)
      await change(policy)
      await store.update(tx, revised(policy, tools.clock.now()))
    }

    return {
      get: (id: string, viewer: Viewer, within: Within) => get(id, viewer, within),

      async list(wanted: Wanted, viewer: Viewer, within: Within): Promise<readonly QosRule[]> {
        const policy = await usual.get(within['policy_id'] ?? '', viewer)
        return rules.list({ ...wanted, filters: { ...wanted.filters, qos_policy_id: [policy.id], rule_type: [ruleType] } }, everybody)
      },

      create: (wishes: readonly RuleWish[], act: Act): Promise<readonly QosRule[]> =>
        tools.write(act.cause, async tx => {
          const made: QosRule[] = []
          for (const wish of wishes)
            await changePolicy(tx, act.within['policy_id'] ?? '', act, async policy => {
              const standard = fresh(tools.chance.uuid(), policy.projectId, tools.clock.now())
              const rule = { ...standard, qosPolicyId: policy.id, ruleType, ...nothing, ...given(matterOf(wish)) }
              mustAgree(rule, policy.rules)
              await rules.insert(tx, [rule])
              made.push(rule)
            })
          return made
        }),

      update: (id: string, change: RuleWish, act: Act): Promise<QosRule> =>
        tools.write(act.cause, async tx => {
          const before = await get(id, act.viewer, act.within, tx)
          const rule = revised({ ...before, ...given(matterOf(change)) }, tools.clock.now())
          await changePolicy(tx, before.qosPolicyId, act, async policy => {
            mustAgree(rule, policy.rules)
            await rules.update(tx, rule)
          })
          return rule
        }),

      delete: (id: string, act: Act): Promise<void> =>
        tools.write(act.cause, async tx => {
          const rule = await get(id, act.viewer, act.within, tx)
          await changePolicy(tx, rule.qosPolicyId, act, async () => void (await rules.delete(tx, rule)))
        }),
    }
  }
}

export type QosLogic = ReturnType<typeof qosLogic>

const nothing = {
  direction: null,
  maxKbps: null,
  maxBurstKbps: null,
  dscpMark: null,
  minKbps: null,
  minKpps: null,
  maxKpps: null,
  maxBurstKpps: null,
}

const matterOf = ({ direction, maxKbps, maxBurstKbps, dscpMark, minKbps, minKpps, maxKpps, maxBurstKpps }: RuleWish) => ({
  direction,
  maxKbps,
  maxBurstKbps,
  dscpMark,
  minKbps,
  minKpps,
  maxKpps,
  maxBurstKpps,
})
