import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { afterEach, expect, test, vi } from 'vitest'
import { type CloudWish, nothingLeft, type StoryCloud, startCloud, theImage } from './kit/cloud.ts'

let cloud: StoryCloud | undefined
afterEach(async () => {
  await cloud?.close()
  cloud = undefined
})
const start = async (wish?: CloudWish) => {
  cloud = await startCloud(wish)
  return cloud
}
const wished = (name = 'first', more: object = {}) => ({ server: { name, imageRef: theImage, flavorRef: '1', ...more } })
const latest = { 'openstack-api-version': 'compute 2.93' }

test('a server is booted, watched, listened to and deleted, and nothing of it is left', async () => {
  const { as, hosts, sees, follow } = await start({ hosts: 3 })
  const demo = as('demo')
  const asked = await demo.post('/v2.1/servers', wished('first', { networks: 'none' }), latest)
  expect(asked).toMatchObject({ status: 202, body: { server: { id: expect.any(String) } } })
  const { id } = asked.body.server
  expect(await sees(id, 'launched')).toEqual(['created', 'scheduled', 'launched'])

  const shown = await demo.get(`/v2.1/servers/${id}`, latest)
  expect(shown.body.server).toMatchObject({
    id,
    name: 'first',
    status: 'ACTIVE',
    flavor: { original_name: 'm1.tiny', ram: 512, vcpus: 1 },
    image: { id: theImage },
    'OS-EXT-STS:task_state': null,
    'OS-EXT-STS:power_state': 1,
    hostId: expect.stringMatching(/./),
  })
  expect(shown.body.server).not.toHaveProperty('fault')
  expect(hosts.flatMap(host => host.leftovers().domains)).toEqual(['instance-00000001'])
  const console = await demo.post(`/v2.1/servers/${id}/action`, { 'os-getConsoleOutput': { length: 1 } })
  expect(console.body).toEqual({ output: 'first login: ' })

  expect(await demo.delete(`/v2.1/servers/${id}`)).toMatchObject({ status: 204 })
  expect((await sees(id, 'deleted')).slice(3)).toEqual(['doomed', 'deleted'])
  expect(await demo.get(`/v2.1/servers/${id}`)).toMatchObject({ status: 404, body: { itemNotFound: { code: 404 } } })
  expect(hosts.map(host => host.leftovers())).toContainEqual(nothingLeft)
  expect(hosts.flatMap(host => host.leftovers().directories)).toEqual([])
  for await (const { kind, act, cause } of follow({ id })) {
    expect({ kind, why: cause.why }).toEqual({ kind: 'compute.server', why: expect.stringMatching(/^(POST|DELETE) \/v2.1\/servers/) })
    if (act === 'deleted') break
  }
})

test('the API answers while the hypervisor is still at it', async () => {
  const clock = virtualClock()
  const { as, hosts } = await start({ clock, fake: () => ({ delaysMs: { powerOn: 60_000 } }) })
  const demo = as('demo')
  const { id } = (await demo.post('/v2.1/servers', wished())).body.server
  await clock.advance(30_000)
  expect((await demo.get(`/v2.1/servers/${id}`)).body.server).toMatchObject({ status: 'BUILD', 'OS-EXT-STS:task_state': 'spawning' })
  expect(hosts[0]?.leftovers().domains).toEqual([])
  await clock.advance(31_000)
  expect((await demo.get(`/v2.1/servers/${id}`)).body.server).toMatchObject({ status: 'ACTIVE' })
})

test('a host that refuses makes an ERROR that names the step and the host, and leaves nothing on it', async () => {
  const { as, hosts, sees } = await start({
    hosts: 1,
    fake: () => ({ faults: [{ act: 'powerOn', says: 'The host has no memory left.', kind: 'conflict' }] }),
  })
  const { id } = (await as('demo').post('/v2.1/servers', wished())).body.server
  expect((await sees(id, 'failed')).at(-1)).toBe('failed')
  const { fault, status } = (await as('demo').get(`/v2.1/servers/${id}`)).body.server
  expect({ fault, status }).toEqual({
    status: 'ERROR',
    fault: { code: 500, created: expect.any(String), message: 'The host has no memory left.' },
  })
  const { server } = (await as('admin').get(`/v2.1/servers/${id}`)).body
  expect(server.fault.details).toContain('It was tried before: on host1 (The host has no memory left.)')
  expect(hosts[0]?.leftovers()).toMatchObject({ domains: [], directories: [] })
})

test('a flavor that fits no host makes an ERROR with the reason', async () => {
  const { as, sees } = await start({ hosts: 2, fake: () => ({ memoryMb: 256 }) })
  const { id } = (await as('demo').post('/v2.1/servers', wished())).body.server
  await sees(id, 'failed')
  expect((await as('demo').get(`/v2.1/servers/${id}`)).body.server.fault.message).toBe(
    'No valid host was found. All 2 have too little free memory for 512 MiB.',
  )
})

