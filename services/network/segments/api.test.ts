import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let network: string
const provider = { 'provider:network_type': 'vlan', 'provider:physical_network': 'physnet1', 'provider:segmentation_id': 100 }
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  network = (await at.make('networks', { network: provider }, 'admin')).id
})
afterEach(() => at.close())

const add = (segment: object = {}) =>
  ask('POST /v2.0/segments', {
    as: 'admin',
    body: { segment: { network_id: network, network_type: 'vlan', physical_network: 'physnet1', ...segment } },
  })
const list = async () => (await ask(`GET /v2.0/segments?network_id=${network}`, { as: 'admin' })).body.segments

describe('segments', () => {
  test('are there with their network', async () => {
    const [first] = await list()
    expect(first).toMatchObject({
      network_id: network,
      network_type: 'vlan',
      physical_network: 'physnet1',
      segmentation_id: 100,
      name: null,
    })
    expect(first).toMatchObject({ revision_number: 0, description: '' })
    expect(first.tenant_id).toBeUndefined()
  })

  test('are added to it, and make it one of several', async () => {
    const { status, body } = await add({ name: 'second', segmentation_id: 101, description: 'rack 2' })
    expect([status, body.segment]).toMatchObject([201, { name: 'second', segmentation_id: 101, description: 'rack 2' }])
    const shown = (await ask(`GET /v2.0/networks/${network}`, { as: 'admin' })).body.network
    expect(shown.segments.map((one: Record<string, unknown>) => one['provider:segmentation_id'])).toEqual([100, 101])
    expect(shown['provider:segmentation_id']).toBeUndefined()
  })

  test('take a free tag where none is said, and no tag twice', async () => {
    expect((await add()).body.segment.segmentation_id).toBeGreaterThan(100)
    expect((await add({ segmentation_id: 100 })).body.NeutronError.type).toBe('VlanIdInUse')
  })

  test('are renamed and taken away, and their tag is free again', async () => {
    const { id } = (await add({ segmentation_id: 101 })).body.segment
    const renamed = await ask(`PUT /v2.0/segments/${id}`, { as: 'admin', body: { segment: { name: 'n' } } })
    expect(renamed.body.segment).toMatchObject({ name: 'n', segmentation_id: 101, revision_number: 1 })
    expect((await ask(`DELETE /v2.0/segments/${id}`, { as: 'admin' })).status).toBe(204)
    expect((await ask(`GET /v2.0/segments/${id}`, { as: 'admin' })).body.NeutronError.type).toBe('SegmentNotFound')
    expect((await add({ segmentation_id: 101 })).status).toBe(201)
  })

  test('are an administrator’s', async () => {
    const [{ id }] = await list()
    expect((await ask('GET /v2.0/segments')).body.segments).toEqual([])
    expect((await ask(`DELETE /v2.0/segments/${id}`)).status).toBe(404)
  })
})
