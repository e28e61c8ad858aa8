import { randomUUID } from 'node:crypto'
import { closeSync, existsSync, openSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Chance } from '../chance.ts'
import type { Clock } from '../clock.ts'
import { ConfigError } from './config-error.ts'
import { isBusy } from './errors.ts'
import type { Engine, Session } from './session.ts'
import { SqliteSession } from './sqlite.ts'
import { Turns } from './turns.ts'
import type { SqlitePlace } from './url.ts'

/** How long a transaction waits for the writers of this process and for those of others. */
const patienceMs = 15_000

interface Rooms {
  readonly clock: Clock
  readonly chance: Chance
  readonly option: string
}

/**
 * SQLite as an engine: one connection that writes, handed from transaction to transaction in the order of asking, and one that only reads.
 * In WAL mode the reader sees what is committed and never waits, also in the midst of a write transaction of the same process.
 *
 * With `synchronous=normal` a commit survives the death of the process (kill -9), because the operating system holds what was written;
 * a power cut may take the last commits, never the consistency. `synchronous=full` waits for the disk, some 15 times slower.
 */
export function sqliteEngine(place: SqlitePlace, { clock, chance, option }: Rooms): Engine {
  const { writer, reader } = connect(place, option)
  const turns = new Turns(clock, patienceMs)

  return {
    dialect: 'sqlite',
    read: statement => reader.run(statement),
    begin: session => begin(session, clock, chance),
    lend: async () => {
      await turns.take()
      return writer
    },
    giveBack: async () => {
      try {
        if (writer.inTransaction) writer.say('rollback')
      } finally {
        turns.leave()
      }
    },
    advanceHead: async (_, count) => {
      const { rows } = writer.runNow<{ head: number }>({ sql: advance, parameters: [count] })
      return rows[0]?.head ?? 0
    },
    alone: (_, work) => alone(writer, turns, work, clock, chance),
    tableEnd: undefined,
    close: async () => {
      await turns.take()
      reader.close()
      writer.close()
      turns.leave()
    },
  }
}

const advance = 'update change_head set head = head + ? where id = 1 returning head'

async function begin(session: Session, clock: Clock, chance: Chance): Promise<void> {
  const deadline = clock.monotonic() + patienceMs
  for (;;) {
    try {
      // Deferred, a transaction that reads first could not become a writer when another process has written since.
      await session.run({ sql: 'begin immediate', parameters: [] })
      return
    } catch (error) {
      if (!isBusy(error) || clock.monotonic() > deadline) throw error
      await clock.sleep(2 + 20 * chance.fraction())
    }
  }
}

async function alone(
  writer: SqliteSession,
  turns: Turns,
  work: (session: Session) => Promise<void>,
  clock: Clock,
  chance: Chance,
): Promise<void> {
  await turns.take()
  try {
    await begin(writer, clock, chance)
    await work(writer)
    writer.say('commit')
  } finally {
    if (writer.inTransaction) writer.say('rollback')
    turns.leave()
  }
}

function connect(place: SqlitePlace, option: string): { writer: SqliteSession; reader: SqliteSession } {
  const path = place.path ?? join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), `kilonova-${randomUUID()}.db`)
  const synchronous = place.path === undefined ? 'off' : place.synchronous
  const pragmas = ['journal_mode=wal', `synchronous=${synchronous}`, 'foreign_keys=on', 'journal_size_limit=67108864', 'temp_store=memory']
  // Of 4 KiB each. A page that is written again and again (the head of the change log) is carried over into the file once for many commits.
  pragmas.push('wal_autocheckpoint=4000', 'cache_size=-16384')
  try {
    // It may hold password hashes and keys: nobody else reads it. The files beside it get the same rights.
    closeSync(openSync(path, 'a', 0o600))
    const writer = openPatiently(path, pragmas)
    const reader = openPatiently(path, [...pragmas, 'query_only=on'])
    if (place.path === undefined) forgetName(path, writer, reader)
    return { writer, reader }
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new ConfigError(
      `${option}: the SQLite file ${path} cannot be opened: ${why}. Name a file in a folder this user may write.`,
      error,
    )
  }
}

/** Switching to WAL needs the file for itself for a moment: another process may be opening it too. */
function openPatiently(path: string, pragmas: readonly string[]): SqliteSession {
  for (let attempt = 1; ; attempt++) {
    try {
      return new SqliteSession(path, pragmas)
    } catch (error) {
      if (!isBusy(error) || attempt >= 250) throw error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20)
    }
  }
}

/** A database without a name ends with the process however that ends: its files are open, but no longer in any folder. */
function forgetName(path: string, ...sessions: readonly SqliteSession[]): void {
  for (const session of sessions) session.runNow({ sql: 'select count(*) from sqlite_master', parameters: [] })
  for (const ending of ['', '-wal', '-shm']) rmSync(path + ending, { force: true })
}
