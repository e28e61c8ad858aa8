import type { Cause } from '@kilonova/platform/cause.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as commands from './contract/messages.ts'
import { openFakeDriver } from './drivers/fake/open.ts'
import { aGuest } from './guests/kit.ts'
import { openHypervisorAgent } from './main.ts'

const cause: Cause = { requestId: 'req-00000000-0000-4000-8000-000000000000', why: 'a test' }
const at = commands.hypervisorOf('node1')

async function aHost() {
  const broker = openBroker()
  const rooms = { clock: systemClock, chance: systemChance, log: silentLog }
  const [theirs, ours] = await Promise.all([openBus({ inProcess: broker, ...rooms }), openBus({ inProcess: broker, ...rooms })])
  const reports: commands.GuestReport[] = []
  await ours.listen(commands.guestsReported, async report => void reports.push(report))
  const driver = openFakeDriver({ host: 'node1', clock: systemClock })
  const agent = await openHypervisorAgent({ host: 'node1', bus: theirs, driver, clock: systemClock, log: silentLog, chance: systemChance })
  onTestFinished(async () => {
    await agent.close()
    await Promise.all([theirs.close(), ours.close()])
  })
  return { bus: ours, driver, reports }
}

test('an agent answers for its host over the bus', async () => {
  const { bus } = await aHost()
  const guest = aGuest(1)
  const { uuid } = guest
  expect(await bus.ask(commands.startGuest, at, guest, { cause })).toMatchObject({ power: 'running' })
  expect(await bus.ask(commands.listGuests, at, {}, { cause })).toMatchObject({ guests: [{ uuid, name: 'instance-00000001' }] })
  expect((await bus.ask(commands.consoleLog, at, { uuid, lines: 1 }, { cause })).output).toBe('vm1 login: ')
  expect(await bus.ask(commands.pauseGuest, at, { uuid }, { cause })).toMatchObject({ power: 'paused' })
  expect(await bus.ask(commands.rebootGuest, at, { guest, way: 'hard', graceMs: 0 }, { cause })).toMatchObject({ power: 'running' })
  expect(await bus.ask(commands.stopGuest, at, { uuid, graceMs: 0 }, { cause })).toMatchObject({ power: 'shutdown' })
  expect(await bus.ask(commands.destroyGuest, at, { uuid }, { cause })).toEqual({ destroyed: true })
  await expect(bus.ask(commands.guestState, at, { uuid }, { cause })).rejects.toMatchObject({ kind: 'not-found' })
  expect(await bus.ask(commands.hostFacts, at, {}, { cause })).toMatchObject({ host: 'node1', virtType: 'fake' })
})

test('files of a guest that the hypervisor does not know are told of, and those of one that it knows are not', async () => {
  const { bus, driver, reports } = await aHost()
  const [half, whole] = [aGuest(1), aGuest(2)]
  await bus.ask(commands.startGuest, at, whole, { cause })
  await bus.ask(commands.startGuest, at, half, { cause })
  await driver.forget(half.uuid)
  await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ guests: [{ uuid: whole.uuid }], remains: [half.uuid] }))
})

test('what a guest does by itself is reported without being asked for', async () => {
  const { bus, driver, reports } = await aHost()
  await bus.ask(commands.startGuest, at, aGuest(1), { cause })
  await vi.waitFor(() => expect(reports.at(-1)?.guests).toMatchObject([{ power: 'running' }]))
  driver.happen(aGuest(1).uuid, 'crashed')
  await vi.waitFor(() => expect(reports.at(-1)).toMatchObject({ host: 'node1', complete: true, guests: [{ power: 'crashed' }] }))
})
