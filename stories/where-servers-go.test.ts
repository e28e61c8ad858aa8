import { afterEach, expect, test } from 'vitest'
import { type CloudWish, foreignImage, type StoryCloud, startCloud, theImage } from './kit/cloud.ts'

let cloud: StoryCloud | undefined
afterEach(async () => {
  await cloud?.close()
  cloud = undefined
})
const start = async (wish: CloudWish = {}) => {
  cloud = await startCloud(wish)
  return cloud
}
const latest = { 'openstack-api-version': 'compute 2.93' }
const wished = (more: object = {}, hints?: object) => ({
  server: { name: 'vm', imageRef: theImage, flavorRef: '1', networks: 'none', ...more },
  ...(hints ? { 'os:scheduler_hints': hints } : {}),
})

/** What the owner and an operator read when a server finds no host. */
async function readings({ as, sees }: StoryCloud, ...wish: Parameters<typeof wished>) {
  const asked = await as('demo').post('/v2.1/servers', wished(...wish), latest)
  expect(asked.status).toBe(202)
  const { id } = asked.body.server
  await sees(id, 'failed')
  const read = async (who: 'demo' | 'admin') => (await as(who).get(`/v2.1/servers/${id}`, latest)).body.server
  const [owner, admin] = [await read('demo'), await read('admin')]
  expect(owner.status).toBe('ERROR')
  expect(owner.fault).not.toHaveProperty('details')
  expect(owner.fault.message).not.toContain('host1')
  const { decisions } = (await as('admin').get(`/v2.1/servers/${id}/scheduling`, latest)).body
  expect(decisions).toMatchObject([{ host: null, message: owner.fault.message }])
  expect((await as('demo').get(`/v2.1/servers/${id}/scheduling`, latest)).status).toBe(403)
  const [, ...lines] = admin.fault.details.split('\n')
  console.log(`owner: ${owner.fault.message}\nadmin: ${lines.join('\n       ')}`)
  return { owner: owner.fault.message, admin: lines, refused: decisions[0].refused }
}

const inAggregate = async ({ as }: StoryCloud, zone: string, host: string) => {
  const { id } = (await as('admin').post('/v2.1/os-aggregates', { aggregate: { name: zone, availability_zone: zone } })).body.aggregate
  await as('admin').post(`/v2.1/os-aggregates/${id}/action`, { add_host: { host } })
}
/** Once a server runs, every host has been heard from. */
const settled = async ({ as, sees }: StoryCloud, more: object = {}, hints?: object) => {
  const { id } = (await as('demo').post('/v2.1/servers', wished({ flavorRef: '0', ...more }, hints), latest)).body.server
  await sees(id, 'launched')
  return id as string
}

test('too little memory is said with what was wanted, and to operators with what there is', async () => {
  const read = await readings(await start({ hosts: 2, fake: () => ({ memoryMb: 1024 }) }), { flavorRef: '2' })
  expect(read.owner).toBe('No valid host was found. All 2 have too little free memory for 2048 MiB.')
  expect(read.admin).toEqual(
    ['host1', 'host2'].map(host => `${host}: MEMORY_MB: 2048 MiB of MEMORY_MB wanted, 512 MiB free (1024, ratio 1, 512 reserved, 0 taken)`),
  )
})

test('too little disk likewise', async () => {
  const read = await readings(await start({ fake: () => ({ diskGb: 10 }) }), { flavorRef: '2' })
  expect(read.owner).toBe('No valid host was found. The only host has too little free disk for 20 GiB.')
  expect(read.admin).toEqual(['host1: DISK_GB: 20 GiB of DISK_GB wanted, 10 GiB free (10, ratio 1, 0 taken)'])
})

test('a disabled host is one, with the reason its operator gave', async () => {
  const story = await start()
  await settled(story)
  const said = { host: 'host1', binary: 'nova-compute', disabled_reason: 'a fan is broken' }
  expect((await story.as('admin').put('/v2.1/os-services/disable-log-reason', said)).status).toBe(200)
  const read = await readings(story)
  expect(read.owner).toBe('No valid host was found. The only host is disabled by an operator.')
  expect(read.admin).toEqual(['host1: ComputeFilter: it is disabled: a fan is broken'])
})

