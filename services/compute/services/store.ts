import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { Insertable, Selectable } from 'kysely'
import type { ServiceRow, Tables, Transaction } from '../tables.ts'
import type { Service, Standing } from './service.ts'

export const serviceStore = (db: Pick<Database<Tables>, 'read'>) => storeOver(db, factsOf(db))

const storeOver = ({ read }: Pick<Database<Tables>, 'read'>, facts: ReadFacts) => ({
  /** The same facts once more, as somebody else holds them: they need not be held twice. */
  hold: ({ id, facts: before }: Service, same: HostFacts): void => facts.hold(id, before, same),

  async list(from = read): Promise<readonly Service[]> {
    return (await from.selectFrom('service').selectAll().orderBy('number').execute()).map(row => toService(row, facts.of(row)))
  },

  /** Those of these hosts. */
  async on(hosts: readonly string[], from = read): Promise<readonly Service[]> {
    return (await from.selectFrom('service').selectAll().where('host', 'in', hosts).execute()).map(row => toService(row, facts.of(row)))
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

  delete: (tx: Transaction, service: Service) => {
    facts.forget(service.id)
    return tx.change(change(service, 'deleted'), sql => sql.deleteFrom('service').where('id', '=', service.id).execute())
  },
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

interface ReadFacts {
  of(row: Pick<ServiceRow, 'id' | 'facts'>): HostFacts | null
  hold(id: string, before: HostFacts | null, same: HostFacts): void
  forget(id: string): void
}

/** Facts are long, and mostly what they were: each is parsed once for all who read the same tables. */
function factsOf(db: object): ReadFacts {
  const known = readers.get(db) ?? reading()
  readers.set(db, known)
  return known
}

const readers = new WeakMap<object, ReadFacts>()

function reading(): ReadFacts {
  const kept = new Map<string, { readonly text: string; readonly facts: HostFacts }>()
  return {
    of: ({ id, facts: text }) => {
      if (text === null) return null
      const known = kept.get(id)
      if (known?.text === text) return known.facts
      const facts: HostFacts = JSON.parse(text)
      kept.set(id, { text, facts })
      return facts
    },
    hold: (id, before, same) => {
      const known = kept.get(id)
      if (known?.facts === before) kept.set(id, { text: known.text, facts: same })
    },
    forget: id => void kept.delete(id),
  }
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
