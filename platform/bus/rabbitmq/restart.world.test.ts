import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { systemClock } from '../../clock.ts'
import { rooms } from '../contract.test-suite.ts'
import { ask, handle, tell } from '../message.ts'
import { openBus } from '../open.ts'
import { freePort, startThrowAwayRabbit, type ThrowAwayRabbit } from '../testing.ts'

const note = tell<{ n: number }>('sample.note', 1)
const double = ask<{ n: number }, { n: number }>('sample.double', 1)
const cause = { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' }

let rabbit: ThrowAwayRabbit
beforeAll(async () => {
  rabbit = await startThrowAwayRabbit()
})
afterAll(() => rabbit?.remove())

test.each(['stop', 'kill'] as const)('no acknowledged tell is lost, and no ask hangs, over a %s of the broker', async how => {
  const to = `sample.${how}`
  const [teller, answerer] = [await openBus({ ...rooms, url: rabbit.url }), await openBus({ ...rooms, url: rabbit.url })]
  const handled = new Map<number, number>()
  await answerer.serve(to, [
    handle(note, async ({ n }) => void handled.set(n, (handled.get(n) ?? 0) + 1)),
    handle(double, async ({ n }) => ({ n: 2 * n })),
  ])

  const acknowledged = new Set<number>()
  const asks = { answered: 0, refused: 0 }
  let [told, on, recoveredAt] = [0, true, 0]
  const tellOn = async () => {
    while (on) {
      const n = told++
      await teller.tell(note, to, { n }, { cause }).then(
        () => acknowledged.add(n),
        () => {},
      )
      await systemClock.sleep(5)
    }
  }
  const askOn = async () => {
    while (on) {
      const answer = await teller.ask(double, to, { n: 1 }, { cause, deadlineMs: 3_000 }).catch(() => undefined)
      answer ? asks.answered++ : asks.refused++
      if (answer && back && !recoveredAt) recoveredAt = performance.now()
      await systemClock.sleep(20)
    }
  }
  let back = 0
  const load = Promise.all([...Array.from({ length: 8 }, tellOn), ...Array.from({ length: 4 }, askOn)])
  await vi.waitFor(() => expect(handled.size).toBeGreaterThan(200), 20_000)
  // NOTE: RabbitMQ 3.10 loses a quorum queue’s leader for good when it is killed in the queue’s first second, before its directory is on disk.
  await systemClock.sleep(4_000)
  await rabbit[how]()
  await systemClock.sleep(1_000)
  await rabbit.start()
  back = performance.now()
  const before = acknowledged.size
  await vi.waitFor(() => expect(acknowledged.size).toBeGreaterThan(before + 200), { timeout: 40_000, interval: 20 })
  await vi.waitFor(() => expect(recoveredAt).toBeGreaterThan(0), { timeout: 20_000, interval: 20 })
  on = false
  await load
  await vi.waitFor(() => expect([...acknowledged].filter(n => !handled.has(n))).toEqual([]), { timeout: 30_000, interval: 50 })

  const duplicates = [...handled.values()].reduce((sum, times) => sum + times - 1, 0)
  console.log(
    `broker ${how}: told ${told}, acknowledged ${acknowledged.size}, handled ${handled.size}, duplicates ${duplicates}, ` +
      `asks ${asks.answered} answered ${asks.refused} refused, ${((recoveredAt - back) / 1000).toFixed(1)} s to recover`,
  )
  await Promise.all([teller.close(), answerer.close()])
})

test('a broker that is not there is named in one line', async () => {
  const port = await freePort()
  const opening = openBus({ ...rooms, url: `rabbit://nova:topsecret@127.0.0.1:${port}/`, patienceMs: 700 })
  const error = await opening.catch(error => error)
  expect(error.message).toMatch(
    new RegExp(`^\\[DEFAULT\\] transport_url: no connection to RabbitMQ at 127.0.0.1:${port} as nova[^\\n]*rabbitmq-server[^\\n]*$`),
  )
  expect(error.message).not.toContain('topsecret')
})

test('a wrong password is not tried for long', async () => {
  const started = performance.now()
  const error = await openBus({ ...rooms, url: rabbit.url.replace(':guest@', ':topsecret@') }).catch(error => error)
  expect(error.message).toMatch(/^\[DEFAULT\] transport_url: [^\n]*the user or the password is wrong[^\n]*$/)
  expect(error.message).not.toContain('topsecret')
  expect(performance.now() - started).toBeLessThan(10_000)
})

test('an unknown virtual host is named', async () => {
  await expect(openBus({ ...rooms, url: `${rabbit.url}cell7` })).rejects.toThrow(/virtual host cell7 .*: the virtual host does not exist/)
})

test('an ask takes a millisecond or two, not Nagle’s forty', async () => {
  const bus = await openBus({ ...rooms, url: rabbit.url })
  await bus.serve('sample.speed', [handle(double, async ({ n }) => ({ n }))])
  const took: number[] = []
  for (let n = 0; n < 200; n++) {
    const started = performance.now()
    await bus.ask(double, 'sample.speed', { n }, { cause })
    took.push(performance.now() - started)
  }
  const median = took.toSorted((a, b) => a - b)[100] ?? 0
  console.log(`one ask after another: median ${median.toFixed(2)} ms`)
  expect(median).toBeLessThan(35)
  await bus.close()
})
