import type { Database } from '@kilonova/platform/sql/database.ts'
import { sql } from 'kysely'
import type { Reading, Tables } from '../tables.ts'
import { namedColumns, standardColumns } from '../tables/columns.ts'
import { asTheyLie, keeping } from '../tables/keeping.ts'
import type { Flavor, ServiceProfile } from './flavor/flavor.ts'

const everybody = () => sql<boolean>`1 = 1`

export const flavorStore = (db: Pick<Database<Tables>, 'read'>) => ({
  ...keeping<Flavor>(db, {
    table: 'flavors',
    kind: 'network.flavor',
    columns: { ...namedColumns, serviceType: 'text', enabled: 'flag', serviceProfiles: 'json' },
    isVisible: everybody,
    projectOf: () => undefined,
    complete: asTheyLie,
  }),

  async isChosen(id: string, from: Reading): Promise<boolean> {
    return (await from.selectFrom('routers').select('id').where('flavor_id', '=', id).limit(1).executeTakeFirst()) !== undefined
  },
})

export const profileStore = (db: Pick<Database<Tables>, 'read'>) =>
  keeping<ServiceProfile>(db, {
    table: 'serviceprofiles',
    kind: 'network.service_profile',
    columns: { ...standardColumns, driver: 'text', metainfo: 'text', enabled: 'flag' },
    isVisible: everybody,
    projectOf: () => undefined,
    complete: asTheyLie,
  })

export type FlavorStore = ReturnType<typeof flavorStore>
export type ProfileStore = ReturnType<typeof profileStore>
