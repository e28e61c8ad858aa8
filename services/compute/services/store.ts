import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import type { ServiceRow, Tables, Transaction } from '../tables.ts'
import type { Service } from './service.ts'

export const serviceStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async list(from = read): Promise<readonly Service[]> {
    return (await from.selectFrom('service').selectAll().orderBy('number').execute()).map(toService)
  },

  /** Nobody watches heartbeats; that a process is known for the first time is told. */
  insert: (tx: Transaction, service: Service) =>
    tx.change(change(service, 'created'), sql => sql.insertInto('service').values(toRow(service)).execute()),

  beat: (tx: Transaction, { id, seenAt, facts }: Pick<Service, 'id' | 'seenAt' | 'facts'>) =>
    tx.change([], sql =>
      sql
        .updateTable('service')
        .set({ seen_at: seenAt, facts: facts && JSON.stringify(facts) })
        .where('id', '=', id)
        .execute(),
    ),

  /** Of which nothing is new but that they live. */
  async beatAll(tx: Transaction, ids: readonly string[], seenAt: string): Promise<void> {
    if (ids.length > 0) await tx.change([], sql => sql.updateTable('service').set({ seen_at: seenAt }).where('id', 'in', ids).execute())
  },

  update: (tx: Transaction, service: Service) =>
    tx.change(change(service, 'updated'), sql => sql.updateTable('service').set(toRow(service)).where('id', '=', service.id).execute()),

  delete: (tx: Transaction, service: Service) =>
    tx.change(change(service, 'deleted'), sql => sql.deleteFrom('service').where('id', '=', service.id).execute()),
})

export type ServiceStore = ReturnType<typeof serviceStore>

const change = (service: Service, act: string) => ({
  kind: 'compute.service',
  id: service.id,
  act,
  after: { host: service.host, binary: service.binary, disabled: service.isDisabled, forced_down: service.isForcedDown },
})

const toRow = (service: Service): Insertable<ServiceRow> => ({
  id: service.id,
  number: service.number,
  host: service.host,
  binary_name: service.binary,
  disabled: service.isDisabled,
  disabled_reason: service.disabledReason,
  forced_down: service.isForcedDown,
  seen_at: service.seenAt,
  facts: service.facts && JSON.stringify(service.facts),
})

const toService = (row: Selectable<ServiceRow>): Service => ({
  id: row.id,
  number: row.number,
  host: row.host,
  binary: row.binary_name,
  isDisabled: isSet(row.disabled),
  disabledReason: row.disabled_reason,
  isForcedDown: isSet(row.forced_down),
  seenAt: row.seen_at,
  facts: row.facts === null ? null : JSON.parse(row.facts),
})
