/**
 * A writer to be killed: `node crash-child.ts <url> <name>` inserts rows `<name>-<n>` for ever, several at once, and writes the id of each row
 * on its own line when the commit was acknowledged. For `crash.world.test.ts`.
 */
import { writeSync } from 'node:fs'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { columns } from './columns.ts'
import { type Migration, openDatabase } from './database.ts'

export interface Tables {
  thing: { id: string; text: string }
}

export const things: Migration = {
  name: '0001-things',
  async up(schema, dialect) {
    const { id, text } = columns(dialect)
    await schema
      .createTable('thing')
      .addColumn('id', id, c => c.primaryKey())
      .addColumn('text', text, c => c.notNull())
      .execute()
  },
}

const writersAtOnce = 4

if (process.argv[1]?.endsWith('crash-child.ts')) {
  const [url = '', name = ''] = process.argv.slice(2)
  const db = await openDatabase<Tables>({ url, service: 'crash', migrations: [things], clock: systemClock, log: silentLog })
  let count = 0
  const write = async () => {
    for (;;) {
      const id = `${name}-${++count}`
      await db.transaction({ requestId: 'req-1', why: 'crash' }, tx =>
        tx.change({ kind: 'test.thing', id, act: 'created' }, sql =>
          sql
            .insertInto('thing')
            .values({ id, text: 'x'.repeat(200) })
            .execute(),
        ),
      )
      writeSync(1, `${id}\n`)
      // Lets go of the loop, as a server does between requests.
      await new Promise(setImmediate)
    }
  }
  await Promise.all(Array.from({ length: writersAtOnce }, write))
}
