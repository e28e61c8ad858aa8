import { describe, expect, test } from 'vitest'
import { seededChance } from '../chance.ts'
import { Refusal } from '../refusal.ts'
import { virtualClock } from '../simulation/virtual-clock.ts'
import { Abandoned, carryOut, type Journal } from './carry-out.ts'
import type { TaskRecord } from './record.ts'
import { type Fault, type Labour, labour, type Task } from './task.ts'

/** A journal in memory: what a run writes is what the next one finds. */
export function memoryJournal(start: Pick<TaskRecord, 'name' | 'input'> & Partial<TaskRecord>) {
  let record: TaskRecord = {
    id: 'c0ffee00-0000-4000-8000-000000000001',
    key: 'subject',
    state: 'running',
    saved: {},
    finished: [],
    undone: [],
    attempts: 0,
    fault: undefined,
    cause: { requestId: 'req-5c242396-3c7b-4bc6-bec1-3df8eb57d53d', why: 'a test' },
    createdAt: '2026-01-01T00:00:00.000Z',
    updatedAt: '2026-01-01T00:00:00.000Z',
    deadlineAt: Number.MAX_SAFE_INTEGER,
    ...start,
  }
  let writesLeft = Number.POSITIVE_INFINITY
  let lastIsWritten = true
  const put = (change: Partial<TaskRecord>) => {
    const dying = --writesLeft === 0
    if (!dying || lastIsWritten) record = { ...record, ...change }
    if (dying) throw new Abandoned('the process was killed here')
  }
  const journal: Journal = {
    finish: async (step, result) => put({ finished: [...record.finished, step], saved: { ...record.saved, ...result } }),
    turn: async fault => put({ state: 'undoing', fault }),
    undid: async step => put({ undone: [...record.undone, step] }),
    end: async state => put({ state }),
    park: async fault => put({ state: 'parked', fault }),
  }
  return {
    journal,
    record: () => record,
    /** The process dies behind the n-th line it writes from now on, or just before that is written. */
    dieAfter(lines: number, written = true) {
      writesLeft = lines
      lastIsWritten = written
    },
    takeUp(): TaskRecord {
      const state = record.state === 'parked' ? (record.undone.length > 0 || record.fault ? 'undoing' : 'running') : record.state
      record = { ...record, state, attempts: record.attempts + 1 }
      return record
    },
  }
}

export interface TaskBench<Input extends object, Rooms> {
  readonly input: Input
  /** The rooms, fresh for each test. Fakes with the real ones' doors. */
  rooms(): Rooms
  /** Fails when anything is left of a task that was undone: a claim, a port, a guest. */
  nothingLeft?(rooms: Rooms): void | Promise<void>
  /** Fails when something that a finished task brings about is missing. */
  allThere?(rooms: Rooms): void | Promise<void>
}

/**
 * The tests every list of steps passes: it runs in order; it resumes when the process dies behind any line of the journal; it is undone
 * from any failing step, in the opposite order; an undo that goes on failing parks it, and a retry undoes it. Generated from the list:
 *
 *     taskSuite(bootServer, { input: { serverId: 's1' }, rooms: fakeRooms, nothingLeft: rooms => expect(rooms.placement.claims).toEqual([]) })
 */
