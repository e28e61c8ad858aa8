import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const trunks: Migration = {
  name: '0006-trunks',
  async up(schema, dialect) {
    const table = makeTable.bind(undefined, schema, dialect)

    // A port is the parent of one trunk: the index is the promise.
    await table('trunks', {
      columns: { ...standard, name: 'text!', admin_state_up: 'flag!', port_id: 'id!', status: 'id!' },
      key: ['id'],
      unique: [['port_id']],
      indexes: [['project_id']],
    })
    // A port is in one trunk, and a tag of a trunk is one port's.
    await table('subports', {
      columns: { port_id: 'id!', trunk_id: 'id!', segmentation_type: 'id!', segmentation_id: 'integer!' },
      key: ['port_id'],
      unique: [['trunk_id', 'segmentation_type', 'segmentation_id']],
    })
  },
}
