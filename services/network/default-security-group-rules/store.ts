import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { DefaultRule } from './default-security-group-rule/default-security-group-rule.ts'

const mark = 'usual rules'

/** Rules of groups to come, in `securitygroupdefaultrules`: everybody may know them. */
export const defaultRuleStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<DefaultRule>(db, {
    table: 'securitygroupdefaultrules',
    kind: 'network.default_security_group_rule',
    columns: {
      ...standardColumns,
      direction: 'text',
      ethertype: 'text',
      protocol: 'text',
      portRangeMin: 'number',
      portRangeMax: 'number',
      remoteIpPrefix: 'text',
      remoteGroupId: 'text',
      remoteAddressGroupId: 'text',
      usedInDefaultSg: 'flag',
      usedInNonDefaultSg: 'flag',
    },
    isVisible: () => sql<boolean>`1 = 1`,
    projectOf: () => undefined,
    complete: asTheyLie,
  }),

  /** Whether the usual ones were written down already. */
  hasBegun: async (from: Reading = db.read): Promise<boolean> =>
    (await from.selectFrom('group_default_marks').select('mark').where('mark', '=', mark).executeTakeFirst()) !== undefined,

  begin: (tx: Transaction) => tx.change([], writer => writer.insertInto('group_default_marks').values({ mark }).execute()),
})

export type DefaultRuleStore = ReturnType<typeof defaultRuleStore>
