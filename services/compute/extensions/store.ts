import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { ExtensionRecordRow, Tables } from '../tables.ts'

interface KeptRecord {
  readonly id: string
  readonly projectId: string | undefined
  readonly value: Readonly<Record<string, unknown>>
  readonly createdAt: string
  readonly updatedAt: string
}

/** What one plug-in keeps; it sees nothing of the others'. */
export function extensionRecords(
  { read, transaction }: Pick<Database<Tables>, 'read' | 'transaction'>,
  plugin: string,
  clock: Pick<Clock, 'now'>,
) {
  const now = () => new Date(clock.now()).toISOString()
  const rows = (from = read) => from.selectFrom('extension_record').selectAll().where('plugin', '=', plugin)
  const find = async (id: string, from = read): Promise<KeptRecord | undefined> => {
    const row = await rows(from).where('id', '=', id).executeTakeFirst()
    return row && toRecord(row)
  }
  const change = (act: string, { id, projectId, value }: Pick<KeptRecord, 'id' | 'projectId' | 'value'>) => ({
    kind: `compute.plugin.${plugin}`,
    id,
    act,
    projectId,
    after: value,
  })

  return {
    find: (id: string) => find(id),

    async list({ projectId }: { readonly projectId?: string | undefined } = {}): Promise<readonly KeptRecord[]> {
      const all = rows().orderBy('created_at').orderBy('id')
      return (await (projectId === undefined ? all : all.where('project_id', '=', projectId)).execute()).map(toRecord)
    },

    insert: (wish: Pick<KeptRecord, 'id' | 'value'> & { readonly projectId?: string | undefined }, cause: Cause): Promise<KeptRecord> =>
      transaction(cause, async tx => {
        const record = { ...wish, projectId: wish.projectId, createdAt: now(), updatedAt: now() }
        await tx.change(change('created', record), sql => sql.insertInto('extension_record').values(toRow(plugin, record)).execute())
        return record
      }),

    update: (id: string, value: KeptRecord['value'], cause: Cause): Promise<KeptRecord | undefined> =>
      transaction(cause, async tx => {
        const before = await find(id, tx.read)
        if (!before) return undefined
        const record = { ...before, value, updatedAt: now() }
        const { value: text, updated_at } = toRow(plugin, record)
        await tx.change(change('updated', record), sql =>
          sql.updateTable('extension_record').set({ value: text, updated_at }).where('plugin', '=', plugin).where('id', '=', id).execute(),
        )
        return record
      }),

    delete: (id: string, cause: Cause): Promise<boolean> =>
      transaction(cause, async tx => {
        const before = await find(id, tx.read)
        if (!before) return false
        await tx.change(change('deleted', before), sql =>
          sql.deleteFrom('extension_record').where('plugin', '=', plugin).where('id', '=', id).execute(),
        )
        return true
      }),
  }
}

const toRow = (plugin: string, { id, projectId, value, createdAt, updatedAt }: KeptRecord): ExtensionRecordRow => ({
  plugin,
  id,
  project_id: projectId ?? null,
  value: JSON.stringify(value),
  created_at: createdAt,
  updated_at: updatedAt,
})

const toRecord = (row: ExtensionRecordRow): KeptRecord => ({
  id: row.id,
  projectId: row.project_id ?? undefined,
  value: JSON.parse(row.value),
  createdAt: row.created_at,
  updatedAt: row.updated_at,
})
