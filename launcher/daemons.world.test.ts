import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApartCloud, openApartCloud, type Running } from './testing/apart-cloud.ts'

/** Each daemon in a process of its own, with `KILONOVA_APART=all`; without it those that answer over HTTP share one, which starts sooner. */
const together =
  process.env['KILONOVA_APART'] === 'all'
    ? ['keystone', 'placement-api', 'glance-api', 'neutron-server', 'nova-api', 'nova-metadata']
    : ['keystone placement-api glance-api neutron-server nova-api nova-metadata']

let cloud: ApartCloud | undefined
let scheduler: Running | undefined
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
}

const servicesOf = async ({ ask }: ApartCloud): Promise<readonly Service[]> => (await ask('nova', 'GET /v2.1/os-services')).services

async function boot({ ask, until }: ApartCloud, name: string, more: object): Promise<Server> {
  const { server } = await ask('nova', 'POST /v2.1/servers', { server: { name, flavorRef: '0', ...more } })
  return until(`the end of booting ${name}`, async () => {
    const now: Server = (await ask('nova', `GET /v2.1/servers/${server.id}`)).server
    return now.status === 'BUILD' ? undefined : now
  })
}

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
  const wish = { imageRef: image.id, networks: [{ uuid: network.id }] }

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
}, 600_000)
