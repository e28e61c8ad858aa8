import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Database, openDatabase } from '@kilonova/platform/sql/database.ts'
import { definitionsIn } from '../assets/metadefs/definitions.ts'
import { migrations } from '../migrations/all.ts'
import { newNamespaceOf } from '../namespaces/api/namespaces.ts'
import { namespaceLogic } from '../namespaces/logic.ts'
import { namespaceStore } from '../namespaces/store.ts'
import type { Tables } from '../tables.ts'

interface LoadWish {
  readonly databaseUrl: string
  /** Where the catalogs lie; the usual ones unless told. */
  readonly dir?: string | undefined
  readonly clock: Clock
  readonly cause: Cause
}

/** What `glance-manage db load_metadefs` does, also while the cloud runs. Gives the names of the catalogs that were missing. */
export async function loadDefinitions({ databaseUrl, dir, clock, cause }: LoadWish): Promise<readonly string[]> {
  const db = await openDatabase<Tables>({ url: databaseUrl, service: 'image', migrations, clock, log: silentLog })
  try {
    return await addDefinitions(db, { dir, clock, cause })
  } finally {
    await db.close()
  }
}

/** They belong to the administrators' project. A catalog that is there stays as it is. */
export async function addDefinitions(
  db: Database<Tables>,
  { dir, clock, cause }: Omit<LoadWish, 'databaseUrl'>,
): Promise<readonly string[]> {
  const store = namespaceStore(db)
  const namespaces = namespaceLogic({ store, write: db.transaction, clock, maxPageLength: 1 })
  const made: string[] = []
  for (const definition of definitionsIn(dir)) {
    const wish = newNamespaceOf(definition, 'admin')
    if (await store.find(wish.name)) continue
    await namespaces.create(wish, cause)
    made.push(wish.name)
  }
  return made
}
