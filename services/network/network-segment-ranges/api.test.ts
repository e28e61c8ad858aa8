import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench, settingsWith } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
const settings = settingsWith({ ml2: { tenant_network_types: ['vlan'] }, ml2_type_vlan: { network_vlan_ranges: ['physnet1:100:102'] } })
beforeEach(async () => {
  at = await bench(settings)
  ask = at.ask
})
afterEach(() => at.close())

const path = '/v2.0/network_segment_ranges'
const make = (range: object) =>
  ask(`POST ${path}`, {
    as: 'admin',
    body: { network_segment_range: { network_type: 'vlan', physical_network: 'physnet1', ...range } },
  })
const tagOf = async (as: string) => {
  const { id } = await at.make('networks', { network: {} }, as)
  return (await ask(`GET /v2.0/networks/${id}`, { as: 'admin' })).body.network['provider:segmentation_id']
}

describe('network segment ranges', () => {
  test('begin with those of the configuration, which nobody changes', async () => {
    const { body } = await ask(`GET ${path}`, { as: 'admin' })
    const [vlan] = body.network_segment_ranges.filter((one: { network_type: string }) => one.network_type === 'vlan')
    expect(vlan).toMatchObject({ default: true, shared: true, project_id: null, physical_network: 'physnet1', minimum: 100, maximum: 102 })
    expect(vlan).toMatchObject({ used: {}, available: [100, 101, 102] })
    expect((await ask(`DELETE ${path}/${vlan.id}`, { as: 'admin' })).body.NeutronError.type).toBe('NetworkSegmentRangeDefaultReadOnly')
    expect((await ask(`GET ${path}`, { as: 'admin' })).body.network_segment_ranges).toEqual(body.network_segment_ranges)
  })

  test('of a project give its networks their numbers, and nobody else’s', async () => {
    expect((await make({ name: 'own', shared: false, project_id: 'p-demo', minimum: 101, maximum: 102 })).status).toBe(201)
    expect(await tagOf('other')).toBe(100)
    expect((await ask('POST /v2.0/networks', { as: 'other', body: { network: {} } })).status).toBe(503)
    expect([await tagOf('member'), await tagOf('member')].sort()).toEqual([101, 102])
  })

  test('of all give more of them', async () => {
    await make({ minimum: 200, maximum: 200 })
    const tags = [await tagOf('member'), await tagOf('member'), await tagOf('member'), await tagOf('member')]
    expect(tags.sort()).toEqual([100, 101, 102, 200])
  })

  test('say which of their numbers are whose, and stay as long as one is', async () => {
    const { id } = (await make({ shared: false, project_id: 'p-demo', minimum: 200, maximum: 201 })).body.network_segment_range
    const tag = await tagOf('member')
    const { used, available } = (await ask(`GET ${path}/${id}`, { as: 'admin' })).body.network_segment_range
    expect([used, available]).toEqual([{ [tag]: 'p-demo' }, [tag === 200 ? 201 : 200]])
    const narrowed = await ask(`PUT ${path}/${id}`, { as: 'admin', body: { network_segment_range: { minimum: 300, maximum: 301 } } })
    expect([narrowed.status, narrowed.body.NeutronError.type]).toEqual([409, 'NetworkSegmentRangeReferencedByProject'])
    expect((await ask(`DELETE ${path}/${id}`, { as: 'admin' })).status).toBe(409)
    const changed = await ask(`PUT ${path}/${id}`, { as: 'admin', body: { network_segment_range: { name: 'n', maximum: 210 } } })
    expect(changed.body.network_segment_range).toMatchObject({ name: 'n', minimum: 200, maximum: 210, revision_number: 1 })
  })

  test.each([
    [{ minimum: 300, maximum: 299 }, 400, 'NetworkVlanRangeError'],
    [{ minimum: 300, maximum: 5000 }, 400, 'NetworkVlanRangeError'],
    [{ network_type: 'geneve', minimum: 1, maximum: 2 }, 400, 'NetworkSegmentRangeNetTypeNotSupported'],
    [{ physical_network: null, minimum: 1, maximum: 2 }, 400, 'BadRequest'],
    [{ minimum: 0, maximum: 2 }, 400, 'HTTPBadRequest'],
  ])('of %j are refused', async (range, status, type) => {
    const refused = await make(range)
    expect([refused.status, refused.body.NeutronError.type]).toEqual([status, type])
  })

  test('lie apart', async () => {
    await make({ minimum: 300, maximum: 310 })
    expect((await make({ minimum: 305, maximum: 320 })).body.NeutronError.type).toBe('NetworkSegmentRangeOverlaps')
  })

  test('are an administrator’s', async () => {
    expect((await ask(`POST ${path}`, { body: { network_segment_range: { network_type: 'vxlan', minimum: 1, maximum: 2 } } })).status).toBe(
      403,
    )
    expect((await ask(`GET ${path}`)).body.network_segment_ranges).toEqual([])
  })
})
