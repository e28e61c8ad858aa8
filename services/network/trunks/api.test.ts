import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, cause } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let network: string
let parent: { id: string }
let inside: { id: string; mac_address: string }
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  network = (await at.make('networks', { network: {} })).id
  parent = await at.make('ports', { port: { network_id: network } })
  inside = await at.make('ports', { port: { network_id: network } })
})
afterEach(() => at.close())

const tagged = (port_id: string, segmentation_id: number) => ({ port_id, segmentation_type: 'vlan', segmentation_id })
const create = (trunk: object = {}) => ask('POST /v2.0/trunks', { body: { trunk: { port_id: parent.id, ...trunk } } })
const change = (act: 'add' | 'remove', id: string, sub_ports: readonly object[], as?: string) =>
  ask(`PUT /v2.0/trunks/${id}/${act}_subports`, { body: { sub_ports }, ...(as ? { as } : {}) })
const typeOf = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError?.type]
const bind = (id: string, host: string) => ask(`PUT /v2.0/ports/${id}`, { as: 'admin', body: { port: { 'binding:host_id': host } } })
const portOf = async (id: string) => (await ask(`GET /v2.0/ports/${id}`, { as: 'admin' })).body.port

describe('a trunk', () => {
  test('is made of a parent and tagged ports, which the parent tells of', async () => {
    const { status, body } = await create({ name: 't', sub_ports: [tagged(inside.id, 10)] })
    expect(status).toBe(201)
    expect(body.trunk).toMatchObject({
      name: 't',
      port_id: parent.id,
      status: 'DOWN',
      admin_state_up: true,
      project_id: 'p-demo',
      tags: [],
    })
    expect(body.trunk.sub_ports).toEqual([tagged(inside.id, 10)])
    expect((await portOf(parent.id)).trunk_details).toEqual({
      trunk_id: body.trunk.id,
      sub_ports: [{ ...tagged(inside.id, 10), mac_address: inside.mac_address }],
    })
    expect((await portOf(inside.id)).trunk_details).toBeUndefined()
  })

  test('takes ports in and lets them go', async () => {
    const { id } = (await create()).body.trunk
    expect((await change('add', id, [tagged(inside.id, 20)])).body).toMatchObject({ id, sub_ports: [tagged(inside.id, 20)] })
    expect((await ask(`GET /v2.0/trunks/${id}/get_subports`)).body).toEqual({ sub_ports: [tagged(inside.id, 20)] })
    expect((await change('remove', id, [{ port_id: inside.id }])).body.sub_ports).toEqual([])
    expect(typeOf(await change('remove', id, [{ port_id: inside.id }]))).toEqual([404, 'SubPortNotFound'])
  })

  test('gives a tag once', async () => {
    const { id } = (await create({ sub_ports: [tagged(inside.id, 10)] })).body.trunk
    const another = await at.make('ports', { port: { network_id: network } })
    expect(typeOf(await change('add', id, [tagged(another.id, 10)]))).toEqual([409, 'DuplicateSubPort'])
    expect(typeOf(await change('add', id, [tagged(inside.id, 11)]))).toEqual([409, 'TrunkPortInUse'])
    expect(typeOf(await change('add', id, [tagged(parent.id, 11)]))).toEqual([409, 'ParentPortInUse'])
  })

  test.each([
    [{ segmentation_type: 'qinq', segmentation_id: 3 }, "Unknown segmentation_type 'qinq'"],
    [{ segmentation_type: 'vlan', segmentation_id: 4095 }, "Segmentation ID '4095' is not in range"],
    [{ segmentation_type: 'vlan', segmentation_id: 'x' }, "segmentation_id 'x' is not an integer"],
    [{ segmentation_type: 'vlan' }, 'missing segmentation information'],
    [{}, 'missing segmentation information'],
  ])('refuses a port inside tagged %j', async (tag, message) => {
    const { status, body } = await create({ sub_ports: [{ port_id: inside.id, ...tag }] })
    expect(status).toBe(400)
    expect(body.NeutronError.message).toContain(message)
  })

  test('takes the tag of a network where it is asked to inherit it', async () => {
    const provider = { 'provider:network_type': 'vlan', 'provider:physical_network': 'physnet1', 'provider:segmentation_id': 100 }
    const vlan = await at.make('networks', { network: { ...provider, shared: true, mtu: 1400 } }, 'admin')
    const port = await at.make('ports', { port: { network_id: vlan.id } })
    const { body } = await create({ sub_ports: [{ port_id: port.id, segmentation_type: 'inherit' }] })
    expect(body.trunk.sub_ports).toEqual([tagged(port.id, 100)])
  })

  test('does not carry larger packets than its parent', async () => {
    const small = await at.make('networks', { network: { mtu: 1000 } })
    const narrow = await at.make('ports', { port: { network_id: small.id } })
    const refused = await create({ port_id: narrow.id, sub_ports: [tagged(inside.id, 10)] })
    expect(typeOf(refused)).toEqual([409, 'SubPortMtuGreaterThanTrunkPortMtu'])
  })

  test('holds its ports', async () => {
    const { id } = (await create({ sub_ports: [tagged(inside.id, 10)] })).body.trunk
    expect(typeOf(await create())).toEqual([409, 'ParentPortInUse'])
    expect(typeOf(await ask(`DELETE /v2.0/ports/${parent.id}`))).toEqual([409, 'PortInUseAsTrunkParent'])
    expect(typeOf(await ask(`DELETE /v2.0/ports/${inside.id}`))).toEqual([409, 'PortInUseAsSubPort'])
    expect((await ask(`DELETE /v2.0/trunks/${id}`)).status).toBe(204)
    expect((await ask(`DELETE /v2.0/ports/${inside.id}`)).status).toBe(204)
  })

  test('that is disabled is left as it is', async () => {
    const { id } = (await create()).body.trunk
    await ask(`PUT /v2.0/trunks/${id}`, { body: { trunk: { admin_state_up: false, name: 'off' } } })
    expect(typeOf(await change('add', id, [tagged(inside.id, 10)]))).toEqual([409, 'TrunkDisabled'])
    expect(typeOf(await ask(`DELETE /v2.0/trunks/${id}`))).toEqual([409, 'TrunkDisabled'])
  })

  test('plugs its ports in where its parent is, and is active when all of them are', async () => {
    const { id } = (await create({ sub_ports: [tagged(inside.id, 10)] })).body.trunk
    await bind(parent.id, 'node1')
    expect(await portOf(inside.id)).toMatchObject({ 'binding:host_id': 'node1', device_owner: 'trunk:subport' })
    const statusOf = async () => (await ask(`GET /v2.0/trunks/${id}`)).body.trunk.status
    await at.logics.ports.setStatus([parent.id], 'ACTIVE', { cause })
    expect(await statusOf()).toBe('BUILD')
    await at.logics.ports.setStatus([inside.id], 'ACTIVE', { cause })
    expect(await statusOf()).toBe('ACTIVE')
    await bind(parent.id, '')
    expect(await statusOf()).toBe('DOWN')
    expect(await portOf(inside.id)).toMatchObject({ 'binding:host_id': '', device_owner: '' })
  })

  test('is another project’s business alone', async () => {
    const { id } = (await create()).body.trunk
    expect((await ask(`GET /v2.0/trunks/${id}`, { as: 'other' })).status).toBe(404)
    expect((await change('add', id, [], 'other')).status).toBe(404)
    expect((await ask('GET /v2.0/trunks', { as: 'other' })).body.trunks).toEqual([])
  })

  test('counts, and carries tags', async () => {
    const { id } = (await create()).body.trunk
    await ask(`PUT /v2.0/trunks/${id}/tags/red`)
    expect((await ask('GET /v2.0/trunks?tags=red')).body.trunks).toHaveLength(1)
    expect((await ask('GET /v2.0/quotas/p-demo/details')).body.quota.trunk.used).toBe(1)
  })
})
