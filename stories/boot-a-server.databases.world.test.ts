import { testOnServers } from '@kilonova/platform/sql/testing.ts'
import { expect, test } from 'vitest'
import { startCloud, theImage } from './kit/cloud.ts'

testOnServers('a cloud', (_, bench) => {
  test('boots, lists and deletes servers, with two conductors at work', async () => {
    const cloud = await startCloud({ hosts: 2, conductors: 2, databases: { identity: await bench.url(), compute: await bench.url() } })
    try {
      const demo = cloud.as('demo')
      const boot = async (name: string): Promise<string> =>
        (await demo.post('/v2.1/servers', { server: { name, imageRef: theImage, flavorRef: '0' } })).body.server.id
      const ids = await Promise.all(['a', 'b', 'c', 'd'].map(boot))
      for (const id of ids) expect(await cloud.sees(id, 'launched')).toEqual(['created', 'scheduled', 'launched'])
      const { servers } = (await demo.get('/v2.1/servers/detail')).body
      expect(servers.map(({ name, status }: Record<string, string>) => `${name} ${status}`).toSorted()).toEqual(
        ['a', 'b', 'c', 'd'].map(name => `${name} ACTIVE`),
      )
      expect(cloud.hosts.flatMap(host => host.leftovers().domains)).toHaveLength(4)
      await Promise.all(ids.map(id => demo.delete(`/v2.1/servers/${id}`)))
      for (const id of ids) await cloud.sees(id, 'deleted')
      expect((await demo.get('/v2.1/servers')).body).toEqual({ servers: [] })
      expect(cloud.hosts.flatMap(host => [...host.leftovers().domains, ...host.leftovers().directories])).toEqual([])
    } finally {
      await cloud.close()
    }
  })
})
