import { columns } from '@kilonova/platform/sql/columns.ts'
import type { Migration } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'

export const serverLife: Migration = {
  name: '0005-server-life',
  async up(schema, dialect) {
    const c = columns(dialect)
    // MySQL takes the default of a long text only as an expression, SQLite only as a plain value.
    const constant = (text: string) => (dialect === 'sqlite' ? text : sql`(${sql.lit(text)})`)
    type Column = readonly [name: string, type: typeof c.id, standard?: unknown]

    // All that a server is asked for and goes through. What has a default is never null.
    // biome-ignore format: a table
    const added: readonly Column[] = [
      ['hostname', c.text, ''], ['old_flavor', c.json], ['new_flavor', c.json], ['system_metadata', c.json, constant('{}')],
      ['tags', c.longText, constant('')], ['progress', c.integer, 0], ['locked_by', c.id], ['locked_reason', c.text],
      ['node', c.text], ['availability_zone', c.text],
      ['request', c.json, constant('{"hints":{},"count":1,"networks":"none","securityGroups":[]}')],
      ['reservation_id', c.id, ''], ['launch_index', c.integer, 0],
      ['key_name', c.text], ['public_key', c.longText], ['user_data', c.longText], ['config_drive', c.flag, 0],
      ['root_device', c.text], ['disk_config', c.id, 'MANUAL'], ['access_ip_v4', c.id], ['access_ip_v6', c.id],
      ['trusted_certificates', c.json], ['drops_at_shutdown', c.flag, 0], ['nics', c.json, constant('[]')], ['deleted_at', c.time],
    ]
    for (const [name, type, standard] of added)
      await schema
        .alterTable('instance')
        .addColumn(name, type, col => (standard === undefined ? col : col.notNull().defaultTo(standard)))
        .execute()
    await schema.createIndex('instance_reservation_id').on('instance').columns(['reservation_id']).execute()
  },
}
