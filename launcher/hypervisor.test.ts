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
async function open(openDriver?: () => Promise<Driver>, flags: readonly string[] = []) {
  const said: (string | undefined)[] = []
  const places = placesOf({ home: '/nowhere', isRoot: true })
  const { settings } = readSettings(places, flags, {})
  const config: Rooms['config'] = declaration => readConfig(declaration, readSources({ flags }), [allOptions]).values
  const rooms = { clock: systemClock, chance: seededChance(1), log: silentLog }
  const bus = await openBus({ inProcess: openBroker(), ...rooms })
  const remark = (_: string, says: string | undefined) => void said.push(says)
  const looking = openDriver && { openDriver, patienceMs: 20, lookMs: 5 }
  const hypervisor = await openHypervisor({ ...rooms, config, logOf: () => silentLog, settings, remark }, bus, looking)
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
