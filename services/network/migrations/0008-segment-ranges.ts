import type { Migration } from '@kilonova/platform/sql/database.ts'
import { makeTable, standard } from './shape.ts'

export const segmentRanges: Migration = {
  name: '0008-segment-ranges',
  async up(schema, dialect) {
    // Which tags and numbers the networks of projects get: all projects', or one's alone.
    await makeTable(schema, dialect, 'network_segment_ranges', {
      columns: {
        ...standard,
        name: 'text!',
        is_default: 'flag!',
        shared: 'flag!',
        network_type: 'id!',
        physical_network: 'id',
        minimum: 'integer!',
        maximum: 'integer!',
      },
      key: ['id'],
      indexes: [['network_type', 'physical_network'], ['project_id']],
    })
  },
}
