import { sql } from 'kysely'
import { columns } from '../sql/columns.ts'
import type { Migration } from '../sql/database.ts'

/** The change log: what was changed, by whom and why, one row per change, in commit order. The platform applies it to every database. */
export const changeLogMigration: Migration = {
  name: 'platform-0001-changes',
  async up(schema, dialect) {
    const { id, text, longText, bigint, integer, time } = columns(dialect)
    await schema
      .createTable('change_log')
      .addColumn('number', bigint, c => c.primaryKey())
      .addColumn('at', time, c => c.notNull())
      .addColumn('kind', id, c => c.notNull())
      .addColumn('id', text, c => c.notNull())
      .addColumn('act', id, c => c.notNull())
      .addColumn('project_id', text)
      .addColumn('domain_id', text)
      .addColumn('user_id', text)
      .addColumn('after_json', longText)
      .addColumn('request_id', text, c => c.notNull())
      .addColumn('global_request_id', text)
      .addColumn('caller_id', text)
      .addColumn('caller_project_id', text)
      .addColumn('caller_domain_id', text)
      .addColumn('why', longText, c => c.notNull())
      .addColumn('tx', id, c => c.notNull())
      .execute()
    // A project's stream, and the history of one resource.
    await schema.createIndex('change_log_project').on('change_log').columns(['project_id', 'number']).execute()
    await schema.createIndex('change_log_resource').on('change_log').columns(['id', 'number']).execute()
    // One row. `head` is the offset of the latest change; whoever appends holds its lock until the commit.
    await schema
      .createTable('change_head')
      .addColumn('id', integer, c => c.primaryKey())
      .addColumn('head', bigint, c => c.notNull())
      .execute()
    await schema.run(sql`insert into change_head (id, head) select 1, 0 from (select 1 as one) as one
      where not exists (select 1 from change_head)`)
  },
}
