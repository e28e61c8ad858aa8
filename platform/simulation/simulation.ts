import type { Bus } from '../bus/bus.ts'
import { busOver } from '../bus/bus-over.ts'
import { type Broker, openBroker } from '../bus/in-process/broker.ts'
import { inProcessDriver } from '../bus/in-process/driver.ts'
import { type Chance, seededChance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import type { Log } from '../log/log.ts'
import type { Database } from '../sql/database.ts'
import { type BusFaults, faultyDriver, gatedDriver } from './faulty-bus.ts'
import { type DatabaseFaults, faultyDatabase, gatedDatabase } from './faulty-database.ts'
import { gate, gatedClock, gatedOutside } from './gate.ts'
import { logsOf } from './telling.ts'
import { type VirtualClock, virtualClock } from './virtual-clock.ts'

/** What may go wrong, and how often. */
export interface Faults extends BusFaults, DatabaseFaults {
  /** The fraction of process lives that end by a kill; when, is drawn. */
  readonly killed: number
  /** A life that is to end ends within so many passages: calls, answers, timers, statements. Most such lives are short. */
  readonly longestLife: number
  /**
   * The fraction of passages at which a process stands still, as a machine does that swaps: mostly for a moment, now and then for so long that others
   * have taken up its work, and ended it, when it goes on with what it was about to say.
   */
  readonly frozen: number
  readonly longestFreezeMs: number
  /** The fraction of processes whose machine's clock is wrong, until the storm is over; it goes ahead or behind by so much at most. */
  readonly misled: number
  readonly longestErrorMs: number
}

export const stormy: Faults = {
  ...{ lost: 0.03, doubled: 0.05, delayed: 0.2, longestDelayMs: 2_000 },
  ...{ beforeCommit: 0.03, afterCommit: 0.03, unread: 0.005 },
  ...{ killed: 0.7, longestLife: 400, frozen: 0.01, longestFreezeMs: 240_000 },
  ...{ misled: 0.15, longestErrorMs: 90_000 },
}

export const calm: Faults = {
  ...{ lost: 0, doubled: 0, delayed: 0, longestDelayMs: 0, beforeCommit: 0, afterCommit: 0, unread: 0 },
  ...{ killed: 0, longestLife: 0, frozen: 0, longestFreezeMs: 0, misled: 0, longestErrorMs: 0 },
}

/** What a simulated process is handed: the same doors as a real one has. */
export interface Doors {
  readonly clock: Clock
  readonly chance: Chance
  /** Silent, unless the seed is replayed. */
  readonly log: Log
  readonly bus: Bus
  database<Tables>(database: Database<Tables>): Database<Tables>
  /** A machine, say, that outlives the process: what the process does to it ends with the process, what was done stays. */
  outside<Thing extends object>(thing: Thing): Thing
}

export interface Process {
  readonly name: string
  readonly lives: number
  kill(): void
}

export interface World {
  readonly seed: number
  readonly clock: VirtualClock
  readonly chance: Chance
  readonly broker: Broker
  /** Starts a process; when it is killed, by seed or by hand, it is started again a little later. */
  process(name: string, start: (doors: Doors) => Promise<void>): Process
  /** From now on nothing goes wrong any more. */
  calmDown(): void
}

/**
 * Runs a world of processes in virtual time with seeded chance and faults. The same seed takes the same course.
 */
export async function simulation(seed: number, tale: (world: World) => Promise<void>, faults: Faults = stormy): Promise<void> {
  const clock = virtualClock()
  const chance = seededChance(seed)
  const broker = openBroker()
  const logOf = logsOf(clock, process.env['KILONOVA_SEED'] !== undefined)
  let now = faults

  function start(name: string, begin: (doors: Doors) => Promise<void>): Process {
    let lives = 0
    let end = () => {}
    const log = logOf(name)

    function live(): void {
      lives++
      const own = seededChance(Math.floor(chance.fraction() * 2 ** 32))
      const toLive = chance.fraction() < now.killed ? Math.ceil(chance.fraction() ** 2 * now.longestLife) : Number.POSITIVE_INFINITY
      const driver = inProcessDriver(broker, clock)
      const wall = gate({
        clock,
        passagesToLive: toLive,
        frozenMs: () => (chance.fraction() < now.frozen ? now.longestFreezeMs ** chance.fraction() : 0),
        died() {
          log.info('dies')
          driver.drop()
          clock.after(10 + chance.fraction() * 5_000, live)
        },
      })
      end = wall.kill
      // Each life another error: a clock that is set jumps.
      const errorMs = chance.fraction() < now.misled ? (2 * chance.fraction() - 1) * now.longestErrorMs : 0
      const time = gatedClock(
        wrongBy(clock, () => (now === calm ? 0 : errorMs)),
        wall,
      )
      const faulty = faultyDriver(driver, () => now, { chance, clock })
      const bus = busOver(gatedDriver(faulty, wall), { clock: time, chance: own, log })
      const database = <Tables>(real: Database<Tables>) =>
        gatedDatabase(
          faultyDatabase(real, () => now, chance),
          wall,
        )
      // A process that cannot start ends, and is started again.
      begin({ clock: time, chance: own, log, bus, database, outside: thing => gatedOutside(thing, wall) }).catch(wall.kill)
    }

    live()
    return {
      name,
      get lives() {
        return lives
      },
      kill: () => end(),
    }
  }

  const calmDown = () => {
    now = calm
  }
  await clock.run(() => tale({ seed, clock, chance, broker, process: start, calmDown }))
}

/** What people read on a clock that is wrong; what is measured with it is right. */
const wrongBy = (clock: Clock, errorMs: () => number): Clock => ({ ...clock, now: () => Math.round(clock.now() + errorMs()) })

/** So many worlds may fail before no more are begun: what breaks them is mostly one thing. */
const mostFailures = 5

/**
 * Tells the tale with `count` seeds, with as many as `KILONOVA_SEEDS` says (`1000`, or from one to another: `501-1000`), or with the one that
 * `KILONOVA_SEED` names. The last line of the error names for each that fails what replays it. `test` is what vitest hands to a test as `task`:
 *
 *     test('no write is lost', ({ task }) => everySeed(300, task, async world => { ... }))
 */
export async function everySeed(
  count: number,
  test: { readonly name: string; readonly file: { readonly name: string } },
  tale: (world: World) => Promise<void>,
  faults: Faults = stormy,
): Promise<void> {
  const failures: { readonly seed: number; readonly error: unknown }[] = []
  for (const seed of wantedSeeds(count)) {
    await simulation(seed, tale, faults).catch((error: unknown) => failures.push({ seed, error }))
    if (failures.length >= mostFailures) break
  }
  const [first] = failures
  if (!first) return
  const told = failures.map(({ seed, error }) => `seed ${seed}: ${error instanceof Error ? error.message : String(error)}`)
  const replays = failures.map(({ seed }) => replayLine(seed, test.file.name, test.name))
  throw new Error([...told, ...replays].join('\n'), { cause: first.error })
}

function wantedSeeds(count: number): readonly number[] {
  const one = process.env['KILONOVA_SEED']
  if (one) return [Number(one)]
  const [first = '', last] = (process.env['KILONOVA_SEEDS'] || String(count)).split('-')
  const [from, to] = last === undefined ? [1, Number(first)] : [Number(first), Number(last)]
  return Array.from({ length: to - from + 1 }, (_, at) => from + at)
}

export function replayLine(seed: number, file: string, name: string): string {
  return `KILONOVA_SEED=${seed} npx vitest run --project unit ${file} -t "${name}"`
}
