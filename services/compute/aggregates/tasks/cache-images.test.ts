import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { noteTheLiving } from '../../hypervisors/reconcilers/heartbeats.ts'
import { type Bench, bench, cause, theImage } from '../../kit.ts'
import { cacheImages } from './cache-images.ts'

let at: Bench
beforeEach(async () => {
  at = await bench()
  await noteTheLiving({ hypervisors: at.hosts, seen: at.logics.services.seen, hosts: ['host1'], host: 'here', log: silentLog }, cause)
})
afterEach(() => at.close())

test('the hosts of a group are told to fetch images from 2.81 on', async () => {
  const group = await at.logics.aggregates.create('fast', undefined, cause)
  await at.logics.aggregates.addHost(String(group.id), 'host1', cause)
  const ask = (ids: readonly string[], { as = 'admin', number = '2.81' } = {}) =>
    at.ask(`POST /v2.1/os-aggregates/${group.id}/images`, {
      as,
      body: { cache: ids.map(id => ({ id })) },
      headers: { 'openstack-api-version': `compute ${number}` },
    })
  expect((await ask([theImage.id])).status).toBe(202)
  expect(at.labours).toEqual([`aggregate.cache-images ${group.uuid}`])
  expect((await ask([theImage.id, theImage.id])).status).toBe(400)
  expect((await ask([theImage.id], { number: '2.80' })).status).toBe(404)
  expect((await ask([theImage.id], { as: 'member' })).status).toBe(403)
})

test('one host after the other fetches, and one that fails keeps no other from its images', async () => {
  const asked: string[] = []
  const hypervisors = {
    async cacheImages(host: string) {
      asked.push(host)
      if (host === 'broken') throw new Error('no route')
      return { [theImage.id]: null }
    },
  }
  const [step] = cacheImages.steps
  const turn = { taskId: 't', key: 'k', cause } as never
  await step?.run(
    { hosts: ['broken', 'host1'], imageIds: [theImage.id, 'gone'] } as never,
    { hypervisors, images: { find: async (id: string) => (id === theImage.id ? theImage : undefined) }, log: silentLog },
    turn,
  )
  expect(asked).toEqual(['broken', 'host1'])
})
