import { freshness } from '@kilonova/platform/changes/freshness.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { EndpointGroup } from '../endpoint-groups/endpoint-group.ts'
import { endpointGroupStore } from '../endpoint-groups/store.ts'
import type { Endpoint } from '../endpoints/endpoint.ts'
import { endpointStore } from '../endpoints/store.ts'
import { emptyDatabase } from '../kit.ts'
import type { Service } from '../services/service.ts'
import { serviceStore } from '../services/store.ts'
import type { Transaction } from '../tables.ts'
import { type CatalogLogic, catalogLogic } from './logic.ts'
import { catalogStore } from './store.ts'

const cause = { requestId: 'req-test', why: 'test' }
const chance = seededChance(1)

let db: Awaited<ReturnType<typeof emptyDatabase>>
let catalog: CatalogLogic
let reads: number
beforeEach(async () => {
  db = await emptyDatabase()
  reads = 0
  const store = catalogStore(db)
  const counted = {
    ...store,
    listServices() {
      reads += 1
      return store.listServices()
    },
  }
  catalog = catalogLogic({ store: counted, fresh: freshness(db.changes) })
  await addService({ id: 'nova', type: 'compute', name: 'nova' })
  await addService({ id: 'glance', type: 'image', name: 'glance' })
  await addEndpoint({ id: 'compute-public', serviceId: 'nova', url: 'http://nova/v2.1/$(project_id)s', regionId: 'paris' })
  await addEndpoint({ id: 'compute-internal', serviceId: 'nova', url: 'http://inside', interface: 'internal' })
  await addEndpoint({ id: 'image-public', serviceId: 'glance', url: 'http://glance/%(user_id)s' })
})
afterEach(() => db.close())

const change = (work: (tx: Transaction) => Promise<unknown>) => db.transaction(cause, work)
const addService = (service: Partial<Service> & { id: string; type: string }) =>
  change(tx => serviceStore(db).insert(tx, { name: '', description: null, enabled: true, extra: {}, ...service }))
const endpointOf = (endpoint: Partial<Endpoint> & { serviceId: string }): Endpoint => ({
  id: chance.hex(),
  interface: 'public',
  regionId: null,
  url: 'http://x',
  enabled: true,
  extra: {},
  ...endpoint,
})
const addEndpoint = (endpoint: Partial<Endpoint> & { serviceId: string }) =>
  change(tx => endpointStore(db).insert(tx, endpointOf(endpoint)))
const giveEndpoint = (projectId: string, endpointId: string) =>
  change(tx => endpointGroupStore(db).insertEndpoint(tx, projectId, endpointId))
const giveGroup = (projectId: string, filters: EndpointGroup['filters']) =>
  change(async tx => {
    const group = { id: chance.hex(), name: 'group', description: null, filters }
    await endpointGroupStore(db).insert(tx, group)
    await endpointGroupStore(db).insertGift(tx, group.id, projectId)
  })

const urls = async (projectId?: string) =>
  (await catalog.catalogFor({ userId: 'u', projectId })).flatMap(service => service.endpoints.map(one => one.url)).toSorted()

describe('a catalog', () => {
  test('says what is served where', async () => {
    expect(await catalog.catalogFor({ userId: 'u', projectId: 'p' })).toEqual([
      {
        id: 'glance',
        type: 'image',
        name: 'glance',
        endpoints: [{ id: 'image-public', interface: 'public', region: null, region_id: null, url: 'http://glance/u' }],
      },
      {
        id: 'nova',
        type: 'compute',
        name: 'nova',
        endpoints: [
          { id: 'compute-internal', interface: 'internal', region: null, region_id: null, url: 'http://inside' },
          { id: 'compute-public', interface: 'public', region: 'paris', region_id: 'paris', url: 'http://nova/v2.1/p' },
        ],
      },
    ])
  })

  test('without a project leaves out URLs that need one', async () => {
    expect(await urls()).toEqual(['http://glance/u', 'http://inside'])
  })

  test('leaves out what is disabled or malformed', async () => {
    await addEndpoint({ serviceId: 'nova', url: 'http://off', enabled: false })
    await addEndpoint({ serviceId: 'nova', url: 'http://bad/%(project_id)' })
    await addService({ id: 'off', type: 'off', enabled: false })
    await addEndpoint({ serviceId: 'off', url: 'http://off' })
    expect(await urls('p')).toEqual(['http://glance/u', 'http://inside', 'http://nova/v2.1/p'])
  })

  test('names a service that has no endpoints', async () => {
    await addService({ id: 'empty', type: 'empty' })
    expect((await catalog.catalogFor({ userId: 'u', projectId: 'p' })).find(one => one.id === 'empty')).toMatchObject({ endpoints: [] })
  })
})

describe('a project that was given endpoints', () => {
  test('sees only these, and no service without any', async () => {
    await giveEndpoint('p', 'compute-internal')
    expect(await urls('p')).toEqual(['http://inside'])
    expect((await catalog.catalogFor({ userId: 'u', projectId: 'p' })).map(one => one.id)).toEqual(['nova'])
    expect(await urls('other')).toHaveLength(3)
  })

  test('sees those of its groups too', async () => {
    await giveEndpoint('p', 'compute-internal')
    await giveGroup('p', { service_id: 'glance', interface: 'public' })
    expect(await urls('p')).toEqual(['http://glance/u', 'http://inside'])
  })

  test('sees nothing when all it was given is disabled', async () => {
    await addEndpoint({ id: 'off', serviceId: 'nova', enabled: false })
    await giveEndpoint('p', 'off')
    expect(await urls('p')).toEqual([])
  })

  test('is the only one to see anything where the operator wants it so', async () => {
    catalog = catalogLogic({ store: catalogStore(db), fresh: freshness(db.changes), allWithoutFilter: false })
    await giveEndpoint('p', 'compute-internal')
    expect([await urls('p'), await urls('other'), await urls()]).toEqual([['http://inside'], [], []])
  })
})

describe('what is kept in memory', () => {
  test('is read once while nothing changes', async () => {
    for (const project of ['p', 'q', 'p']) await urls(project)
    await change(tx => tx.change({ kind: 'identity.user', id: 'u', act: 'created' }, async () => {}))
    await urls('p')
    expect(reads).toBe(1)
  })

  test('is never older than the last change', async () => {
    await urls('p')
    await addEndpoint({ serviceId: 'glance', url: 'http://new' })
    expect(await urls('p')).toContain('http://new')
    await giveGroup('p', { interface: 'internal' })
    expect(await urls('p')).toEqual(['http://inside'])
  })

  test('is not a failure', async () => {
    let fails = true
    const store = catalogStore(db)
    const failing = { ...store, listServices: () => (fails ? Promise.reject(new Error('away')) : store.listServices()) }
    catalog = catalogLogic({ store: failing, fresh: freshness(db.changes) })
    await expect(urls('p')).rejects.toThrow('away')
    fails = false
    expect(await urls('p')).toHaveLength(3)
  })
})
