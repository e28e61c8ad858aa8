import { describe, expect, test, vi } from 'vitest'
import { systemChance } from '../chance.ts'
import { systemClock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import { silentLog } from '../log/log.ts'
import type { Bus, BusLog } from './bus.ts'
import { announce, ask, handle, tell } from './message.ts'

const double = ask<{ n: number }, { n: number }>('sample.double', 1)
const note = tell<{ n: number }>('sample.note', 1)
const news = announce<{ n: number }>('sample.news', 1)
const cause = {
  requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d',
  globalRequestId: 'req-00000000-0000-4000-8000-000000000001',
  userId: 'u1',
  projectId: 'p1',
  why: 'GET /sample',
}

export interface BusKit {
  /** A bus of its own, as another process would have it. */
  open(log?: BusLog): Promise<Bus>
  /** Names of the messages parked so far. */
  parked(): Promise<string[]>
}

let serial = 0
/** An address nobody else uses. */
const fresh = () => `sample.host${process.pid}-${++serial}`
const eventually = (claim: () => void | Promise<void>) => vi.waitFor(claim, { timeout: 15_000, interval: 10 })

/** What every driver promises. */
export function busSuite(name: string, kit: BusKit) {
  describe(`the bus on ${name}`, () => {
    const opened: Bus[] = []
    const open = async (log?: BusLog) => {
      const bus = await kit.open(log)
      opened.push(bus)
      return bus
    }
    const inTheEnd = async <R>(work: () => Promise<R>) => {
      try {
        return await work()
      } finally {
        await Promise.all(opened.splice(0).map(bus => bus.close()))
      }
    }
    const story = (sentence: string, tale: () => Promise<void>) => test(sentence, () => inTheEnd(tale))

    story('an ask brings the answer, and the cause travels with it', async () => {
      const [asker, answerer, to] = [await open(), await open(), fresh()]
      const causes: unknown[] = []
      await answerer.serve(to, [handle(double, async ({ n }, why) => ({ n: causes.push(why) * 2 * n }))])
      expect(await asker.ask(double, to, { n: 21 }, { cause })).toEqual({ n: 42 })
      expect(causes).toEqual([cause])
    })

    story('bodies arrive as they were sent', async () => {
      const [bus, to] = [await open(), fresh()]
      const echo = ask<unknown, unknown>('sample.echo', 1)
      await bus.serve(to, [handle(echo, async body => body)])
      for (const body of ['text', '', 0, null, true, undefined, [1, 'ü✓'], { deep: { er: [{}] } }])
        expect(await bus.ask(echo, to, body, { cause })).toEqual(body)
    })

    story('a refusal crosses as a refusal', async () => {
      const [bus, to] = [await open(), fresh()]
      const refusal = new Refusal('conflict', 'Port 3 is in use.', { code: 'PortInUse', retryAfterS: 7, extra: { port: 3 } })
      await bus.serve(to, [handle(double, () => Promise.reject(refusal))])
      const got = await bus.ask(double, to, { n: 1 }, { cause }).catch(error => error)
      expect(got).toBeInstanceOf(Refusal)
      expect(got).toMatchObject({ kind: 'conflict', message: 'Port 3 is in use.', code: 'PortInUse', retryAfterS: 7, extra: { port: 3 } })
    })

    story('any other error crosses without its text', async () => {
      const [bus, to] = [await open(), fresh()]
      await bus.serve(to, [handle(double, () => Promise.reject(new Error('password=hunter2')))])
      const got = await bus.ask(double, to, { n: 1 }, { cause }).catch(error => error)
      expect(got).not.toBeInstanceOf(Refusal)
      expect(got.message).toContain('sample.double failed')
      expect(got.message).not.toContain('hunter2')
    })

    story('an ask of an address nobody serves is refused at once, naming the address', async () => {
      const [bus, to] = [await open(), fresh()]
      const started = performance.now()
      await expect(bus.ask(double, to, { n: 1 }, { cause })).rejects.toMatchObject({
        kind: 'unavailable',
        message: expect.stringContaining(to),
      })
      expect(performance.now() - started).toBeLessThan(5_000)
    })

    story('an ask of an address that is no longer served is refused at once, though its queue is still there', async () => {
      const [asker, answerer, to] = [await open(), await kit.open(), fresh()]
      await answerer.serve(to, [handle(note, async () => {})])
      await asker.tell(note, to, { n: 1 }, { cause })
      await answerer.close()
      await expect(asker.ask(double, to, { n: 1 }, { cause })).rejects.toMatchObject({ kind: 'unavailable' })
    })

    story('an ask gives up at its deadline, and tells the handler so', async () => {
      const [bus, to] = [await open(), fresh()]
      let told: AbortSignal | undefined
      await bus.serve(to, [
        handle(double, (_, __, { signal }) => {
          told = signal
          return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        }),
      ])
      // On a machine that is busy, one that is given so little may come too late to be handled at all.
      for (let deadlineMs = 150; !told; deadlineMs *= 4)
        await expect(bus.ask(double, to, { n: 1 }, { cause, deadlineMs })).rejects.toThrow(
          `did not answer sample.double within ${deadlineMs / 1000} s`,
        )
      await eventually(() => expect(told?.aborted).toBe(true))
    })

    story('the asker may stop waiting', async () => {
      const [bus, to] = [await open(), fresh()]
      const stop = new AbortController()
      await bus.serve(to, [
        handle(double, (_, __, { signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason)))),
      ])
      const asked = bus.ask(double, to, { n: 1 }, { cause, signal: stop.signal, deadlineMs: 2_000 })
      setTimeout(() => stop.abort(new Error('changed my mind')), 20)
      await expect(asked).rejects.toThrow('changed my mind')
    })

    story('a message the answerer does not know, or only an older version of, is refused', async () => {
      const [bus, to] = [await open(), fresh()]
      await bus.serve(to, [handle(double, async ({ n }) => ({ n }))])
      await expect(bus.ask(ask<object, object>('sample.unknown', 1), to, {}, { cause })).rejects.toMatchObject({ kind: 'not-built' })
      await expect(bus.ask(ask<object, object>('sample.double', 2), to, {}, { cause })).rejects.toThrow(/up to version 1, not 2/)
    })

    story('a body that fails its check is refused before the handler sees it', async () => {
      const [bus, to] = [await open(), fresh()]
      const strict = ask<{ n: number }, number>('sample.strict', 1, body => {
        if (typeof body !== 'object' || !body || !('n' in body) || typeof body.n !== 'number') throw new Refusal('invalid', 'n is a number')
        return { n: body.n }
      })
      await bus.serve(to, [handle(strict, async ({ n }) => n)])
      expect(await bus.ask(strict, to, { n: 3 }, { cause })).toBe(3)
      await expect(bus.ask(strict, to, JSON.parse('{"n":"3"}'), { cause })).rejects.toMatchObject({
        kind: 'invalid',
        message: 'n is a number',
      })
    })

    story('a tell waits for whoever serves the address later', async () => {
      const [teller, later, to] = [await open(), await open(), fresh()]
      for (const n of [1, 2, 3]) await teller.tell(note, to, { n }, { cause })
      const got: number[] = []
      await later.serve(to, [handle(note, async ({ n }) => void got.push(n))], { concurrency: 1 })
      await eventually(() => expect(got).toEqual([1, 2, 3]))
    })

    story('one queue carries both asks and tells', async () => {
      const [bus, to] = [await open(), fresh()]
      const got: number[] = []
      await bus.serve(to, [handle(note, async ({ n }) => void got.push(n)), handle(double, async ({ n }) => ({ n: 2 * n }))])
      await bus.tell(note, to, { n: 5 }, { cause })
      expect(await bus.ask(double, to, { n: 5 }, { cause })).toEqual({ n: 10 })
      await eventually(() => expect(got).toEqual([5]))
    })

    story('a tell whose handler fails comes again with the same id', async () => {
      const [bus, to] = [await open(), fresh()]
      const seen: [string, number][] = []
      await bus.serve(to, [
        handle(note, async (_, __, { id, attempt }) => {
          seen.push([id, attempt])
          if (attempt < 3) throw new Refusal('unavailable', 'not yet')
        }),
      ])
      await bus.tell(note, to, { n: 1 }, { cause })
      await eventually(() => expect(seen.map(([, attempt]) => attempt)).toEqual([1, 2, 3]))
      expect(new Set(seen.map(([id]) => id)).size).toBe(1)
    })

    story('a tell that always fails is parked and logged, and the next one is handled', async () => {
      const errors: string[] = []
      const [bus, to] = [await open({ ...silentLog, error: message => void errors.push(message) }), fresh()]
      const poison = tell<object>(`sample.poison${serial}`, 1)
      const got: number[] = []
      await bus.serve(to, [
        handle(poison, () => Promise.reject(new Error('cannot be done'))),
        handle(note, async ({ n }) => void got.push(n)),
      ])
      await bus.tell(poison, to, {}, { cause })
      await bus.tell(note, to, { n: 1 }, { cause })
      await eventually(() => expect(got).toEqual([1]))
      await eventually(async () => expect(await kit.parked()).toContain(poison.name))
      expect(errors).toContain(`${poison.name} failed 6 times and is parked`)
    })

    story('several processes at one address share its messages', async () => {
      const [teller, one, two, to] = [await open(), await open(), await open(), fresh()]
      const got: [string, number][] = []
      const serve = (bus: Bus, who: string) => bus.serve(to, [handle(note, async ({ n }) => void got.push([who, n]))], { concurrency: 1 })
      await Promise.all([serve(one, 'one'), serve(two, 'two')])
      await Promise.all(Array.from({ length: 20 }, (_, n) => teller.tell(note, to, { n }, { cause })))
      await eventually(() => expect(got).toHaveLength(20))
      expect(new Set(got.map(([who]) => who)).size).toBe(2)
      expect(new Set(got.map(([, n]) => n)).size).toBe(20)
    })

    story('no more than the wanted number of messages is handled at once', async () => {
      const [bus, to] = [await open(), fresh()]
      let [now, most, done] = [0, 0, 0]
      await bus.serve(
        to,
        [
          handle(note, async () => {
            most = Math.max(most, ++now)
            await systemClock.sleep(5)
            now--
            done++
          }),
        ],
        { concurrency: 3 },
      )
      await Promise.all(Array.from({ length: 12 }, (_, n) => bus.tell(note, to, { n }, { cause })))
      await eventually(() => expect(done).toBe(12))
      expect(most).toBe(3)
    })

    story('an announcement reaches every listener', async () => {
      const [speaker, one, two] = [await open(), await open(), await open()]
      const got: [string, number][] = []
      await one.listen(news, async ({ n }) => void got.push(['one', n]))
      await two.listen(news, async ({ n }) => void got.push(['two', n]))
      await two.listen(news, () => Promise.reject(new Error('a listener that fails harms nobody')))
      await speaker.announce(news, { n: 1 }, { cause })
      await eventually(() =>
        expect(got.toSorted()).toEqual([
          ['one', 1],
          ['two', 1],
        ]),
      )
    })

    story('an announcement nobody listens to is no error', async () => {
      await (await open()).announce(announce<object>('sample.unheard', 1), {}, { cause })
    })

    story('a closing bus lets running handlers finish and answer', async () => {
      const [asker, answerer, to] = [await open(), await kit.open(), fresh()]
      const begun = Promise.withResolvers<void>()
      await answerer.serve(to, [
        handle(double, async ({ n }) => {
          begun.resolve()
          await systemClock.sleep(100)
          return { n: 2 * n }
        }),
      ])
      const asked = asker.ask(double, to, { n: 2 }, { cause })
      await begun.promise
      await answerer.close()
      expect(await asked).toEqual({ n: 4 })
    })

    story('each ask, tell and serve writes a hop', async () => {
      const hops: object[] = []
      const log = { ...silentLog, info: (_: string, fields?: object) => void hops.push(fields ?? {}) }
      const [bus, to] = [await open(log), fresh()]
      await bus.serve(to, [handle(double, async ({ n }) => ({ n }))])
      await bus.ask(double, to, { n: 1 }, { cause })
      const facts = { message: 'sample.double', to, request_id: cause.requestId, ms: expect.any(Number) }
      expect(hops).toContainEqual({ hop: 'bus.ask', ...facts, what: `sample.double at ${to}: ok`, outcome: 'ok' })
      expect(hops).toContainEqual({ hop: 'bus.serve', ...facts, what: `sample.double at ${to}: answer`, outcome: 'answer' })
    })
  })
}

export const rooms = { clock: systemClock, chance: systemChance, log: silentLog }
