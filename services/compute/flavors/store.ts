import { nextNumber } from '@kilonova/platform/sql/counter.ts'
import { forgetful, type Memory } from '@kilonova/platform/changes/remembering.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Insertable, Selectable } from 'kysely'
import type { ApiRead, ApiTransaction, FlavorRow } from '../tables/api.ts'
import type { Flavor } from './flavor.ts'

/** Flavors and their extra specs. What is committed is remembered until it changes; what a transaction has written is seen by passing its `tx.read`. */
export const flavorStore = ({ read }: ApiRead, memory: Memory = forgetful) => ({
  async find(id: string, from = read): Promise<Flavor | undefined> {
    const find = async () => {
      const rows = await from.selectFrom('flavor').selectAll().where('id', '=', id).execute()
      return withSpecs(
        rows,
        rows.length === 0 ? [] : await from.selectFrom('flavor_extra_spec').selectAll().where('flavor_id', '=', id).execute(),
      )
    }
    const [flavor] = from === read ? await memory.recall(`one ${id}`, find) : await find()
    return flavor
  },

  async isNamed(name: string, from = read): Promise<boolean> {
    return (await from.selectFrom('flavor').select('id').where('name', '=', name).executeTakeFirst()) !== undefined
  },

  list(from = read): Promise<readonly Flavor[]> {
    const find = async () =>
      withSpecs(
        await from.selectFrom('flavor').selectAll().orderBy('id').execute(),
        await from.selectFrom('flavor_extra_spec').selectAll().execute(),
      )
    return from === read ? memory.recall('all', find) : find()
  },

  /** The flavors that were given to a project. */
  givenTo(projectId: string, from = read): Promise<ReadonlySet<string>> {
    const find = async () => {
      const rows = await from.selectFrom('flavor_access').select('flavor_id').where('project_id', '=', projectId).execute()
      return new Set(rows.map(row => row.flavor_id))
    }
    return from === read ? memory.recall(`of ${projectId}`, find) : find()
  },

  async projectsOf(id: string, from = read): Promise<readonly string[]> {
    const rows = await from.selectFrom('flavor_access').select('project_id').where('flavor_id', '=', id).orderBy('project_id').execute()
    return rows.map(row => row.project_id)
  },

  /** A number no flavor had before. */
  takeNumber: (tx: ApiTransaction): Promise<number> => nextNumber(tx, 'flavor_counter'),

  insert: (tx: ApiTransaction, flavor: Flavor, createdAt: string) =>
    tx.change(change(flavor, 'created'), sql => sql.insertInto('flavor').values(toRow(flavor, createdAt)).execute()),

  describe: (tx: ApiTransaction, flavor: Flavor) =>
    tx.change(change(flavor, 'updated'), sql =>
      sql.updateTable('flavor').set({ description: flavor.description }).where('id', '=', flavor.id).execute(),
    ),

  delete: (tx: ApiTransaction, flavor: Flavor) =>
    tx.change(change(flavor, 'deleted'), async sql => {
      await sql.deleteFrom('flavor_extra_spec').where('flavor_id', '=', flavor.id).execute()
      await sql.deleteFrom('flavor_access').where('flavor_id', '=', flavor.id).execute()
      await sql.deleteFrom('flavor').where('id', '=', flavor.id).execute()
    }),

  /** The extra specs a flavor has from now on. */
  writeSpecs: (tx: ApiTransaction, flavor: Flavor) =>
    tx.change(change(flavor, 'updated'), async sql => {
      await sql.deleteFrom('flavor_extra_spec').where('flavor_id', '=', flavor.id).execute()
      const rows = Object.entries(flavor.extraSpecs).map(([name, value]) => ({ flavor_id: flavor.id, name, value }))
      if (rows.length > 0) await sql.insertInto('flavor_extra_spec').values(rows).execute()
    }),

  give: (tx: ApiTransaction, flavor: Flavor, projectId: string) =>
    tx.change(change(flavor, 'given'), sql =>
      sql.insertInto('flavor_access').values({ flavor_id: flavor.id, project_id: projectId }).execute(),
    ),

  take: (tx: ApiTransaction, flavor: Flavor, projectId: string) =>
    tx.change(change(flavor, 'taken'), sql =>
      sql.deleteFrom('flavor_access').where('flavor_id', '=', flavor.id).where('project_id', '=', projectId).execute(),
    ),
})

export type FlavorStore = ReturnType<typeof flavorStore>

/** All that anything remembered here was made from goes by this name in the change log. */
const kind = 'compute.flavor'
export const touchesFlavors = (change: { readonly kind: string }) => change.kind === kind

const change = (flavor: Flavor, act: string) => ({
  kind,
  id: flavor.id,
  act,
  after: act === 'deleted' ? undefined : flavor,
})

const toRow = (flavor: Flavor, createdAt: string): Insertable<FlavorRow> => ({
  id: flavor.id,
  number: flavor.number ?? null,
  name: flavor.name,
  memory_mb: flavor.memoryMb,
  vcpus: flavor.vcpus,
  disk_gb: flavor.diskGb,
  swap_mb: flavor.swapMb,
  ephemeral_gb: flavor.ephemeralGb,
  rxtx_factor: flavor.rxtxFactor,
  is_public: flavor.isPublic,
  disabled: flavor.isDisabled,
  description: flavor.description,
  created_at: createdAt,
})

interface SpecRow {
  readonly flavor_id: string
  readonly name: string
  readonly value: string
}

function withSpecs(rows: readonly Selectable<FlavorRow>[], specs: readonly SpecRow[]): readonly Flavor[] {
  const byFlavor = Map.groupBy(specs, spec => spec.flavor_id)
  return rows.map(row => toFlavor(row, byFlavor.get(row.id) ?? []))
}

const toFlavor = (row: Selectable<FlavorRow>, specs: readonly SpecRow[]): Flavor => ({
  id: row.id,
  number: row.number ?? undefined,
  name: row.name,
  memoryMb: row.memory_mb,
  vcpus: row.vcpus,
  diskGb: row.disk_gb,
  swapMb: row.swap_mb,
  ephemeralGb: row.ephemeral_gb,
  rxtxFactor: row.rxtx_factor,
  isPublic: isSet(row.is_public),
  isDisabled: isSet(row.disabled),
  description: row.description,
  extraSpecs: Object.fromEntries(specs.map(({ name, value }) => [name, value])),
})
