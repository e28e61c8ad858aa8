import { plainFacts } from '@kilonova/hypervisor/contract/host.ts'
import { factsNews, type FactsNews, hostFacts, hypervisorOf } from '@kilonova/hypervisor/contract/messages.ts'
import type { Handler } from '@kilonova/platform/bus/bus.ts'
import { openBroker } from '@kilonova/platform/bus/in-process/broker.ts'
import { handle } from '@kilonova/platform/bus/message.ts'
import { openBus } from '@kilonova/platform/bus/open.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { expect, onTestFinished, test } from 'vitest'
import { hostFactsClient } from './host-facts.ts'

const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' }
const facts = plainFacts({ host: 'node1', vcpus: 4, memoryMb: 8192, diskGb: 100 })

async function asking(handlers: readonly Handler[]) {
  const bus = await openBus({ inProcess: openBroker(), clock: systemClock, chance: systemChance, log: silentLog })
  await bus.serve(hypervisorOf('node1'), handlers)
  onTestFinished(() => bus.close())
  const factsOf = hostFactsClient({ bus })
  return () => factsOf('node1', cause)
}

test('a host whose facts are known is asked what is new, and until something is the same object is answered', async () => {
  const heard: (string | undefined)[] = []
  const answers: (FactsNews | Error)[] = [
    { edition: 'a', facts },
    { edition: 'a' },
    { edition: 'b', facts: { ...facts, runningGuests: 1 } },
    new Error('broken'),
    { edition: 'b', facts },
  ]
  const ask = await asking([
    handle(factsNews, async ({ known }) => {
      heard.push(known)
      const next = answers.shift() ?? new Error('too often')
      if (next instanceof Error) throw next
      return next
    }),
  ])
  const first = await ask()
  expect(first).toEqual(facts)
  expect(await ask()).toBe(first)
  expect(await ask()).toMatchObject({ runningGuests: 1 })
  await expect(ask()).rejects.toThrow()
  expect(await ask()).toEqual(facts)
  expect(heard).toEqual([undefined, 'a', 'a', 'b', undefined])
})

test('an agent of an older version says the whole each time', async () => {
  const ask = await asking([handle(hostFacts, async () => facts)])
  expect([await ask(), await ask()]).toEqual([facts, facts])
})
