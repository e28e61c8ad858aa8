import { openFakeDriver } from '@kilonova/hypervisor/main.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, test, vi } from 'vitest'
import { openHypervisor } from './hypervisor.ts'
import { placesOf } from './places.ts'
import { readSettings } from './settings.ts'

type Driver = ReturnType<typeof openFakeDriver>

const { settings } = readSettings(placesOf({ home: '/nowhere', isRoot: true }), [], {})

/** The cloud's waiting for a hypervisor, with what it remarked. */
async function open(openDriver: () => Promise<Driver>) {
  const said: (string | undefined)[] = []
  const rooms = { clock: systemClock, chance: seededChance(1), log: silentLog }
  const bus = await openBus({ inProcess: openBroker(), ...rooms })
  const hypervisor = await openHypervisor({ ...rooms, logOf: () => silentLog, settings, remark: (_, says) => void said.push(says) }, bus, {
    openDriver,
    patienceMs: 20,
    lookMs: 5,
  })
  return {
    said,
    close: async () => {
      await hypervisor.close()
      await bus.close()
    },
  }
}

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
