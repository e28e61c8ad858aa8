import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'

export const scheduling: Migration = {
  name: '0006-scheduling',
  async up(schema, dialect) {
    const c = columns(dialect)
    // Why a server is on its host, or on none. Rows age out.
    await schema
      .createTable('scheduling_decision')
      .addColumn('id', c.id, col => col.primaryKey())
      .addColumn('server_id', c.id, col => col.notNull())
      .addColumn('project_id', c.id, col => col.notNull())
      .addColumn('request_id', c.text, col => col.notNull())
      .addColumn('made_at', c.time, col => col.notNull())
      // Nothing when there was none.
      .addColumn('host', c.text)
      // What its owner was told when there was none.
      .addColumn('says', c.longText)
      // JSON: the best first, with their weights; and whom something spoke against, with what did first.
      .addColumn('ranked', c.json, col => col.notNull())
      .addColumn('refused', c.json, col => col.notNull())
      .execute()
    await schema.createIndex('scheduling_decision_server').on('scheduling_decision').columns(['server_id', 'made_at']).execute()
    await schema.createIndex('scheduling_decision_made_at').on('scheduling_decision').columns(['made_at']).execute()
  },
}
