import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench, cause } from '../../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
  const { serverMigrations: moves } = at.logics
  for (const n of [1, 2, 3])
    await at.db.transaction(cause, async tx => {
      await moves.begin(tx, {
        ...{
          id: moves.newId(),
          serverId: aServer(n).id,
          kind: n === 3 ? 'live-migration' : 'resize',
          status: n === 3 ? 'running' : 'finished',
        },
        ...{
          sourceHost: `host${n}`,
          sourceNode: `host${n}`,
          oldFlavorId: '1',
          newFlavorId: 'big',
          flavorNumbers: n === 2 ? { old: 2, new: 17 } : undefined,
          userId: 'u-m',
          projectId: n === 1 ? 'p-demo' : 'p-other',
        },
      })
    })
})
afterEach(() => at.close())

const get = (query: string, number = '2.1', as = 'admin') =>
  at.ask(`GET /v2.1/os-migrations${query}`, { as, headers: { 'openstack-api-version': `compute ${number}` } })
const ids = async (query: string, number = '2.80') => (await get(query, number)).body.migrations.map(({ id }: { id: number }) => id)

test('moves are listed for operators, with more of them said from version to version', async () => {
  const [, , first] = (await get('')).body.migrations
  expect(first).toMatchObject({
    id: 1,
    instance_uuid: aServer(1).id,
    status: 'finished',
    source_compute: 'host1',
    old_instance_type_id: 1,
    new_instance_type_id: null,
  })
  const [, second] = (await get('')).body.migrations
  expect(second).toMatchObject({ old_instance_type_id: 2, new_instance_type_id: 17 })
  for (const field of ['uuid', 'migration_type', 'project_id', 'links']) expect(first).not.toHaveProperty(field)
  const [live] = (await get('', '2.80')).body.migrations
  expect(live).toMatchObject({
    id: 3,
    migration_type: 'live-migration',
    project_id: 'p-other',
    links: [{ rel: 'self' }, { rel: 'bookmark' }],
  })
  expect((await get('', '2.1', 'member')).status).toBe(403)
})

test('the list is narrowed, and comes in pages from 2.59 on', async () => {
  expect(await ids('')).toEqual([3, 2, 1])
  expect(await ids(`?instance_uuid=${aServer(2).id}`)).toEqual([2])
  expect([await ids('?host=host3'), await ids('?status=finished'), await ids('?migration_type=live-migration')]).toEqual([[3], [2, 1], [3]])
  expect(await ids('?project_id=p-demo')).toEqual([1])
  expect(await ids('?changes-since=2100-01-01T00:00:00Z')).toEqual([])
  const { body } = await get('?limit=2', '2.59')
  expect(await ids(new URL(body.migrations_links[0].href).search, '2.59')).toEqual([1])
  expect([(await get('?colour=red', '2.58')).status, (await get('?colour=red', '2.59')).status]).toEqual([200, 400])
  expect((await get('?marker=nothing', '2.59')).status).toBe(400)
})
