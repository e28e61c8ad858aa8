import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables, Transaction } from '../tables.ts'
import type { AccessRule } from './access-rule.ts'

type Row = Tables['access_rule']

/** Access rules in the table `access_rule`. */
export const accessRuleStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<AccessRule | undefined> {
    const row = await from.selectFrom('access_rule').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toRule(row)
  },

  async list(
    filter: { userId: string } & { readonly [Field in 'service' | 'path' | 'method']?: string | undefined },
    from = read,
  ): Promise<readonly AccessRule[]> {
    let rows = from.selectFrom('access_rule').selectAll().where('user_id', '=', filter.userId).orderBy('id')
    for (const field of ['service', 'path', 'method'] as const) {
      const value = filter[field]
      if (value !== undefined) rows = rows.where(field, '=', value)
    }
    return (await rows.execute()).map(toRule)
  },

  /** How many application credentials hold this rule: a read across the corridor. */
  async countUses(id: string, from = read): Promise<number> {
    const { count } = await from
      .selectFrom('application_credential_access_rule')
      .select(({ fn }) => fn.countAll().as('count'))
      .where('access_rule_id', '=', id)
      .executeTakeFirstOrThrow()
    return Number(count)
  },

  /** A user with the domain it belongs to: a read across the corridor. */
  async findUser(id: string) {
    const row = await read.selectFrom('user').select(['id', 'domain_id']).where('id', '=', id).executeTakeFirst()
    return row && { id: row.id, domainId: row.domain_id }
  },

  insert: (tx: Transaction, rule: AccessRule) =>
    tx.change(change(rule, 'created'), sql => sql.insertInto('access_rule').values(toRow(rule)).execute()),

  delete: (tx: Transaction, rule: AccessRule) =>
    tx.change(change(rule, 'deleted'), sql => sql.deleteFrom('access_rule').where('id', '=', rule.id).execute()),
})

export type AccessRuleStore = ReturnType<typeof accessRuleStore>

const change = (rule: AccessRule, act: string) => ({
  kind: 'identity.access_rule',
  id: rule.id,
  act,
  userId: rule.userId,
  after: rule,
})

const toRow = ({ id, userId, service, path, method }: AccessRule): Row => ({ id, user_id: userId, service, path, method })

const toRule = (row: Row): AccessRule => ({ id: row.id, userId: row.user_id, service: row.service, path: row.path, method: row.method })
