import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let port: string
beforeEach(async () => {
  at = await bench()
  const network = (await at.make('networks', { network: {} })).id
  port = (await at.make('ports', { port: { network_id: network, device_owner: 'compute:nova', device_id: 'vm' } })).id
})
afterEach(() => at.close())

const path = () => `/v2.0/ports/${port}/bindings`
const ask = (method: string, rest = '', body?: object) => at.ask(`${method} ${path()}${rest}`, { as: 'admin', body })
const bind = (host: string, more: object = {}) => ask('POST', '', { binding: { host, ...more } })
const list = async () => (await ask('GET')).body.bindings.map((one: { host: string; status: string }) => [one.host, one.status])
const portNow = async () => (await at.ask(`GET /v2.0/ports/${port}`, { as: 'admin' })).body.port
const refusal = ({ status, body }: { status: number; body: { NeutronError: { type: string } } }) => [status, body.NeutronError.type]

describe('the bindings of a port', () => {
  test('are none before it is plugged in anywhere; the first is active', async () => {
    expect(await list()).toEqual([])
    const { status, body } = await bind('node1')
    expect([status, body.binding]).toMatchObject([201, { host: 'node1', status: 'ACTIVE', vif_type: 'bridge', vnic_type: 'normal' }])
    expect((await portNow())['binding:host_id']).toBe('node1')
  })

  test('are made ready elsewhere, until the guest comes there', async () => {
    await bind('node1')
    const { body } = await bind('node2', { profile: { migrating: true } })
    expect(body.binding).toMatchObject({ host: 'node2', status: 'INACTIVE', vif_type: 'bridge', profile: { migrating: true } })
    expect((await portNow())['binding:host_id']).toBe('node1')
    const active = await ask('PUT', '/node2/activate')
    expect([active.status, active.body]).toMatchObject([200, { host: 'node2', status: 'ACTIVE' }])
    expect(await list()).toEqual([
      ['node2', 'ACTIVE'],
      ['node1', 'INACTIVE'],
    ])
    expect(await portNow()).toMatchObject({ 'binding:host_id': 'node2', 'binding:profile': { migrating: true }, status: 'DOWN' })
    expect((await ask('DELETE', '/node1')).status).toBe(204)
    expect(await list()).toEqual([['node2', 'ACTIVE']])
  })

  test('are one a host', async () => {
    await bind('node1')
    expect(refusal(await bind('node1'))).toEqual([409, 'PortBindingAlreadyExists'])
    expect(refusal(await ask('PUT', '/node1/activate'))).toEqual([409, 'PortBindingAlreadyActive'])
    expect(refusal(await ask('PUT', '/node9/activate'))).toEqual([404, 'PortBindingNotFound'])
    expect(refusal(await ask('GET', '/node9'))).toEqual([404, 'PortBindingNotFound'])
  })

  test('are refused where the port cannot be plugged in', async () => {
    await bind('node1')
    expect(refusal(await bind('node2', { vnic_type: 'direct' }))).toEqual([503, 'PortBindingError'])
  })

  test('are changed one by one', async () => {
    await bind('node1')
    await bind('node2')
    const changed = await ask('PUT', '/node2', { binding: { profile: { a: 1 } } })
    expect(changed.body.binding).toMatchObject({ host: 'node2', status: 'INACTIVE', profile: { a: 1 } })
    expect((await ask('GET', '/node2')).body.binding.profile).toEqual({ a: 1 })
    expect((await ask('GET', '?status=ACTIVE')).body.bindings).toHaveLength(1)
  })

  test('go with the port, and the active one unplugs it', async () => {
    await bind('node1')
    await bind('node2')
    await ask('DELETE', '/node1')
    expect((await portNow())['binding:host_id']).toBe('')
    expect(await list()).toEqual([['node2', 'INACTIVE']])
    expect((await at.ask(`DELETE /v2.0/ports/${port}`)).status).toBe(204)
  })

  test('are of guests’ ports alone, and an administrator’s', async () => {
    expect((await at.ask(`GET ${path()}`)).body.bindings).toEqual([])
    expect((await at.ask(`POST ${path()}`, { body: { binding: { host: 'node1' } } })).status).toBe(403)
    const network = (await at.make('networks', { network: {} })).id
    port = (await at.make('ports', { port: { network_id: network } })).id
    expect(refusal(await bind('node1'))).toEqual([400, 'BadRequest'])
  })
})