test('a conductor that is killed in the midst of a boot is followed by another, who boots the same guest', async () => {
  const clock = virtualClock()
  const { as, hosts, conductors, startConductor } = await start({ clock, fake: () => ({ delaysMs: { powerOn: 5_000 } }) })
  const { id } = (await as('demo').post('/v2.1/servers', wished())).body.server
  await clock.advance(2_000)
  conductors[0]?.kill()
  await startConductor()
  await clock.advance(10_000)
  expect((await as('demo').get(`/v2.1/servers/${id}`)).body.server).toMatchObject({ status: 'BUILD' })
  // The dead one's lease ends.
  await clock.advance(30_000)
  expect((await as('demo').get(`/v2.1/servers/${id}`)).body.server).toMatchObject({ status: 'ACTIVE' })
  expect(hosts[0]?.leftovers().domains).toEqual(['instance-00000001'])
})

test('a server that is deleted while it is booted is gone, with its guest', async () => {
  const clock = virtualClock()
  const { as, hosts } = await start({ clock, fake: () => ({ delaysMs: { powerOn: 20_000 } }) })
  const demo = as('demo')
  const { id } = (await demo.post('/v2.1/servers', wished())).body.server
  await clock.advance(5_000)
  await demo.delete(`/v2.1/servers/${id}`)
  for (const seconds of [1, 10]) {
    await clock.advance(seconds * 1_000)
    expect((await demo.get(`/v2.1/servers/${id}`)).body.server['OS-EXT-STS:task_state']).toBe('deleting')
  }
  await clock.advance(20_000)
  expect(await demo.get(`/v2.1/servers/${id}`)).toMatchObject({ status: 404 })
  expect(hosts[0]?.leftovers()).toEqual(nothingLeft)
})

test('a guest whose server is gone is taken away; one that belongs to nobody here is left alone', async () => {
  const clock = virtualClock()
  const { as, hosts } = await start({ clock })
  const demo = as('demo')
  const { id } = (await demo.post('/v2.1/servers', wished())).body.server
  await clock.advance(100)
  await demo.delete(`/v2.1/servers/${id}`)
  await clock.advance(100)
  // A command that was on its way for long, and a neighbour's guest.
  const guest = (uuid: string, name: string) => ({ ...aGuest, uuid, name })
  await hosts[0]?.powerOn(guest(id, 'instance-00000001'))
  await hosts[0]?.powerOn(guest('11111111-2222-4333-8444-555555555555', 'instance-0000beef'))
  await clock.advance(61_000)
  expect(hosts[0]?.leftovers().domains).toEqual(['instance-0000beef'])
})

const aGuest = {
  displayName: 'stray',
  memoryMb: 64,
  vcpus: 1,
  diskGb: 1,
  image: { id: theImage, format: 'qcow2' as const, source: { from: 'file' as const, path: '/nowhere' } },
  nics: [],
  origin: {
    createdAt: '2026-01-01T00:00:00Z',
    flavor: { name: 'm1.nano', swapMb: 0, ephemeralGb: 0 },
    user: { id: 'u', name: 'u' },
    project: { id: 'p', name: 'p' },
  },
}

test('the trace of a boot has every hop, from the request to what it changed', async () => {
  const { as, sees, trace } = await start({ fake: () => ({ delaysMs: { powerOn: 30 } }) })
  const asked = await as('demo').post('/v2.1/servers', wished())
  await sees(asked.body.server.id, 'launched')
  const requestId = String(asked.headers['x-openstack-request-id'])
  const hops = await vi.waitUntil(async () => {
    const found = await trace(requestId)
    return found.some(({ what }) => what === 'compute.task done') ? found : undefined
  })
  const way = hops.map(({ daemon, hop, what }) => `${daemon} ${hop} ${what}`)
  const inOrder = [
    'nova-api http.request POST /v2.1/servers 202',
    'nova-conductor task.step server.boot: “choose a host” begins',
    'nova-conductor task.step server.boot: “wire the network” begins',
    'nova-conductor task.step server.boot: “start the guest” begins',
    'nova-compute hypervisor started instance-00000001',
    'nova-conductor bus.ask hypervisor.startGuest at compute.host1: ok',
    'nova-conductor task.step server.boot: “start the guest” is done',
    'nova-conductor task.step server.boot: “finish” is done',
  ]
  expect(way.filter(line => inOrder.includes(line))).toEqual(inOrder)
  expect(way.filter(line => line.startsWith('nova change compute.server'))).toEqual(
    ['created', 'scheduled', 'launched'].map(act => `nova change compute.server ${act}`),
  )
  expect(way.indexOf('nova change compute.server launched')).toBeGreaterThan(way.indexOf(inOrder[4] ?? ''))
})
