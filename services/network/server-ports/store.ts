import type { Database } from '@kilonova/platform/sql/database.ts'
import { type LostPort, serverPortKind } from '../contract/ports.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { fromRow, toRow } from '../tables/columns.ts'
import type { Seat } from './server-port.ts'

const columns = { portId: 'text', serverId: 'text', position: 'number', tag: 'text', isPreserved: 'flag', ticket: 'text' } as const

export const seatStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async ofServers(serverIds: readonly string[], from: Reading = read): Promise<readonly Seat[]> {
    if (serverIds.length === 0) return []
    const rows = await from.selectFrom('server_ports').selectAll().where('server_id', 'in', serverIds).orderBy('position').execute()
    return rows.map(row => fromRow<Seat>(columns, row))
  },

  insert: (tx: Transaction, seat: Seat) => tx.change([], sql => sql.insertInto('server_ports').values(toRow(columns, seat)).execute()),

  delete: (tx: Transaction, portIds: readonly string[]) =>
    tx.change([], async sql => {
      if (portIds.length > 0) await sql.deleteFrom('server_ports').where('port_id', 'in', portIds).execute()
    }),

  /** Somebody deleted a port that a server has: whoever plugged it in is to hear of it. */
  lose: (tx: Transaction, { portId, serverId }: Pick<Seat, 'portId' | 'serverId'>, projectId: string) =>
    tx.change({ kind: serverPortKind, id: portId, act: 'lost', projectId, after: { serverId } satisfies LostPort }, async sql => {
      await sql.deleteFrom('server_ports').where('port_id', '=', portId).execute()
    }),

  async ofPort(portId: string, from: Reading = read): Promise<Seat | undefined> {
    const row = await from.selectFrom('server_ports').selectAll().where('port_id', '=', portId).executeTakeFirst()
    return row && fromRow<Seat>(columns, row)
  },

  async gone(portIds: readonly string[], from: Reading = read): Promise<readonly string[]> {
    if (portIds.length === 0) return []
    const rows = await from.selectFrom('ports').select('id').where('id', 'in', portIds).execute()
    const there = new Set(rows.map(row => String(row['id'])))
    return portIds.filter(id => !there.has(id))
  },

  /** The floating addresses that lead to these ports, by port and inner address. */
  async floatingOf(portIds: readonly string[], from: Reading = read): Promise<ReadonlyMap<string, readonly string[]>> {
    if (portIds.length === 0) return new Map()
    const rows = await from
      .selectFrom('floatingips')
      .select(['fixed_port_id', 'fixed_ip_address', 'floating_ip_address'])
      .where('fixed_port_id', 'in', portIds)
      .execute()
    const byAddress = Map.groupBy(rows, row => `${row['fixed_port_id']} ${row['fixed_ip_address']}`)
    return new Map([...byAddress].map(([key, some]) => [key, some.map(row => String(row['floating_ip_address']))]))
  },

  async groupNames(ids: readonly string[], from: Reading = read): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map()
    const rows = await from.selectFrom('securitygroups').select(['id', 'name']).where('id', 'in', ids).execute()
    return new Map(rows.map(row => [String(row['id']), String(row['name'])]))
  },
})

export type SeatStore = ReturnType<typeof seatStore>
