import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Seal } from '../credentials/credential.ts'
import type { Tables, Transaction } from '../tables.ts'
import { type DomainOption, readableOf } from './domain-config.ts'

/** Options of domains in the table `domain_config`, a row each; the sensitive ones sealed. */
export const domainConfigStore = ({ read }: Pick<Database<Tables>, 'read'>, secrets: Seal) => ({
  async list(domainId: string, from = read): Promise<readonly DomainOption[]> {
    const rows = await from
      .selectFrom('domain_config')
      .selectAll()
      .where('domain_id', '=', domainId)
      .orderBy('config_group')
      .orderBy('config_option')
      .execute()
    return rows.map(row => ({
      group: row.config_group,
      option: row.config_option,
      value: JSON.parse(isSet(row.is_sensitive) ? secrets.open(row.value) : row.value),
      isSensitive: isSet(row.is_sensitive),
    }))
  },

  /** All options of the domain, instead of those it had; the log has only what may be shown. */
  update: (tx: Transaction, domainId: string, options: readonly DomainOption[], act: 'created' | 'updated' | 'deleted') =>
    tx.change({ kind: 'identity.domain_config', id: domainId, act, domainId, after: readableOf(options) }, async sql => {
      await sql.deleteFrom('domain_config').where('domain_id', '=', domainId).execute()
      if (options.length === 0) return
      const rows = options.map(one => ({
        domain_id: domainId,
        config_group: one.group,
        config_option: one.option,
        value: one.isSensitive ? secrets.seal(JSON.stringify(one.value)) : JSON.stringify(one.value),
        is_sensitive: one.isSensitive,
      }))
      await sql.insertInto('domain_config').values(rows).execute()
    }),

  /** Seals anew what an older key sealed, and says how many. */
  async reseal(tx: Transaction): Promise<number> {
    const rows = await tx.read.selectFrom('domain_config').selectAll().where('is_sensitive', '=', 1).execute()
    const stale = rows.filter(row => !secrets.isCurrent(row.value))
    await tx.change([], async sql => {
      for (const row of stale)
        await sql
          .updateTable('domain_config')
          .set({ value: secrets.seal(secrets.open(row.value)) })
          .where('domain_id', '=', row.domain_id)
          .where('config_group', '=', row.config_group)
          .where('config_option', '=', row.config_option)
          .execute()
    })
    return stale.length
  },

  /** Reads across the corridor. */
  findDomain: (id: string, from = read) =>
    from.selectFrom('project').select('id').where('id', '=', id).where('is_domain', '=', 1).executeTakeFirst(),
})

export type DomainConfigStore = ReturnType<typeof domainConfigStore>
