import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables } from '../tables.ts'
import { keeping } from '../tables/keeping.ts'
import { ownOrShared, sharedAmong, sharedFilter, tagFilters, tagsAmong } from '../tables/sharing.ts'
import type { QosPolicy, QosRule } from './qos-policy/qos-policy.ts'

const standard = {
  id: 'text',
  projectId: 'text',
  description: 'text',
  revisionNumber: 'number',
  createdAt: 'text',
  updatedAt: 'text',
} as const

export const qosRuleStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<QosRule>(db, {
    table: 'qos_rules',
    kind: 'network.qos_rule',
    columns: {
      ...standard,
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
    complete: async rows => rows.map(row => ({ ...row, tags: [] })),
  })

export type QosRuleStore = ReturnType<typeof qosRuleStore>

/** What may have a policy, and in which table. */
const users = { port: 'ports', network: 'networks', floatingip: 'floatingips', router: 'routers' } as const

export const qosPolicyStore = (db: Pick<Database<Tables>, 'read'>, rules: QosRuleStore) => ({
  ...keeping<QosPolicy>(db, {
    table: 'qos_policies',
    kind: 'network.qos_policy',
    columns: { ...standard, name: 'text', isDefault: 'flag' },
    isVisible: ownOrShared('qos_policies', 'qos_policy'),
    filters: { shared: sharedFilter('qos_policies', 'qos_policy'), ...tagFilters('qos_policies') },
    projectOf: ({ projectId }) => projectId,
    async complete(rows, read, viewer) {
      const ids = rows.map(({ id }) => id)
      if (ids.length === 0) return []
      const byPolicy = Map.groupBy(
        await rules.list({ filters: { qos_policy_id: ids }, sort: [] }, undefined, read),
        rule => rule.qosPolicyId,
      )
      const [shared, tags] = [await sharedAmong(read, 'qos_policy', ids, viewer), await tagsAmong(read, ids)]
      return rows.map(row => ({ ...row, rules: byPolicy.get(row.id) ?? [], shared: shared.has(row.id), tags: tags.get(row.id) ?? [] }))
    },
  }),

  /** Something that has this policy: what, and which. */
  async userOf(policyId: string, from: Reading): Promise<{ readonly type: string; readonly id: string } | undefined> {
    for (const [type, table] of Object.entries(users)) {
      const row = await from.selectFrom(table).select('id').where('qos_policy_id', '=', policyId).limit(1).executeTakeFirst()
      if (row) return { type, id: String(row['id']) }
    }
    return undefined
  },
})

export type QosPolicyStore = ReturnType<typeof qosPolicyStore>
