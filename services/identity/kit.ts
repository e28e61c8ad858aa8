import { seededChance } from '@kilonova/platform/chance.ts'
import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { type Callers, type TestDoor, testDoor, usualCallers } from '@kilonova/stories/kit/door.ts'
import type { Seal } from './credentials/credential.ts'
import { spell } from './faults.ts'
import { emptyDatabase } from './kit/databases.ts'
import { policies } from './policies.ts'
import type { Tables } from './tables.ts'
import { versions } from './versions.ts'

export { emptyDatabase, emptyDatabaseUrl } from './kit/databases.ts'
export * from './kit/whole.ts'

/** For tests that look at other things than secrets: these lie open. */
export const unsealed: Seal = { seal: plain => plain, open: sealed => sealed, isCurrent: () => true }

export interface Bench extends TestDoor {
  readonly db: Database<Tables>
}

/** For tests of one resource's door: its endpoints over an empty database, asked by callers of the test's making instead of tokens. */
export async function bench(
  endpoints: (rooms: {
    db: Database<Tables>
    write: Database<Tables>['transaction']
    chance: ReturnType<typeof seededChance>
  }) => readonly Endpoint[],
  callers: Callers = {},
): Promise<Bench> {
  const db = await emptyDatabase()
  const door = await testDoor({
    versions,
    endpoints: endpoints({ db, write: db.transaction, chance: seededChance(1) }),
    spell,
    policies,
    callers: { ...usualCallers, ...callers },
  })
  return {
    db,
    ask: door.ask,
    close: async () => {
      await door.close()
      await db.close()
    },
  }
}
