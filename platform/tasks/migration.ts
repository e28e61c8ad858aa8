import { columns } from '../sql/columns.ts'
import type { Flag, Migration } from '../sql/database.ts'

/** What a service's table types include: `interface Tables extends TaskTables { server: ... }`. */
export interface TaskTables {
  task: {
    id: string
    name: string
    subject: string
    state: string
    /** Undoing has begun: tells where a parked task goes on. */
    turned: Flag
    input_json: string
    saved_json: string
    finished_json: string
    undone_json: string
    attempts: number
    fault_json: string | null
    cause_json: string
    created_at: string
    created_ms: number
    updated_at: string
    deadline_ms: number
    owner: string | null
    lease_until_ms: number
  }
}

/** The journal of tasks; a service with tasks puts it into its list of migrations. */
export const taskMigration: Migration = {
  name: 'platform-0002-tasks',
  async up(schema, dialect) {
    const { id, text, json, flag, integer, bigint, time } = columns(dialect)
    await schema
      .createTable('task')
      .addColumn('id', id, c => c.primaryKey())
      .addColumn('name', text, c => c.notNull())
      .addColumn('subject', text, c => c.notNull())
      .addColumn('state', id, c => c.notNull())
      .addColumn('turned', flag, c => c.notNull())
      .addColumn('input_json', json, c => c.notNull())
      .addColumn('saved_json', json, c => c.notNull())
      .addColumn('finished_json', json, c => c.notNull())
      .addColumn('undone_json', json, c => c.notNull())
      .addColumn('attempts', integer, c => c.notNull())
      .addColumn('fault_json', json)
      .addColumn('cause_json', json, c => c.notNull())
      .addColumn('created_at', time, c => c.notNull())
      .addColumn('created_ms', bigint, c => c.notNull())
      .addColumn('updated_at', time, c => c.notNull())
      .addColumn('deadline_ms', bigint, c => c.notNull())
      .addColumn('owner', text)
      .addColumn('lease_until_ms', bigint, c => c.notNull())
      .execute()
    // What workers look for, and what else is to be done on one subject.
    await schema.createIndex('task_waiting').on('task').columns(['state', 'lease_until_ms', 'created_ms']).execute()
    await schema.createIndex('task_subject').on('task').columns(['subject', 'state']).execute()
  },
}
