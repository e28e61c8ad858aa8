import type { Chance } from '@kilonova/platform/chance.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import { fromSortable, type Span, sortable } from '../addresses/address.ts'
import { type Pool, spanOfPool } from '../subnets/subnet/subnet.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { Raced } from '../tables/keeping.ts'
import type { Allocation } from './ipam.ts'

const toAllocation = (row: Record<string, unknown>): Allocation => ({
  ipAddress: String(row['ip_address']),
  subnetId: String(row['subnet_id']),
  networkId: String(row['network_id']),
  portId: String(row['port_id']),
})

/**
 * Addresses: which are taken (`ipallocations`), from where they are given (`ipallocationpools`), and what is left there (`ipavailabilityranges`,
 * spans that never touch or overlap). Who takes or gives back holds the subnet's row until the commit.
 */
export const ipamStore = ({ read }: Pick<Database<Tables>, 'read'>, chance: Pick<Chance, 'uuid'>) => ({
  async poolsOf(subnetIds: readonly string[], from: Reading = read): Promise<ReadonlyMap<string, readonly Pool[]>> {
    if (subnetIds.length === 0) return new Map()
    const rows = await from.selectFrom('ipallocationpools').selectAll().where('subnet_id', 'in', subnetIds).execute()
    const bySubnet = Map.groupBy(rows, row => String(row['subnet_id']))
    const rising = (a: Pool, b: Pool) => (spanOfPool(a).first < spanOfPool(b).first ? -1 : 1)
    return new Map(
      [...bySubnet].map(([id, some]) => [
        id,
        some.map(row => ({ start: String(row['first_ip']), end: String(row['last_ip']) })).sort(rising),
      ]),
    )
  },

  async ofPorts(portIds: readonly string[], from: Reading = read): Promise<readonly Allocation[]> {
    if (portIds.length === 0) return []
    return (await from.selectFrom('ipallocations').selectAll().where('port_id', 'in', portIds).execute()).map(toAllocation)
  },

  async ofSubnet(subnetId: string, from: Reading = read): Promise<readonly Allocation[]> {
    return (await from.selectFrom('ipallocations').selectAll().where('subnet_id', '=', subnetId).execute()).map(toAllocation)
  },

  async find(subnetId: string, ipAddress: string, from: Reading = read): Promise<Allocation | undefined> {
    const row = await from
      .selectFrom('ipallocations')
      .selectAll()
      .where('ip_address', '=', ipAddress)
      .where('subnet_id', '=', subnetId)
      .executeTakeFirst()
    return row && toAllocation(row)
  },

  /** From here to the commit nobody else takes an address of it. */
  holdSubnet: (tx: Transaction, subnetId: string) =>
    tx.change([], async sql => {
      const { numUpdatedRows } = await sql
        .updateTable('subnets')
        .set(row => ({ id: row.ref('id') }))
        .where('id', '=', subnetId)
        .executeTakeFirst()
      if (Number(numUpdatedRows) === 0) throw new Raced(`subnet ${subnetId}`)
    }),

  /** The lowest span that is left, or the one that ends at or behind an address and begins before or at it. */
  async freeSpan(subnetId: string, around: bigint | undefined, from: Reading): Promise<Span | undefined> {
    let spans = from.selectFrom('ipavailabilityranges').selectAll().where('subnet_id', '=', subnetId)
    spans =
      around === undefined
        ? spans.orderBy('first_free', 'asc')
        : spans.where('first_free', '<=', sortable(around)).orderBy('first_free', 'desc')
    const row = await spans.limit(1).executeTakeFirst()
    if (!row) return undefined
    const span = { first: fromSortable(String(row['first_free'])), last: fromSortable(String(row['last_free'])) }
    return around === undefined || span.last >= around ? span : undefined
  },

  /** The span that begins right behind an address. */
  async freeSpanFrom(subnetId: string, first: bigint, from: Reading): Promise<Span | undefined> {
    const row = await from
      .selectFrom('ipavailabilityranges')
      .selectAll()
      .where('subnet_id', '=', subnetId)
      .where('first_free', '=', sortable(first))
      .executeTakeFirst()
    return row && { first, last: fromSortable(String(row['last_free'])) }
  },

  /** Puts other spans in the place of some. */
  replaceSpans: (tx: Transaction, subnetId: string, before: readonly Span[], after: readonly Span[]) =>
    tx.change([], async sql => {
      const firsts = before.map(({ first }) => sortable(first))
      if (firsts.length > 0)
        await sql.deleteFrom('ipavailabilityranges').where('subnet_id', '=', subnetId).where('first_free', 'in', firsts).execute()
      const rows = after.map(({ first, last }) => ({ subnet_id: subnetId, first_free: sortable(first), last_free: sortable(last) }))
      if (rows.length > 0) await sql.insertInto('ipavailabilityranges').values(rows).execute()
    }),

  writePools: (tx: Transaction, subnetId: string, pools: readonly Pool[], free: readonly Span[]) =>
    tx.change([], async sql => {
      await sql.deleteFrom('ipallocationpools').where('subnet_id', '=', subnetId).execute()
      await sql.deleteFrom('ipavailabilityranges').where('subnet_id', '=', subnetId).execute()
      const rows = pools.map(({ start, end }) => ({ id: chance.uuid(), subnet_id: subnetId, first_ip: start, last_ip: end }))
      if (rows.length > 0) await sql.insertInto('ipallocationpools').values(rows).execute()
      for (let i = 0; i < free.length; i += 200) {
        const spans = free
          .slice(i, i + 200)
          .map(({ first, last }) => ({ subnet_id: subnetId, first_free: sortable(first), last_free: sortable(last) }))
        await sql.insertInto('ipavailabilityranges').values(spans).execute()
      }
    }),

  deletePools: (tx: Transaction, subnetId: string) =>
    tx.change([], async sql => {
      await sql.deleteFrom('ipallocationpools').where('subnet_id', '=', subnetId).execute()
      await sql.deleteFrom('ipavailabilityranges').where('subnet_id', '=', subnetId).execute()
      await sql.deleteFrom('ipallocations').where('subnet_id', '=', subnetId).execute()
    }),

  insert: (tx: Transaction, { ipAddress, subnetId, networkId, portId }: Allocation) =>
    tx.change([], sql =>
      sql
        .insertInto('ipallocations')
        .values({ ip_address: ipAddress, subnet_id: subnetId, network_id: networkId, port_id: portId })
        .execute(),
    ),

  delete: (tx: Transaction, { ipAddress, subnetId }: Allocation) =>
    tx.change([], sql => sql.deleteFrom('ipallocations').where('ip_address', '=', ipAddress).where('subnet_id', '=', subnetId).execute()),
})

export type IpamStore = ReturnType<typeof ipamStore>
