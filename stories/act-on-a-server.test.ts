import { afterEach, expect, test, vi } from 'vitest'
import { nothingLeft, type StoryCloud, startCloud, theImage } from './kit/cloud.ts'

let cloud: StoryCloud | undefined
afterEach(async () => {
  await cloud?.close()
  cloud = undefined
})

const latest = { 'openstack-api-version': 'compute 2.96' }

test('a server is turned off and on, gets another size and its old one back, and leaves nothing', async () => {
  cloud = await startCloud({ hosts: 1 })
  const demo = cloud.as('demo')
  const wish = { name: 'first', imageRef: theImage, flavorRef: '1', networks: 'none' }
  const { id } = (await demo.post('/v2.1/servers', { server: wish }, latest)).body.server
  const show = async () => (await demo.get(`/v2.1/servers/${id}`, latest)).body.server
  const becomes = (status: string) =>
    vi.waitUntil(async () => {
      const server = await show()
      return server.status === status && server['OS-EXT-STS:task_state'] === null && server
    })
  const act = async (body: object, status: string) => {
    expect([202, 204]).toContain((await demo.post(`/v2.1/servers/${id}/action`, body, latest)).status)
    return becomes(status)
  }

  await becomes('ACTIVE')
  expect(await act({ 'os-stop': null }, 'SHUTOFF')).toMatchObject({ 'OS-EXT-STS:power_state': 4 })
  expect(await act({ 'os-start': null }, 'ACTIVE')).toMatchObject({ 'OS-EXT-STS:power_state': 1 })
  expect(await act({ resize: { flavorRef: '2' } }, 'VERIFY_RESIZE')).toMatchObject({ flavor: { original_name: 'm1.small' } })
  expect(await act({ revertResize: null }, 'ACTIVE')).toMatchObject({ flavor: { original_name: 'm1.tiny' } })
  await act({ resize: { flavorRef: '2' } }, 'VERIFY_RESIZE')
  expect(await act({ confirmResize: null }, 'ACTIVE')).toMatchObject({ flavor: { original_name: 'm1.small' } })

  const { instanceActions } = (await demo.get(`/v2.1/servers/${id}/os-instance-actions`, latest)).body
  expect(instanceActions.map(({ action }: { action: string }) => action)).toEqual(
    ['confirmResize', 'resize', 'revertResize', 'resize', 'start', 'stop', 'create'], // biome-ignore format: a row
  )
  await demo.delete(`/v2.1/servers/${id}`)
  await vi.waitUntil(async () => (await demo.get(`/v2.1/servers/${id}`)).status === 404)
  expect(cloud.hosts[0]?.leftovers()).toEqual(nothingLeft)
})

test('the password of a server reaches its drive, and stands in no table', async () => {
  cloud = await startCloud()
  const demo = cloud.as('demo')
  const wish = { name: 'first', imageRef: theImage, flavorRef: '1', networks: 'none', config_drive: true, adminPass: 'gehe1m-und-lang' }
  const { id } = (await demo.post('/v2.1/servers', { server: wish }, latest)).body.server
  expect((await Promise.race([cloud.sees(id, 'launched'), cloud.sees(id, 'failed')])).at(-1)).toBe('launched')
  const journal = await cloud.compute.database.read.selectFrom('task').selectAll().execute()
  expect(journal.map(({ subject }) => subject)).toContain(id)
  expect(JSON.stringify(journal)).toContain('adminPass')
  expect(JSON.stringify(journal)).not.toContain('gehe1m')
})

test('a server on a host that is down is deleted without it', async () => {
  cloud = await startCloud({ hosts: 1 })
  const [demo, admin] = [cloud.as('demo'), cloud.as('admin')]
  const wish = { name: 'first', imageRef: theImage, flavorRef: '1', networks: 'none' }
  const { id } = (await demo.post('/v2.1/servers', { server: wish }, latest)).body.server
  await cloud.sees(id, 'launched')
  const [compute] = (await admin.get('/v2.1/os-services?binary=nova-compute', latest)).body.services
  expect((await admin.put(`/v2.1/os-services/${compute.id}`, { forced_down: true }, latest)).status).toBe(200)
  await demo.delete(`/v2.1/servers/${id}`)
  await vi.waitUntil(async () => (await demo.get(`/v2.1/servers/${id}`)).status === 404)
  expect(cloud.hosts[0]?.leftovers().domains).toHaveLength(1)
})
