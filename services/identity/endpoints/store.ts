import { isSet } from '@kilonova/platform/sql/columns.ts'
import type { Database } from '@kilonova/platform/sql/database.ts'
import type { EndpointRow, Tables, Transaction } from '../tables.ts'
import { type Audience, audiences, type Endpoint } from './endpoint.ts'

export interface Filter {
  readonly serviceId?: string | undefined
  readonly regionId?: string | undefined
  readonly interface?: string | undefined
}

/** Endpoints in the table `endpoint`. What a transaction has written is seen by passing its `tx.read`. */
export const endpointStore = ({ read }: Pick<Database<Tables>, 'read'>) => ({
  async find(id: string, from = read): Promise<Endpoint | undefined> {
    const row = await from.selectFrom('endpoint').selectAll().where('id', '=', id).executeTakeFirst()
    return row && toEndpoint(row)
  },

  async list(filter: Filter = {}, from = read): Promise<readonly Endpoint[]> {
    let endpoints = from.selectFrom('endpoint').selectAll().orderBy('id')
    if (filter.serviceId !== undefined) endpoints = endpoints.where('service_id', '=', filter.serviceId)
    if (filter.regionId !== undefined) endpoints = endpoints.where('region_id', '=', filter.regionId)
    if (filter.interface !== undefined) endpoints = endpoints.where('interface', '=', filter.interface)
    return (await endpoints.execute()).map(toEndpoint)
  },

  /** Whether there are such a service and such a region: reads across the corridor. */
  findService: (id: string, from = read) => from.selectFrom('service').select('id').where('id', '=', id).executeTakeFirst(),
  findRegion: (id: string, from = read) => from.selectFrom('region').select('id').where('id', '=', id).executeTakeFirst(),

  insert: (tx: Transaction, endpoint: Endpoint) =>
    tx.change(change(endpoint, 'created'), sql => sql.insertInto('endpoint').values(toRow(endpoint)).execute()),

  update: (tx: Transaction, endpoint: Endpoint) =>
    tx.change(change(endpoint, 'updated'), sql => sql.updateTable('endpoint').set(toRow(endpoint)).where('id', '=', endpoint.id).execute()),

  delete: (tx: Transaction, endpoint: Endpoint) =>
    tx.change(change(endpoint, 'deleted'), sql => sql.deleteFrom('endpoint').where('id', '=', endpoint.id).execute()),
})

export type EndpointStore = ReturnType<typeof endpointStore>

const change = (endpoint: Endpoint, act: string) => ({ kind: 'identity.endpoint', id: endpoint.id, act, after: endpoint })

const toRow = ({ serviceId, regionId, extra, ...endpoint }: Endpoint) => ({
  ...endpoint,
  service_id: serviceId,
  region_id: regionId,
  extra: JSON.stringify(extra),
})

const toEndpoint = (row: Omit<EndpointRow, 'enabled'> & { enabled: number }): Endpoint => ({
  id: row.id,
  serviceId: row.service_id,
  interface: audienceOf(row.interface),
  regionId: row.region_id,
  url: row.url,
  enabled: isSet(row.enabled),
  extra: JSON.parse(row.extra),
})

function audienceOf(word: string): Audience {
  const audience = audiences.find(one => one === word)
  if (!audience) throw new Error(`the table endpoint holds an unknown interface: ${word}`)
  return audience
}
