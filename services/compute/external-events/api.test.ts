import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../kit.ts'

let at: Bench
const [there, homeless] = [aServer(1, { host: 'host1' }), aServer(2)]
beforeEach(async () => {
  at = await bench()
  await at.insert(there, homeless)
})
afterEach(() => at.close())

const tell = (events: readonly object[], number = '2.1', as = 'admin') =>
  at.ask('POST /v2.1/os-server-external-events', { as, body: { events }, headers: { 'openstack-api-version': `compute ${number}` } })

test('each event says what became of it', async () => {
  const plugged = { name: 'network-vif-plugged', tag: 'port-1' }
  const all = [there.id, homeless.id, aServer(9).id].map(server_uuid => ({ ...plugged, server_uuid }))
  const { status, body } = await tell([...all, { name: 'volume-extended', server_uuid: there.id }], '2.51')
  expect(status).toBe(207)
  expect(body.events.map((one: { code: number; status: string }) => [one.code, one.status])).toEqual([
    [200, 'completed'],
    [422, 'failed'],
    [404, 'failed'],
    [400, 'failed'],
  ])
  expect((await tell(all.slice(0, 1))).status).toBe(200)
})

test('those who wait for an event hear of it through the change log', async () => {
  const head = await at.db.changes.head()
  await tell([{ name: 'network-vif-plugged', tag: 'port-1', server_uuid: there.id }])
  const [change] = await at.db.changes.read(head, { limit: 5 })
  expect(change).toMatchObject({
    kind: 'compute.server',
    id: there.id,
    act: 'told',
    after: { event: 'network-vif-plugged', tag: 'port-1' },
  })
})

test('what can be told grows with the versions', async () => {
  const event = (name: string) => [{ name, server_uuid: there.id, tag: 'x' }]
  const since = { 'volume-extended': '2.51', 'power-update': '2.76', 'accelerator-request-bound': '2.82', 'volume-reimaged': '2.93' }
  for (const [name, number] of Object.entries(since)) {
    const before = `2.${Number(number.slice(2)) - 1}`
    expect([name, (await tell(event(name), before)).status, (await tell(event(name), number)).status]).toEqual([name, 400, 200])
  }
})

test('only operators and the services of the cloud tell', async () => {
  expect((await tell([{ name: 'network-changed', server_uuid: there.id }], '2.1', 'member')).status).toBe(403)
})
