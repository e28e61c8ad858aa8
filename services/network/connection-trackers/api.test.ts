import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
let path: string
let router: string
const tftp = { protocol: 'udp', port: 69, helper: 'tftp' }
beforeEach(async () => {
  at = await bench()
  ask = at.ask
  router = (await at.make('routers', { router: {} })).id
  path = `routers/${router}/conntrack_helpers`
})
afterEach(() => at.close())

const refusal = async (helper: object) => {
  const { status, body } = await ask(`POST /v2.0/${path}`, { body: { conntrack_helper: helper } })
  return [status, body.NeutronError.type]
}

describe('conntrack helpers', () => {
  test('are made for a router, which shows them', async () => {
    const made = await at.make(path, { conntrack_helper: tftp })
    expect(made).toEqual({ id: made.id, ...tftp })
    expect((await ask(`GET /v2.0/routers/${router}`)).body.router.conntrack_helpers).toEqual([tftp])
    expect((await ask(`GET /v2.0/${path}?protocol=udp`)).body.conntrack_helpers).toEqual([made])
    expect((await ask(`GET /v2.0/${path}/${made.id}`)).body.conntrack_helper).toEqual(made)
  })

  test('are changed and go, with the router at the latest', async () => {
    const { id } = await at.make(path, { conntrack_helper: tftp })
    const changed = await ask(`PUT /v2.0/${path}/${id}`, { body: { conntrack_helper: { port: 6969 } } })
    expect(changed.body.conntrack_helper).toMatchObject({ ...tftp, port: 6969 })
    expect((await ask(`DELETE /v2.0/${path}/${id}`)).status).toBe(204)
    await at.make(path, { conntrack_helper: tftp })
    expect((await ask(`DELETE /v2.0/routers/${router}`)).status).toBe(204)
  })

  test('are those the operator allows, once each', async () => {
    await at.make(path, { conntrack_helper: tftp })
    expect(await refusal(tftp)).toEqual([400, 'BadRequest'])
    expect(await refusal({ ...tftp, helper: 'mine' })).toEqual([400, 'ConntrackHelperNotAllowed'])
    expect(await refusal({ ...tftp, protocol: 'tcp' })).toEqual([400, 'InvalidProtocolForHelper'])
    expect(await refusal({ ...tftp, port: 0 })).toEqual([400, 'HTTPBadRequest'])
  })

  test('are the business of who has the router', async () => {
    expect((await ask(`GET /v2.0/${path}`, { as: 'other' })).status).toBe(404)
    expect((await ask(`POST /v2.0/${path}`, { as: 'other', body: { conntrack_helper: tftp } })).status).toBe(404)
    expect((await ask(`GET /v2.0/${path}/${router}`)).body.NeutronError.type).toBe('ConntrackHelperNotFound')
  })
})
