import type { Database } from '@kilonova/platform/sql/database.ts'
import { everybody, where } from '../listings/listing.ts'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns, standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import { shareable } from '../tables/sharing.ts'
import type { QosPolicy, QosRule } from './qos-policy/qos-policy.ts'

export const qosRuleStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<QosRule>(db, {
    table: 'qos_rules',
    kind: 'network.qos_rule',
    columns: {
      ...standardColumns,
      qosPolicyId: 'text',
      ruleType: 'text',
      direction: 'text',
      maxKbps: 'number',
      maxBurstKbps: 'number',
      dscpMark: 'number',
      minKbps: 'number',
      minKpps: 'number',
      maxKpps: 'number',
      maxBurstKpps: 'number',
    },
    projectOf: ({ projectId }) => projectId,
    complete: asTheyLie,
  })

export type QosRuleStore = ReturnType<typeof qosRuleStore>

/** What may have a policy, and in which table. */
const users = [
  { type: 'port', table: 'ports', id: 'id' },
  { type: 'network', table: 'networks', id: 'id' },
  { type: 'floatingip', table: 'floatingips', id: 'id' },
  { type: 'router', table: 'routers', id: 'id' },
  { type: 'router', table: 'router_extra_gateways', id: 'router_id' },
] as const

const open = shareable('qos_policies', 'qos_policy')

export const qosPolicyStore = (db: Pick<Database<Tables>, 'read'>, rules: QosRuleStore) => ({
  ...keeping<QosPolicy>(db, {
    table: 'qos_policies',
    kind: 'network.qos_policy',
    columns: { ...namedColumns, isDefault: 'flag' },
    ...open,
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const ids = rows.map(({ id }) => id)
      const found = ids.length === 0 ? [] : await rules.list(where({ qos_policy_id: ids }), everybody, read)
      const byPolicy = Map.groupBy(found, rule => rule.qosPolicyId)
      return (await open.complete(rows, read, viewer)).map(row => ({ ...row, rules: byPolicy.get(row.id) ?? [] }))
    },
  }),

  /** Something that has this policy: what, and which. */
  async userOf(policyId: string, from: Reading): Promise<{ readonly type: string; readonly id: string } | undefined> {
    for (const { type, table, id } of users) {
      const row = await from.selectFrom(table).select(id).where('qos_policy_id', '=', policyId).limit(1).executeTakeFirst()
      if (row) return { type, id: String(row[id]) }
    }
    return undefined
  },
})

export type QosPolicyStore = ReturnType<typeof qosPolicyStore>
