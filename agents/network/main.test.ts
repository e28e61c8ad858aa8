import type { Cause } from '@kilonova/platform/cause.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, onTestFinished, test, vi } from 'vitest'
import * as messages from './contract/messages.ts'
import { openFakeDriver } from './drivers/fake/open.ts'
import { aNetwork, aPort, aSetup, aWiring } from './kit/wirings.ts'
import { openNetworkAgent } from './main.ts'

const cause: Cause = { requestId: 'req-00000000-0000-4000-8000-000000000000', why: 'a test' }
const at = messages.networkAgentOf('node1')
const network = aNetwork(1)
const [first, second] = [aPort(network, 11), aPort(network, 12)]
const full = aWiring({ networks: [network], ports: [first] })

type Fake = ReturnType<typeof openFakeDriver>

async function aHost({ lookEveryMs, wrap = driver => driver }: { lookEveryMs?: number; wrap?: (driver: Fake) => Fake } = {}) {
  const broker = openBroker()
  const rooms = { clock: systemClock, chance: systemChance, log: silentLog }
  const [theirs, ours] = await Promise.all([openBus({ inProcess: broker, ...rooms }), openBus({ inProcess: broker, ...rooms })])
  const [beats, news]: [messages.Heartbeat[], string[]] = [[], []]
  await ours.listen(messages.heartbeat, async beat => void beats.push(beat))
  await ours.listen(messages.portUp, async ({ portId }) => void news.push(`up ${portId}`))
  await ours.listen(messages.portDown, async ({ portId }) => void news.push(`down ${portId}`))
  const driver = openFakeDriver({ setup: aSetup(), clock: systemClock })
  const agent = await openNetworkAgent({ host: 'node1', bus: theirs, driver: wrap(driver), ...rooms, beatEveryMs: 20, lookEveryMs })
  onTestFinished(async () => {
    await agent.close()
    await Promise.all([theirs.close(), ours.close()])
  })
  const apply = (wish: messages.WiringWish) => ours.ask(messages.applyWiring, at, wish, { cause })
  return { bus: ours, driver, beats, news, apply }
}

test('an agent wires its host as it is told, and says how far it has come', async () => {
  const { bus, beats, driver, apply } = await aHost()
  await vi.waitFor(() => expect(beats.at(-1)).toMatchObject({ host: 'node1', facts: { driver: 'fake' } }))
  expect(beats[0]?.revision).toBeUndefined()
  expect(await apply({ revision: 7, full })).toMatchObject({ revision: 7, troubles: [], portsUp: [] })
  expect(driver.wired()).toEqual(full)
  await vi.waitFor(() => expect(beats.at(-1)).toMatchObject({ revision: 7, counts: { networks: 1, ports: 1 } }))
  expect((await bus.ask(messages.observe, at, { subjects: [network.id] }, { cause })).bridges).toHaveLength(1)
})

test('a change replaces and removes by id', async () => {
  const { driver, apply } = await aHost()
  await apply({ revision: 1, full })
  await apply({ revision: 2, change: { since: 1, put: { ports: [second] }, gone: { ports: [first.id] } } })
  expect(driver.wired()).toEqual({ ...full, ports: [second] })
})

test('a change to what the agent never had is refused, and the whole puts it right', async () => {
  const { apply } = await aHost()
  const change = { since: 1, put: {}, gone: {} }
  await expect(apply({ revision: 2, change })).rejects.toMatchObject({ kind: 'stale' })
  await apply({ revision: 2, full })
  await expect(apply({ revision: 4, change: { ...change, since: 3 } })).rejects.toMatchObject({ kind: 'stale' })
  expect(await apply({ revision: 3, change: { ...change, since: 2 } })).toMatchObject({ revision: 3, changes: 0 })
})

test('a port is said to be up when its cable is plugged in, once, and down when it is pulled out', async () => {
  const { driver, news, apply } = await aHost()
  await apply({ revision: 1, full })
  driver.plug(first.id)
  await vi.waitFor(() => expect(news).toEqual([`up ${first.id}`]))
  await apply({ revision: 2, full })
  driver.unplug(first.id)
  await vi.waitFor(() => expect(news).toEqual([`up ${first.id}`, `down ${first.id}`]))
})

test('a cable that was there before the wiring is told with it', async () => {
  const { driver, news, apply } = await aHost()
  driver.plug(first.id)
  expect(await apply({ revision: 1, full })).toMatchObject({ portsUp: [first.id] })
  await vi.waitFor(() => expect(news).toEqual([`up ${first.id}`]))
})

test('a host whose devices come and go without rest is looked at whole all the same', async () => {
  let thorough = 0
  const wrap = (driver: Fake): Fake => ({
    ...driver,
    follow: run => {
      const restless = setInterval(run, 5)
      return { stop: () => clearInterval(restless) }
    },
    apply: (wiring, wish) => {
      if (wish?.isThorough) thorough++
      return driver.apply(wiring, wish)
    },
  })
  const { apply } = await aHost({ lookEveryMs: 200, wrap })
  await apply({ revision: 1, full })
  const before = thorough
  await vi.waitFor(() => expect(thorough).toBeGreaterThan(before), 5_000)
})
