import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, cause, settingsWith } from '../../kit.ts'

let at: Bench
let ask: Bench['ask']
let network: string
let racks: readonly { id: string }[]
let subnets: readonly { id: string }[]
const settings = settingsWith({ ml2_type_vlan: { network_vlan_ranges: ['rack1:100:102', 'rack2:100:102'] } })

/** A network of two racks, each with a subnet of its own, and a host in each. */
beforeEach(async () => {
  at = await bench(settings)
  ask = at.ask
  const segments = ['rack1', 'rack2'].map(place => ({ 'provider:network_type': 'vlan', 'provider:physical_network': place }))
  network = (await at.make('networks', { network: { segments, shared: true } }, 'admin')).id
  racks = (await ask(`GET /v2.0/segments?network_id=${network}&sort_key=physical_network&sort_dir=asc`, { as: 'admin' })).body.segments
  subnets = await Promise.all(racks.map(({ id }, i) => makeSubnet({ segment_id: id, cidr: `10.${i + 1}.0.0/24` })))
  for (const [i, host] of ['node1', 'node2'].entries()) await hear(host, [`rack${i + 1}`])
})
afterEach(() => at.close())

const makeSubnet = (subnet: object) => at.make('subnets', { subnet: { network_id: network, ip_version: 4, ...subnet } }, 'admin')
const hear = (host: string, places: readonly string[]) => {
  const configurations = { 'Linux bridge agent': { interface_mappings: Object.fromEntries(places.map(place => [place, 'eth1'])) } }
  return at.logics.agents.heard({ host, startedAt: new Date().toISOString(), configurations }, cause)
}
const makePort = (port: object = {}) => ask('POST /v2.0/ports', { as: 'admin', body: { port: { network_id: network, ...port } } })
const change = (id: string, port: object) => ask(`PUT /v2.0/ports/${id}`, { as: 'admin', body: { port } })
const subnetsOf = (port: { fixed_ips: readonly { subnet_id: string }[] }) => port.fixed_ips.map(one => one.subnet_id)
const refusal = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError.type]

describe('a network whose racks have subnets of their own', () => {
  test('is not one wire', async () => {
    expect((await ask(`GET /v2.0/networks/${network}`)).body.network.l2_adjacency).toBe(false)
    expect((await ask(`GET /v2.0/subnets?segment_id=${racks[0]?.id}`, { as: 'admin' })).body.subnets).toHaveLength(1)
  })

  test('gives a port its address when it is known on which host it is', async () => {
    const { port } = (await makePort()).body
    expect(port).toMatchObject({ fixed_ips: [], ip_allocation: 'deferred' })
    const bound = (await change(port.id, { 'binding:host_id': 'node2' })).body.port
    expect([subnetsOf(bound), bound.ip_allocation]).toEqual([[subnets[1]?.id], 'immediate'])
    const moved = await change(port.id, { 'binding:host_id': 'node1' })
    expect(refusal(moved)).toEqual([409, 'HostNotCompatibleWithFixedIps'])
  })

  test('gives it at once on a host that is said', async () => {
    const { port } = (await makePort({ 'binding:host_id': 'node1' })).body
    expect(subnetsOf(port)).toEqual([subnets[0]?.id])
  })

  test('has no place on hosts that are in no rack of it, or in two', async () => {
    await hear('node3', [])
    await hear('node4', ['rack1', 'rack2'])
    expect(refusal(await makePort({ 'binding:host_id': 'node3' }))).toEqual([409, 'HostNotConnectedToAnySegment'])
    expect(refusal(await makePort({ 'binding:host_id': 'node4' }))).toEqual([409, 'HostConnectedToMultipleSegments'])
  })

  test('gives no port addresses of two racks', async () => {
    const fixed_ips = subnets.map(({ id }) => ({ subnet_id: id }))
    expect(refusal(await makePort({ fixed_ips }))).toEqual([400, 'FixedIpsSubnetsNotOnSameSegment'])
  })

  test('keeps a segment that a subnet is on', async () => {
    expect(refusal(await ask(`DELETE /v2.0/segments/${racks[0]?.id}`, { as: 'admin' }))).toEqual([409, 'SegmentInUse'])
    await ask(`DELETE /v2.0/subnets/${subnets[0]?.id}`, { as: 'admin' })
    expect((await ask(`DELETE /v2.0/segments/${racks[0]?.id}`, { as: 'admin' })).status).toBe(204)
  })

  test('has all its subnets on segments of its own', async () => {
    const add = (subnet: object) =>
      ask('POST /v2.0/subnets', { as: 'admin', body: { subnet: { network_id: network, ip_version: 4, cidr: '10.9.0.0/24', ...subnet } } })
    expect(refusal(await add({}))).toEqual([400, 'SubnetsNotAllAssociatedWithSegments'])
    const other = (await at.make('networks', { network: {} }, 'admin')).id
    const [foreign] = (await ask(`GET /v2.0/segments?network_id=${other}`, { as: 'admin' })).body.segments
    expect(refusal(await add({ segment_id: foreign.id }))).toEqual([400, 'NetworkIdsDontMatch'])
    expect(refusal(await add({ segment_id: other }))).toEqual([404, 'SegmentNotFound'])
  })

  test('comes to be when its only subnet is put on its only segment', async () => {
    const flat = (await at.make('networks', { network: {} }, 'admin')).id
    const [segment] = (await ask(`GET /v2.0/segments?network_id=${flat}`, { as: 'admin' })).body.segments
    const subnet = await at.make('subnets', { subnet: { network_id: flat, ip_version: 4, cidr: '10.3.0.0/24' } }, 'admin')
    const put = (segment_id: string | null) => ask(`PUT /v2.0/subnets/${subnet.id}`, { as: 'admin', body: { subnet: { segment_id } } })
    expect((await put(segment.id)).body.subnet.segment_id).toBe(segment.id)
    expect(refusal(await put(null))).toEqual([400, 'SubnetSegmentAssociationChangeNotAllowed'])
    expect(
      refusal(await ask(`PUT /v2.0/subnets/${subnets[0]?.id}`, { as: 'admin', body: { subnet: { segment_id: racks[1]?.id } } })),
    ).toEqual([400, 'SubnetSegmentAssociationChangeNotAllowed'])
  })
})