export function taskSuite<Input extends object, Saved extends object, Rooms extends object>(
  task: Task<Input, Saved, Rooms>,
  bench: TaskBench<Input, Rooms>,
) {
  const names = task.steps.map(step => step.name)

  /** A run of the task whose acts are noted and may be told to fail. */
  const begin = () => {
    const rooms = bench.rooms()
    const acts: string[] = []
    const failing = new Map<string, Error>()
    const bound = labour(task, rooms)
    const noted = async <R>(act: string, run: () => Promise<R>): Promise<R> => {
      acts.push(act)
      const result = await run()
      const failure = failing.get(act)
      if (failure) throw failure
      return result
    }
    const watched: Labour = {
      ...bound,
      steps: bound.steps.map(({ name, run, undo }) => ({
        name,
        run: (saved, turn) => noted(name, () => run(saved, turn)),
        undo: (saved, turn) => noted(`undo ${name}`, async () => undo?.(saved, turn)),
      })),
    }
    const memory = memoryJournal({ name: task.name, input: bench.input })
    const run = () => {
      const clock = virtualClock()
      const carrying = { clock, chance: seededChance(1), log: quiet, host: 'host1', abandoned: new AbortController().signal }
      return clock.run(() => carryOut(memory.takeUp(), watched, memory.journal, carrying))
    }
    return { rooms, acts, failing, memory, run }
  }

  describe(`the steps of ${task.name}`, () => {
    test('run in the order of the list', async () => {
      const { rooms, acts, memory, run } = begin()
      await run()
      expect({ acts, state: memory.record().state }).toEqual({ acts: names, state: 'done' })
      await bench.allThere?.(rooms)
    })

    test.each(names.map((name, at) => ({ name, at })))('resume when the process dies behind “$name”', async ({ at }) => {
      const { rooms, acts, memory, run } = begin()
      memory.dieAfter(at + 1)
      await expect(run()).rejects.toThrow(Abandoned)
      await run()
      expect({ acts, state: memory.record().state }).toEqual({ acts: names, state: 'done' })
      await bench.allThere?.(rooms)
    })

    test.each(names.map((name, at) => ({ name, at })))(
      'repeat “$name” when the process dies before that is written down',
      async ({ name, at }) => {
        const { rooms, acts, memory, run } = begin()
        memory.dieAfter(at + 1, false)
        await expect(run()).rejects.toThrow(Abandoned)
        await run()
        expect({ acts, state: memory.record().state }).toEqual({ acts: names.toSpliced(at, 0, name), state: 'done' })
        await bench.allThere?.(rooms)
      },
    )

    test.each(names.map((name, at) => ({ name, at })))('are undone, last first, when “$name” fails', async ({ name, at }) => {
      const { rooms, acts, failing, memory, run } = begin()
      failing.set(name, new Refusal('conflict', 'no'))
      await run()
      const begun = names.slice(0, at + 1)
      expect(acts).toEqual([...begun, ...begun.toReversed().map(undone => `undo ${undone}`)])
      expect(memory.record()).toMatchObject({ state: 'undone', fault: { step: name, message: 'no' } satisfies Partial<Fault> })
      await bench.nothingLeft?.(rooms)
    })

    test.each(names.map((name, at) => ({ name, at })))(
      'are undone to the end when the process dies behind the undo of “$name”',
      async ({ at }) => {
        const { rooms, failing, memory, run } = begin()
        failing.set(names.at(-1) ?? '', new Refusal('conflict', 'no'))
        memory.dieAfter(names.length - 1 + 1 + names.length - at)
        await expect(run()).rejects.toThrow(Abandoned)
        await run()
        expect(memory.record()).toMatchObject({ state: 'undone', undone: names.toReversed() })
        await bench.nothingLeft?.(rooms)
      },
    )

    test.each(names.map(name => ({ name })))(
      'are parked when the undo of “$name” goes on failing, and undone when retried',
      async ({ name }) => {
        const { rooms, failing, memory, run } = begin()
        failing.set(names.at(-1) ?? '', new Refusal('conflict', 'no'))
        failing.set(`undo ${name}`, new Refusal('unavailable', 'still not'))
        await run()
        expect(memory.record()).toMatchObject({ state: 'parked', fault: { step: `undo: ${name}`, message: 'still not' } })
        failing.delete(`undo ${name}`)
        await run()
        expect(memory.record()).toMatchObject({ state: 'undone', undone: names.toReversed() })
        await bench.nothingLeft?.(rooms)
      },
    )
  })
}

const quiet = { info: () => {}, warn: () => {}, error: () => {} }
