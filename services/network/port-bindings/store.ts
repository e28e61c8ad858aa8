import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Reading, Tables, Transaction } from '../tables.ts'
import { fromRow, toRow } from '../tables/columns.ts'
import type { PortBinding } from './port-binding/port-binding.ts'

const columns = { portId: 'text', host: 'text', vnicType: 'text', profile: 'json', vifType: 'text', vifDetails: 'json' } as const

type Kept = Omit<PortBinding, 'id' | 'projectId' | 'status'>

/** The bindings of ports that are not the active one, in `ml2_port_bindings`; the active one is in the port. */
export const bindingStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async ofPort(portId: string, from: Reading = read): Promise<readonly Kept[]> {
    const rows = await from.selectFrom('ml2_port_bindings').selectAll().where('port_id', '=', portId).orderBy('host').execute()
    return rows.map(row => fromRow<Kept>(columns, row))
  },

  insert: (tx: Transaction, binding: PortBinding) =>
    tx.change(noted(binding, 'created'), sql => sql.insertInto('ml2_port_bindings').values(toRow(columns, binding)).execute()),

  update: (tx: Transaction, binding: PortBinding) =>
    tx.change(noted(binding, 'updated'), sql =>
      sql
        .updateTable('ml2_port_bindings')
        .set(toRow(columns, binding))
        .where('port_id', '=', binding.portId)
        .where('host', '=', binding.host)
        .execute(),
    ),

  delete: (tx: Transaction, portId: string, host?: string) =>
    tx.change([], sql => {
      const all = sql.deleteFrom('ml2_port_bindings').where('port_id', '=', portId)
      return (host === undefined ? all : all.where('host', '=', host)).execute()
    }),
})

export type BindingStore = ReturnType<typeof bindingStore>

const noted = (binding: PortBinding, act: string) => ({
  kind: 'network.port_binding',
  id: binding.portId,
  act,
  projectId: binding.projectId,
  after: { host: binding.host, vifType: binding.vifType },
})
