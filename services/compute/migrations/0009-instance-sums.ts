import type { Migration } from '@kilonova/platform/sql/database.ts'

export const instanceSums: Migration = {
  name: '0009-instance-sums',
  async up(schema) {
    // All that summing up what a project or a user has asks of a server: the servers themselves, which are large, are not read.
    await schema
      .createIndex('instance_sums')
      .on('instance')
      .columns(['project_id', 'deleted', 'user_id', 'vm_state', 'vcpus', 'memory_mb'])
      .execute()
  },
}