test('a zone has too little, though others have enough', async () => {
  const story = await start({ hosts: 2, fake: host => ({ memoryMb: host === 'host2' ? 800 : 8192 }) })
  await settled(story)
  await inAggregate(story, 'east', 'host2')
  const read = await readings(story, { availability_zone: 'east' })
  expect(read.owner).toBe(
    'No valid host was found. Of 2 hosts 1 is not in the availability zone east and 1 has too little free memory for 512 MiB.',
  )
  expect(read.admin.toSorted()).toEqual([
    'host1: AvailabilityZoneFilter: it is in nova, not in east',
    expect.stringMatching(/^host2: MEMORY_MB: 512 MiB of MEMORY_MB wanted, \d+ MiB free/),
  ])
})

test('servers that shall be apart need as many hosts', async () => {
  const story = await start()
  const group = { name: 'apart', policy: 'anti-affinity' }
  const { id } = (await story.as('demo').post('/v2.1/os-server-groups', { server_group: group }, latest)).body.server_group
  await settled(story, {}, { group: id })
  const read = await readings(story, {}, { group: id })
  expect(read.owner).toBe('No valid host was found. The only host has servers of the group already, which shall be apart.')
  expect(read.admin).toEqual([`host1: ServerGroupAntiAffinityFilter: 1 of the group ${id} are there; at most 1 may be`])
})

test('an image for another kind of processor runs nowhere', async () => {
  const read = await readings(await start({ hosts: 2 }), { imageRef: foreignImage })
  expect(read.owner).toBe('No valid host was found. All 2 cannot run the image, by its properties.')
  expect(read.refused).toMatchObject([
    { host: 'host1', filter: 'ImagePropertiesFilter', kind: 'image', reason: 'it runs x86_64/fake/hvm; the image wants aarch64' },
    { host: 'host2' },
  ])
})

test('a guest that does not start on one host is started on another', async () => {
  const faults = [{ act: 'powerOn', nth: 1, says: 'the disk is broken', kind: 'conflict' }] as const
  const story = await start({ hosts: 2, fake: host => (host === 'host1' ? { faults } : { memoryMb: 4096, vcpus: 2, diskGb: 50 }) })
  const { id } = (await story.as('demo').post('/v2.1/servers', wished({ flavorRef: '0' }), latest)).body.server
  expect(await story.sees(id, 'launched')).toEqual(['created', 'scheduled', 'rescheduled', 'scheduled', 'launched'])
  const { server } = (await story.as('admin').get(`/v2.1/servers/${id}`, latest)).body
  expect(server).toMatchObject({ status: 'ACTIVE', 'OS-EXT-SRV-ATTR:host': 'host2' })
  expect(story.hosts.map(host => host.leftovers().domains.length)).toEqual([0, 1])
})

test('when no host is left the owner reads why it would not start, and operators where it was tried', async () => {
  const faults = [{ act: 'powerOn', says: 'the disk is broken', kind: 'conflict' }] as const
  const story = await start({ hosts: 2, fake: () => ({ faults }) })
  const { id } = (await story.as('demo').post('/v2.1/servers', wished(), latest)).body.server
  await story.sees(id, 'failed')
  expect((await story.as('demo').get(`/v2.1/servers/${id}`, latest)).body.server.fault.message).toBe('the disk is broken')
  const { details } = (await story.as('admin').get(`/v2.1/servers/${id}`, latest)).body.server.fault
  expect(details).toMatch(
    /^The step “(choose a host|start the guest)” failed on host\d: the disk is broken\nIt was tried before: on host\d/,
  )
})

test('an operator may ask where a server would go, with nothing made', async () => {
  const story = await start({ hosts: 2, fake: host => ({ memoryMb: host === 'host2' ? 600 : 8192 }) })
  await settled(story)
  const wish = { scheduling: { flavorRef: '1', imageRef: theImage } }
  const { status, body } = await story.as('admin').post('/v2.1/scheduling', wish)
  expect({ status, ...body.scheduling }).toMatchObject({
    ...{ status: 200, host: 'host1', message: null, ranked: [{ host: 'host1', fits: 14 }], fits: 14 },
    refused: [{ host: 'host2', filter: 'MEMORY_MB', kind: 'memory' }],
  })
  expect((await story.as('demo').post('/v2.1/scheduling', wish)).status).toBe(403)
})
