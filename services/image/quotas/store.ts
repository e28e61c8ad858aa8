import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Tables } from '../tables.ts'

/** What projects use, counted from the images of its neighbours' table. */
export const quotaStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async count(projectId: string, statuses: readonly string[] | undefined, from = read): Promise<{ images: number; bytes: number }> {
    const { images, bytes } = await from
      .selectFrom('image')
      .select(({ fn }) => [fn.countAll().as('images'), fn.sum('size').as('bytes')])
      .where('owner', '=', projectId)
      .$if(statuses !== undefined, all => all.where('status', 'in', statuses ?? []))
      .executeTakeFirstOrThrow()
    return { images: Number(images), bytes: Number(bytes ?? 0) }
  },

  /** How much lies in stores: an image that lies in two counts twice. */
  async countStored(projectId: string, from = read): Promise<number> {
    const rows = await from
      .selectFrom('image')
      .select(['size', 'locations'])
      .where('owner', '=', projectId)
      .where('status', 'in', ['active', 'deactivated', 'importing'])
      .execute()
    return rows.reduce((bytes, { size, locations }) => bytes + (size ?? 0) * (JSON.parse(locations) as unknown[]).length, 0)
  },
})

export type QuotaStore = ReturnType<typeof quotaStore>
