import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { virtualClock } from '@kilonova/platform/simulation/virtual-clock.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { ServerPorts } from '../contract/ports.ts'
import { portsAddress, remotePorts, waitsAddress } from '../contract/remote-ports.ts'
import { type Bench, bench, cause, settingsWith } from '../kit.ts'
import { portsInbox, waitsInbox } from './inbox.ts'

let at: Bench
let remote: ServerPorts
let network: string
let close: () => Promise<void>
const server = { id: 'vm-1', projectId: 'p-demo', name: 'vm', availabilityZone: 'nova', securityGroups: [] }
const aBus = () => openBus({ inProcess: openBroker(), clock: systemClock, chance: seededChance(1), log: silentLog })
beforeEach(async () => {
  at = await bench(settingsWith({ quotas: { quota_port: -1 } }))
  const bus = await aBus()
  await bus.serve(portsAddress, portsInbox(at.logics.serverPorts))
  await bus.serve(waitsAddress, waitsInbox(at.logics.serverPorts))
  remote = remotePorts({ bus, clock: systemClock, newCause: () => cause })
  close = () => bus.close().then(at.close)
  network = (await at.make('networks', { network: { name: 'net' } })).id
  await at.make('subnets', { subnet: { network_id: network, ip_version: 4, cidr: '10.0.0.0/24' } })
})
afterEach(() => close())

test('who asks over the bus is answered as who asks in the process', async () => {
  const near = at.logics.serverPorts
  const wanted = [{ networkId: network, tag: 'db' }]
  expect(await remote.check(server, wanted)).toEqual(await near.check(server, wanted))
  expect((await remote.check(server, wanted)).freePorts).toBe(Number.POSITIVE_INFINITY)
  const made = await remote.allocateForServer(server, wanted, cause)
  expect(made).toEqual(await near.allocateForServer(server, wanted, cause))
  const ids = made.map(({ id }) => id)
  expect(await remote.bind(ids, 'node1', cause)).toMatchObject([{ host: 'node1', vifType: 'bridge' }])
  const more = await remote.add(server, { networkId: network }, 'ticket-1', cause)
  expect(await remote.add(server, { networkId: network }, 'ticket-1', cause)).toEqual(more)
  expect(await remote.ofServers(['vm-1', 'vm-2'])).toEqual(await near.ofServers(['vm-1', 'vm-2']))
  await remote.takeBack('vm-1', 'ticket-1', cause)
  await remote.unbind(ids, cause)
  expect(await near.ofServers(['vm-1'])).toMatchObject(new Map([['vm-1', [{ id: ids[0], vifType: 'unbound' }]]]))
  await remote.deleteFor('vm-1', cause)
  expect((await near.ofServers(['vm-1'])).get('vm-1') ?? []).toEqual([])
  expect(await remote.gone(ids)).toEqual(ids)
})

test('a refusal arrives as it is', async () => {
  const wanted = [{ networkId: '00000000-0000-4000-8000-000000000000' }]
  await expect(remote.check(server, wanted)).rejects.toMatchObject({ kind: 'not-found', code: 'NetworkNotFound' })
})

test('who waits long asks again for what is late, until nothing is or the time is over', async () => {
  const clock = virtualClock()
  const asked: unknown[] = []
  const left = [['a', 'b'], ['b'], []]
  const ask = async (_message: unknown, _to: string, { portIds, deadlineMs }: { portIds: readonly string[]; deadlineMs: number }) => {
    asked.push(portIds.join())
    await clock.sleep(deadlineMs)
    return { late: left[asked.length - 1] ?? portIds }
  }
  const waiting = remotePorts({ bus: { ask: ask as never }, clock, newCause: () => cause })
  expect(await clock.run(() => waiting.awaitWired(['a', 'b', 'c'], 60_000))).toEqual([])
  expect(asked).toEqual(['a,b,c', 'a,b', 'b'])
  left.splice(0, 3, ['a'])
  asked.length = 0
  expect(await clock.run(() => waiting.awaitWired(['a'], 12_000))).toEqual(['a'])
  expect({ asks: asked.length, at: clock.monotonic() }).toEqual({ asks: 3, at: 15_000 + 12_000 })
})
