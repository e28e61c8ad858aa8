import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import type { ServiceRow, Tables, Transaction } from '../tables.ts'
import type { Service, Standing } from './service.ts'

export const serviceStore = ({ read }: Pick<Database<Tables>, 'read'>, toService = reading()) => ({
  async list(from = read): Promise<readonly Service[]> {
    return (await from.selectFrom('service').selectAll().orderBy('number').execute()).map(toService)
  },

  /** Those of these hosts. */
  async on(hosts: readonly string[], from = read): Promise<readonly Service[]> {
    return (await from.selectFrom('service').selectAll().where('host', 'in', hosts).execute()).map(toService)
  },

  /** The highest that was given to one. */
  async lastNumber(from = read): Promise<number> {
    const { last } = await from
      .selectFrom('service')
      .select(({ fn }) => fn.max('number').as('last'))
      .executeTakeFirstOrThrow()
    return Number(last ?? 0)
  },

  /** How those stand that run guests on these hosts, without the hosts' facts: some are long. */
  async computesOn(hosts: readonly string[]): Promise<readonly Standing[]> {
    if (hosts.length === 0) return []
    const rows = await read
      .selectFrom('service')
      .select(['host', 'disabled', 'forced_down', 'seen_at'])
      .where('host', 'in', hosts)
      .where('binary_name', '=', 'nova-compute')
      .execute()
    return rows.map(row => ({
      host: row.host,
      isDisabled: isSet(row.disabled),
      isForcedDown: isSet(row.forced_down),
      seenAt: row.seen_at,
    }))
  },

  async computeHosts(): Promise<readonly string[]> {
    const rows = await read.selectFrom('service').select('host').where('binary_name', '=', 'nova-compute').execute()
    return rows.map(({ host }) => host)
  },

  /** The hosts whose agents were heard of since a moment. */
  async heardSince(moment: string): Promise<ReadonlySet<string>> {
    const rows = await read
      .selectFrom('service')
      .select('host')
      .where('binary_name', '=', 'nova-compute')
      .where('seen_at', '>', moment)
      .execute()
    return new Set(rows.map(({ host }) => host))
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

/** Facts are long, and mostly what they were: each is parsed once. */
function reading(): (row: Selectable<ServiceRow>) => Service {
  const kept = new Map<string, { readonly text: string; readonly facts: HostFacts }>()
  const parse = (id: string, text: string): HostFacts => {
    const known = kept.get(id)
    if (known?.text === text) return known.facts
    const facts: HostFacts = JSON.parse(text)
    kept.set(id, { text, facts })
    return facts
  }
  return row => toService(row, row.facts === null ? null : parse(row.id, row.facts))
}

const toService = (row: Selectable<ServiceRow>, facts: HostFacts | null): Service => ({
  id: row.id,
  number: row.number,
  host: row.host,
  binary: row.binary_name,
  isDisabled: isSet(row.disabled),
  disabledReason: row.disabled_reason,
  isForcedDown: isSet(row.forced_down),
  seenAt: row.seen_at,
  facts,
})
