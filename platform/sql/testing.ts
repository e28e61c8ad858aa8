import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe } from 'vitest'
import { type Clock, systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { type Database, type Migration, openDatabase } from './database.ts'
import { type ThrowAwayServer, throwAwayMaria, throwAwayPostgres } from './throw-away.ts'

/** A fresh, empty, migrated database; closed after the test. */
export type Open = <Tables>(migrations?: readonly Migration[], more?: { readonly clock?: Clock }) => Promise<Database<Tables>>

/** What else a suite may want. */
export interface Bench {
  /** `sqlite`, `mariadb`, `postgresql`. */
  readonly engine: string
  /** The URL of a fresh, empty database, to be opened by the test itself, more than once if it likes. */
  url(): Promise<string>
  /** The server, to stop, kill and start again; none for SQLite. Read it inside tests. */
  readonly server: ThrowAwayServer | undefined
}

export type Suite = (open: Open, bench: Bench) => void

/**
 * Runs one suite against SQLite: what `x.test.ts` calls. A suite's tests are sentences that hold on every engine:
 *
 *     export const regionSuite: Suite = open => {
 *       test('a region is found by its id', async () => {
 *         const store = regionStore(await open<Tables>([regions]))
 *       })
 *     }
 *     testOnSqlite('regions', regionSuite)          // in store.test.ts
 *     testOnServers('regions', regionSuite)         // in store.world.test.ts
 */
export function testOnSqlite(name: string, suite: Suite): void {
  describe(`${name} on sqlite`, () => {
    let folder: string | undefined
    let count = 0
    const closers = closing()
    afterAll(() => {
      if (folder !== undefined) rmSync(folder, { recursive: true, force: true })
    })
    const url = async () => {
      folder ??= mkdtempSync(join(tmpdir(), 'kilonova-sqlite-'))
      return `sqlite:///${join(folder, `${++count}.db`)}`
    }
    suite((migrations, more) => open('sqlite://', closers, migrations, more), { engine: 'sqlite', server: undefined, url })
  })
}

/** Runs one suite against MariaDB and PostgreSQL, each a server of its own that is started for the file and removed after it. */
export function testOnServers(name: string, suite: Suite): void {
  for (const engine of ['mariadb', 'postgresql'] as const) testOn(engine, name, suite)
}

function testOn(engine: keyof typeof kinds, name: string, suite: Suite): void {
  describe(`${name} on ${engine}`, () => {
    const closers = closing()
    const shared = share(engine)
    beforeAll(() => shared.start())
    afterAll(() => shared.leave())
    suite((migrations, more) => open(shared.server().freshUrl(), closers, migrations, more), {
      engine,
      url: async () => shared.server().freshUrl(),
      get server() {
        return shared.server()
      },
    })
  })
}

const kinds = { mariadb: throwAwayMaria, postgresql: throwAwayPostgres }
const started = new Map<string, { users: number; starting: Promise<ThrowAwayServer> | undefined; running: ThrowAwayServer | undefined }>()

/** One server for all suites of a file: counted when they are described, removed when the last has run. */
function share(engine: keyof typeof kinds) {
  const entry = started.get(engine) ?? { users: 0, starting: undefined, running: undefined }
  started.set(engine, entry)
  entry.users++
  return {
    async start() {
      entry.starting ??= kinds[engine]()
      entry.running = await entry.starting
    },
    server() {
      if (entry.running === undefined) throw new Error(`The throw-away ${engine} runs inside tests only.`)
      return entry.running
    },
    async leave() {
      if (--entry.users > 0) return
      started.delete(engine)
      await entry.running?.remove()
    },
  }
}

type Closers = (() => Promise<void>)[]

function closing(): Closers {
  const closers: Closers = []
  afterEach(async () => {
    for (const close of closers.splice(0)) await close()
  })
  return closers
}

async function open<Tables>(
  url: string,
  closers: Closers,
  migrations: readonly Migration[] = [],
  { clock = systemClock }: { readonly clock?: Clock } = {},
): Promise<Database<Tables>> {
  const database = await openDatabase<Tables>({ url, service: 'test', migrations, clock, log: silentLog })
  closers.push(() => database.close())
  return database
}
