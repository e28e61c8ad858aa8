import { hostname } from 'node:os'
import { openFakeDriver } from '@kilonova/hypervisor/main.ts'
import { hostFacts, hypervisorOf } from '@kilonova/hypervisor/contract/messages.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, test, vi } from 'vitest'
import { openHypervisor } from './hypervisor.ts'
import { placesOf } from './places.ts'
import type { Rooms } from './cloud.ts'
import { allOptions, readSettings } from './settings.ts'

type Driver = ReturnType<typeof openFakeDriver>

/** The cloud's waiting for a hypervisor, with what it remarked. */
async function open(openDriver?: () => Promise<Driver>, flags: readonly string[] = [], plugins: Rooms['plugins'] = []) {
  const said: (string | undefined)[] = []
  const places = placesOf({ home: '/nowhere', isRoot: true })
  const { settings } = readSettings(places, flags, {})
  const config: Rooms['config'] = declaration => readConfig(declaration, readSources({ flags }), [allOptions]).values
  const rooms = { clock: systemClock, chance: seededChance(1), log: silentLog }
  const bus = await openBus({ inProcess: openBroker(), ...rooms })
  const remark = (_: string, says: string | undefined) => void said.push(says)
  const looking = openDriver && { openDriver, patienceMs: 20, lookMs: 5 }
  const hypervisor = await openHypervisor(
    { ...rooms, config, logOf: () => silentLog, settings, plugins, remark, hostName: hostname() },
    bus,
    looking,
  )
  return {
    said,
    bus,
    hypervisor,
    close: async () => {
      await hypervisor.close()
      await bus.close()
    },
  }
}

test('a fake driver pretends as many hosts as it is told, each with an agent that answers', async () => {
  const flags = ['DEFAULT.compute_driver=fake.SmallFakeDriver', 'fake.hosts=3', 'fake.disk_gb=7']
  const { bus, hypervisor, said, close } = await open(undefined, flags)
  expect(hypervisor.hosts).toEqual([1, 2, 3].map(n => `${hypervisor.host}-${n}`))
  const cause = { requestId: 'req-1', why: 'a test' }
  const facts = await Promise.all(hypervisor.hosts.map(host => bus.ask(hostFacts, hypervisorOf(host), {}, { cause })))
  expect(facts.map(({ host }) => host)).toEqual(hypervisor.hosts)
  expect(facts[0]).toMatchObject({ vcpus: 2, memoryMb: 8192, diskGb: 7, hypervisorType: 'fake' })
  expect(said).toEqual([])
  await close()
})

test('a plug-in runs the guests when it is chosen, and is named with the reason when it cannot', async () => {
  const load = async () => ({ extension: ({ host }: { host: string }) => openFakeDriver({ host, clock: systemClock, vcpus: 7 }) })
  const boxes = { name: 'boxes', extends: 'hypervisor', file: '/boxes.ts', load }
  const flags = ['DEFAULT.compute_driver=plugin.boxes']
  const good = await open(undefined, flags, [boxes])
  const cause = { requestId: 'req-1', why: 'a test' }
  expect(await good.bus.ask(hostFacts, hypervisorOf(good.hypervisor.host), {}, { cause })).toMatchObject({ vcpus: 7 })
  expect(good.hypervisor.plugins).toEqual([{ name: 'boxes', alias: 'compute_driver plugin.boxes' }])
  await good.close()

  const bad = await open(undefined, flags, [{ ...boxes, load: async () => ({}) }])
  const why = 'The plug-in boxes brings no driver: it exports no function called extension'
  expect(bad.hypervisor.plugins).toEqual([{ name: 'boxes', why }])
  expect(bad.said).toEqual([expect.stringContaining(why)])
  await bad.close()
})

test('a driver that nobody knows is remarked upon', async () => {
  const { said, close } = await open(undefined, ['DEFAULT.compute_driver=vmwareapi.VMwareVCDriver'])
  expect(said).toEqual([expect.stringContaining('[DEFAULT] compute_driver = vmwareapi.VMwareVCDriver is neither')])
  await close()
})

test('a hypervisor that does not answer keeps nobody waiting, and is well again when it does', async () => {
  let isAway = true
  const { said, close } = await open(async () => {
    const driver = openFakeDriver({ host: 'host', clock: systemClock })
    const facts = async () => {
      if (isAway) throw new Error('The hypervisor does not answer.')
      return await driver.facts()
    }
    return { ...driver, facts }
  })
  expect(said[0]).toMatch(/^no guest can be started on \S+: The hypervisor does not answer \(kilonova doctor says why\)$/)
  isAway = false
  await vi.waitFor(() => expect(said.at(-1)).toBeUndefined())
  await close()
})

test('an agent that cannot be opened at all is remarked upon', async () => {
  const { said, close } = await open(() => Promise.reject(new Error('no qemu-system-x86_64')))
  expect(said).toEqual([expect.stringMatching(/^no guest can be started on \S+: no qemu-system-x86_64$/)])
  await close()
})
