import type { Migration } from '@kilonova/platform/sql/database.ts'

/** Names are looked for without a domain as well: in lists, and with the domain known by name only. */
export const names: Migration = {
  name: '0005-names',
  async up(schema) {
    await schema.createIndex('user_name_folded').on('user').columns(['name_folded']).execute()
    await schema.createIndex('project_name_folded').on('project').columns(['name_folded']).execute()
  },
}
