import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPort, fakePorts } from '../kit/ports.ts'
import { aServer, type Bench, bench, cause } from '../kit.ts'
import { nicOf } from '../servers/tasks/wire.ts'
import type { LogicWish } from '../main/logics.ts'

const { id } = aServer(1)
const mine = aPort(1, { serverId: id, host: 'host1', vifType: 'bridge', status: 'ACTIVE' })
const free = aPort(2)
const foreign = aPort(3, { serverId: aServer(2).id })
const nowhere = '99999999-1111-4111-8111-111111111111'
const n1 = 'c0ffee00-0000-4000-a000-000000000001'

let at: Bench
let ports: ReturnType<typeof fakePorts>
let outcome: LogicWish['outcomeOf']
beforeEach(async () => {
  ports = fakePorts(mine, free, foreign)
  outcome = async () => ({ state: 'done', saved: { portId: free.id }, fault: undefined })
  at = await bench({ network: { ports: { ...ports, check: checked } }, outcomeOf: taskId => outcome(taskId) })
  await at.insert(
    aServer(1, { vmState: 'active', taskState: null, host: 'host1', launchedAt: '2026-01-01T00:00:00.000Z', nics: [nicOf(mine)] }),
  )
})
afterEach(() => at.close())

/** The network of the kit has an id that no door lets in. */
const checked: typeof ports.check = (server, wanted) =>
  ports.check(server, typeof wanted === 'string' ? wanted : wanted.map(one => (one.networkId === n1 ? { ...one, networkId: 'n1' } : one)))

interface As {
  readonly as?: string
  readonly version?: string
}
const ask = (route: string, body?: object, { as = 'member', version = '2.70' }: As = {}) =>
  at.ask(route.replace(' ', ` /v2.1/servers/${id}/os-interface`), { as, body, headers: { 'openstack-api-version': `compute ${version}` } })
const attach = (interfaceAttachment: object, how?: As) => ask('POST ', { interfaceAttachment }, how)

test('whoever plugs a cable in is answered when it is in', async () => {
  outcome = async () => {
    await ports.add({ id, projectId: 'p-demo', name: 'vm1', availabilityZone: 'nova', securityGroups: [] }, { portId: free.id }, 't', cause)
    return { state: 'done', saved: { portId: free.id }, fault: undefined }
  }
  const { status, body } = await attach({ port_id: free.id })
  expect(status).toBe(200)
  expect(body.interfaceAttachment).toMatchObject({
    port_id: free.id,
    net_id: 'n1',
    fixed_ips: [{ ip_address: '10.0.0.2', subnet_id: 's1' }],
    tag: null,
  })
  expect(at.labours).toEqual([`attach-port ${id}`])
  expect((await ask('GET ', undefined, { version: '2.69' })).body.interfaceAttachments[0]).not.toHaveProperty('tag')
  expect((await ask(`GET /${free.id}`)).body.interfaceAttachment.port_id).toBe(free.id)
})

test('whoever says nothing at all means the only network there is', async () => {
  const asked: unknown[] = []
  const check: typeof ports.check = (server, wanted) => {
    asked.push(wanted)
    return checked(server, wanted)
  }
  await at.close()
  at = await bench({
    network: { ports: { ...ports, check } },
    outcomeOf: async () => ({ state: 'done', saved: { portId: mine.id }, fault: undefined }),
  })
  await at.insert(
    aServer(1, { vmState: 'active', taskState: null, host: 'host1', launchedAt: '2026-01-01T00:00:00.000Z', nics: [nicOf(mine)] }),
  )
  for (const body of [{}, { interfaceAttachment: {} }]) expect((await ask('POST ', body)).status).toBe(200)
  expect(asked).toEqual(['any', 'any'])
  for (const body of [{ interfaceAttachment: null }, { interface: {} }, { interfaceAttachment: {}, more: 1 }])
    expect((await ask('POST ', body)).status).toBe(400)
})

test('what cannot be had is refused before anything is begun', async () => {
  const said = async (wish: object) => {
    const { status, body } = await attach(wish)
    return [status, Object.values<{ message: string }>(body)[0]?.message]
  }
  expect(await said({ net_id: n1, port_id: free.id })).toEqual([400, 'Must not input both network_id and port_id'])
  expect(await said({ fixed_ips: [{ ip_address: '10.0.0.9' }] })).toEqual([400, 'Must input network_id when request IP address'])
  expect(await said({ net_id: nowhere })).toEqual([404, `Network ${nowhere} could not be found.`])
  expect(await said({ port_id: nowhere })).toEqual([404, `Port id ${nowhere} could not be found.`])
  expect(await said({ port_id: foreign.id })).toEqual([409, `Port ${foreign.id} is still in use.`])
  expect((await attach({ net_id: n1, tag: 'web' }, { version: '2.48' })).status).toBe(400)
  expect(at.labours).toEqual([])
})

test('what goes wrong later is told as well, and a server that is locked or busy is left alone', async () => {
  const fault = { step: 'make the port', host: 'host1', message: 'Port x is still in use.', code: 'PortInUse' }
  outcome = async () => ({ state: 'undone', saved: {}, fault })
  expect((await attach({ net_id: n1 })).body.conflictingRequest.message).toBe('Port x is still in use.')
  outcome = async () => ({ state: 'undone', saved: {}, fault: { ...fault, code: undefined } })
  expect(await attach({ net_id: n1 })).toMatchObject({
    status: 500,
    body: { computeFault: { code: 500, message: `Failed to attach network adapter device to ${id}` } },
  })
  const one = aServer(1, { vmState: 'active', taskState: null, host: 'host1', launchedAt: '2026-01-01T00:00:00.000Z' })
  await at.put({ ...one, lockedBy: 'owner' })
  for (const status of [(await attach({ net_id: n1 })).status, (await ask(`DELETE /${mine.id}`)).status]) expect(status).toBe(409)
  await at.put({ ...one, vmState: 'suspended' })
  for (const status of [(await attach({ net_id: n1 })).status, (await ask(`DELETE /${mine.id}`)).status]) expect(status).toBe(409)
})

test('a cable is pulled by its port, by those of the project alone', async () => {
  expect((await ask(`DELETE /${free.id}`)).body.itemNotFound.message).toBe(`Port ${free.id} is not attached`)
  expect((await ask(`DELETE /${mine.id}`, undefined, { as: 'other' })).status).toBe(404)
  expect((await attach({ net_id: n1 }, { as: 'other' })).status).toBe(404)
  expect((await ask(`DELETE /${mine.id}`)).status).toBe(202)
  expect(at.labours).toEqual([`detach-port ${id}`])
})
