import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApartCloud, openApartCloud, type Running } from './testing/apart-cloud.ts'

/** Each daemon in a process of its own, with `KILONOVA_APART=all`; without it those that answer over HTTP share one, which starts sooner. */
const together =
  process.env['KILONOVA_APART'] === 'all'
    ? ['keystone', 'placement-api', 'glance-api', 'neutron-server', 'nova-api', 'nova-metadata']
    : ['keystone placement-api glance-api neutron-server nova-api nova-metadata']

let cloud: ApartCloud | undefined
let scheduler: Running | undefined
let wish: object = {}
beforeAll(async () => {
  const at = await openApartCloud()
  cloud = at
  for (const daemons of [...together, 'nova-conductor', 'nova-compute', 'neutron-linuxbridge-agent']) at.start(daemons)
  scheduler = at.start('nova-scheduler')
}, 180_000)
afterAll(() => cloud?.close(), 60_000)

interface Service {
  readonly binary: string
  readonly state: string
  readonly updated_at: string
}
interface Server {
  readonly id: string
  readonly status: string
  readonly fault?: { readonly message: string }
  readonly addresses: Readonly<Record<string, unknown>>
  readonly 'OS-EXT-SRV-ATTR:host': string
}

const servicesOf = async ({ ask }: ApartCloud): Promise<readonly Service[]> => (await ask('nova', 'GET /v2.1/os-services')).services

/** A host that reports is one to choose only when placement has heard what it has: of a conductor that may have to ask again. */
const haveRoom = ({ ask, until }: ApartCloud, hosts: number) =>
  until(`room on ${hosts} hosts, as placement knows it`, async () => {
    const { resource_providers: all } = await ask('placement', 'GET /resource_providers')
    const held = await Promise.all(all.map(({ uuid }: { uuid: string }) => ask('placement', `GET /resource_providers/${uuid}/inventories`)))
    return held.filter(({ inventories }) => 'VCPU' in inventories).length === hosts ? true : undefined
  })

const serverOf = async ({ ask }: ApartCloud, id: string): Promise<Server> => (await ask('nova', `GET /v2.1/servers/${id}`)).server

/** Once nothing is done with it any more; what went wrong meanwhile is told with it. */
const settled = (at: ApartCloud, id: string, ...meanwhile: readonly string[]): Promise<Server> =>
  at.until(`the end of ${meanwhile.join(', ')} of server ${id}`, async () => {
    const now = await serverOf(at, id)
    return meanwhile.includes(now.status) ? undefined : now
  })

const post = async ({ ask }: ApartCloud, name: string, more: object): Promise<string> =>
  (await ask('nova', 'POST /v2.1/servers', { server: { name, flavorRef: '0', ...more } })).server.id
const boot = async (at: ApartCloud, name: string, more: object) => settled(at, await post(at, name, more), 'BUILD')

test('daemons that are processes of their own make a cloud, and one that is killed and started again goes on', async () => {
  if (!cloud || !scheduler) throw new Error('the cloud could not be opened')
  const { ask, until, start } = cloud
  const at = cloud
  const all = await until('every daemon in the list, and up', async () => {
    const found = await servicesOf(at)
    return found.length === 3 && found.every(({ state }) => state === 'up') ? found : undefined
  })
  expect(all.map(({ binary }) => binary).toSorted()).toEqual(['nova-compute', 'nova-conductor', 'nova-scheduler'])
  const image = await until('an image', () => ask('glance', 'POST /v2/images', { name: 'a', disk_format: 'raw', container_format: 'bare' }))
  await ask('glance', `PUT /v2/images/${image.id}/file`, new Uint8Array(4096))
  const { network } = await until('a network', () => ask('neutron', 'POST /v2.0/networks', { network: { name: 'net' } }))
  await ask('neutron', 'POST /v2.0/subnets', { subnet: { network_id: network.id, ip_version: 4, cidr: '10.0.0.0/24' } })
  await until('an agent that wires', async () => ((await ask('neutron', 'GET /v2.0/agents')).agents.length > 0 ? true : undefined))
  await haveRoom(at, 1)
  wish = { imageRef: image.id, networks: [{ uuid: network.id }] }

  expect(await boot(at, 'first', wish)).toMatchObject({
    status: 'ACTIVE',
    addresses: { net: [{ addr: expect.stringMatching(/^10\.0\.0\./) }] },
  })

  await scheduler.kill()
  const killedAt = Date.now()
  start('nova-scheduler')
  await until('a sign of life of the new scheduler', async () => {
    const found = (await servicesOf(at)).find(({ binary }) => binary === 'nova-scheduler')
    return found && Date.parse(`${found.updated_at}Z`) > killedAt ? true : undefined
  })
  expect(await boot(at, 'second', wish)).toMatchObject({ status: 'ACTIVE' })
}, 1_200_000)

test('a server moves to a host of another process and back, and loses the port that somebody deletes at the network', async () => {
  if (!cloud) throw new Error('the cloud could not be opened')
  const at = cloud
  const { ask, until } = at
  at.start('nova-compute neutron-linuxbridge-agent', 'node2')
  await until('the second host', async () => {
    const found = (await servicesOf(at)).filter(({ binary, state }) => binary === 'nova-compute' && state === 'up')
    const { agents } = await ask('neutron', 'GET /v2.0/agents?host=node2')
    return found.length === 2 && agents.length > 0 ? true : undefined
  })
  await haveRoom(at, 2)
  const { id, 'OS-EXT-SRV-ATTR:host': first } = await boot(at, 'mover', wish)
  const act = (name: string, more: object | null = null) => ask('nova', `POST /v2.1/servers/${id}/action`, { [name]: more })
  await act('resize', { flavorRef: '1' })
  const moved = await settled(at, id, 'ACTIVE', 'RESIZE')
  expect(moved).toMatchObject({ status: 'VERIFY_RESIZE' })
  expect(moved['OS-EXT-SRV-ATTR:host']).not.toBe(first)
  await act('revertResize')
  expect(await settled(at, id, 'VERIFY_RESIZE', 'REVERT_RESIZE')).toMatchObject({ status: 'ACTIVE', 'OS-EXT-SRV-ATTR:host': first })

  const { ports } = await ask('neutron', `GET /v2.0/ports?device_id=${id}`)
  await ask('neutron', `DELETE /v2.0/ports/${ports[0].id}`)
  await until('a server without its cable', async () => {
    const { addresses } = await serverOf(at, id)
    return Object.keys(addresses).length === 0 ? true : undefined
  })
}, 1_200_000)

async function killOneOfTwo() {
  if (!cloud) throw new Error('the cloud could not be opened')
  const at = cloud
  const more = at.start('nova-conductor nova-scheduler', 'node2')
  await at.until('the second conductor', async () =>
    (await servicesOf(at)).filter(({ binary }) => binary === 'nova-conductor').length === 2 ? true : undefined,
  )
  const ids: string[] = []
  for (const n of [1, 2, 3, 4, 5, 6]) ids.push(await post(at, `s${n}`, wish))
  await more.kill()
  for (const id of ids) {
    expect(await settled(at, id, 'BUILD')).toMatchObject({ status: 'ACTIVE' })
    const { ports } = await at.ask('neutron', `GET /v2.0/ports?device_id=${id}`)
    expect(ports).toHaveLength(1)
  }
}

// A killed worker's lease lasts half a minute.
if (process.env['KILONOVA_APART'] === 'all') test('what a conductor was killed at another finishes, once', killOneOfTwo, 1_200_000)
