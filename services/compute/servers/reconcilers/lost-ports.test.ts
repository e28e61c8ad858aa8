import { serverPortKind } from '@kilonova/network/contract/ports.ts'
import { lostPortsAddress, tellLostPorts } from '@kilonova/network/contract/lost-ports.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aPort, fakePorts } from '../../kit/ports.ts'
import { aServer, type Bench, bench, cause } from '../../kit.ts'
import { serversInbox } from '../inbox.ts'
import { nicOf } from '../tasks/wire.ts'
import { followLostPorts } from './lost-ports.ts'

const [one, two] = [1, 2].map(n => aPort(n, { serverId: aServer(1).id, host: 'host1', vifType: 'bridge' }))
const nics = [one, two].flatMap(port => (port ? [nicOf(port)] : []))
const server = aServer(1, { vmState: 'active', taskState: null, host: 'host1', launchedAt: '2026-01-01T00:00:00.000Z', nics })
const [portId = '', otherId = ''] = nics.map(nic => nic.portId)

let at: Bench
let ports: ReturnType<typeof fakePorts>
beforeEach(async () => {
  ports = fakePorts(...[one, two].flatMap(port => port ?? []))
  at = await bench({ network: { ports } })
  await at.insert(server)
})
afterEach(() => at.close())

type Change = { readonly id: string; readonly act: string; readonly after?: object | undefined }
/** A log of these changes, which ends behind them. */
const logOf = (...changes: readonly Change[]) => ({
  head: async () => 7,
  onCommit: () => () => {},
  async *follow(since: number, { kinds }: { readonly kinds: readonly string[] }) {
    expect([since, kinds]).toEqual([7, [serverPortKind]])
    yield* changes
  },
})
/** Follows a log of these changes to its end. */
const follow = (...changes: readonly Change[]) => {
  const rooms = { changes: logOf(...changes), ...at.logics.servers, causeOf: () => cause, log: silentLog }
  return followLostPorts(rooms, new AbortController().signal)
}
const lost = (id: string, serverId = server.id): Change => ({ id, act: 'lost', after: { serverId } })

test('a port that is deleted at the network is pulled out of its server, and nobody else’s is', async () => {
  await follow(lost(portId), lost('foreign'), lost(otherId, aServer(9).id))
  expect(at.labours).toEqual([`drop-port ${server.id}`])
})

test('a network service of another process tells of the ports that are deleted there, and of nothing else', async () => {
  const bus = await openBus({ inProcess: openBroker(), clock: systemClock, chance: seededChance(1), log: silentLog })
  const unheard = (error: unknown) => expect(error).toBeUndefined()
  const telling = tellLostPorts({
    changes: logOf({ id: otherId, act: 'updated' }, lost(portId)),
    bus,
    newCause: () => cause,
    unheard,
  })
  await telling.stop()
  await bus.serve(lostPortsAddress, serversInbox(at.logics.servers))
  await expect.poll(() => at.labours).toEqual([`drop-port ${server.id}`])
  await bus.close()
})

test('ports that went while nobody listened are found by a look at all servers', async () => {
  ports.all.delete(otherId)
  await follow()
  expect(at.labours).toEqual([`drop-port ${server.id}`])
})

test('a server that goes altogether loses its cables with it', async () => {
  await at.put({ ...server, taskState: 'deleting' })
  await follow(lost(portId))
  expect(at.labours).toEqual([])
})

test('the network may tell of a deleted port and of new addresses by an event', async () => {
  const tell = (event: object) =>
    at.ask('POST /v2.1/os-server-external-events', { as: 'admin', body: { events: [{ server_uuid: server.id, ...event }] } })
  expect((await tell({ name: 'network-vif-deleted', tag: portId })).status).toBe(200)
  expect(at.labours).toEqual([`drop-port ${server.id}`])
  const found = ports.all.get(otherId)
  if (found) ports.all.set(otherId, { ...found, port: { ...found.port, addresses: [] } })
  expect((await tell({ name: 'network-changed', tag: otherId })).status).toBe(200)
  expect((await at.logics.servers.get(server.id)).nics.map(({ addresses }) => addresses.length)).toEqual([1, 0])
})
