import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { ServiceRow, Tables, Transaction } from '../tables.ts'
import type { Service } from './service.ts'

/** Services in the table `service`. What a transaction has written is seen by passing its `tx.read`. */
export const serviceStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<Service | undefined> {
    const row = await from.selectFrom('service').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toService(row)
  },

  async list(from = read): Promise<readonly Service[]> {
    return (await from.selectFrom('service').selectAll().orderBy('id').execute()).map(toService)
  },

  insert: (tx: Transaction, service: Service) =>
    tx.change(change(service, 'created'), sql => sql.insertInto('service').values(toRow(service)).execute()),

  update: (tx: Transaction, service: Service) =>
    tx.change(change(service, 'updated'), sql => sql.updateTable('service').set(toRow(service)).where('id', '=', service.id).execute()),

  delete: (tx: Transaction, service: Service) =>
    tx.change(change(service, 'deleted'), sql => sql.deleteFrom('service').where('id', '=', service.id).execute()),
})

export type ServiceStore = ReturnType<typeof serviceStore>

const change = (service: Service, act: string) => ({ kind: 'identity.service', id: service.id, act, after: service })

const toRow = ({ extra, ...service }: Service) => ({ ...service, extra: JSON.stringify(extra) })

const toService = (row: Omit<ServiceRow, 'enabled'> & { enabled: number }): Service => ({
  id: row.id,
  type: row.type,
  name: row.name ?? '',
  description: row.description,
  enabled: isSet(row.enabled),
  extra: JSON.parse(row.extra),
})
