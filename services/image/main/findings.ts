import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Check } from '../findings/finding.ts'
import { imageChecks as checksOver, type Rooms } from '../findings/logic.ts'
import { findingStore } from '../findings/store.ts'
import type { Tables } from '../tables.ts'

export interface FindingsWish extends Pick<Rooms, 'sizeOf'> {
  readonly database: Pick<Database<Tables>, 'read'>
}

/** The files that hold images, on this host or one that shares its directories: for whoever takes the cloud away from it. */
export const imageFiles = async (database: FindingsWish['database']): Promise<readonly string[]> =>
  (await findingStore(database).list()).flatMap(({ urls }) => urls)

/** The checks of the image service over a database that somebody else opens and closes. */
export const imageChecks = ({ database, sizeOf }: FindingsWish): readonly Check[] => checksOver({ store: findingStore(database), sizeOf })
