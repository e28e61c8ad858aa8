import { readFileSync } from 'node:fs'
import type { QueryResult } from 'kysely'
import pg from 'pg'
import type { Clock } from '../clock.ts'
import { answered, connectTimeoutMs, lockWaitS, silentTransactionS, statementDeadlineMs } from './deadline.ts'
import type { EngineRooms } from './engine.ts'
import { LostConnection } from './errors.ts'
import { explained } from './explain.ts'
import { bindable } from './parameters.ts'
import type { Pooled } from './pool.ts'
import { pooled } from './pooled.ts'
import type { Engine, Session, Statement } from './session.ts'
import type { ServerPlace } from './url.ts'

export async function openPostgres(place: ServerPlace, { clock, option, connections: size }: EngineRooms): Promise<Engine> {
  await ensureDatabase(place, option, clock)

  const connect = async (mode: 'read' | 'write', deadlineMs: number | undefined = statementDeadlineMs) => {
    const session = await PostgresSession.connect(optionsOf(place), clock, deadlineMs)
    try {
      await session.run({ sql: settings(mode, deadlineMs === undefined), parameters: [] })
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  return {
    dialect: 'postgres',
    ...pooled({ clock, size, connect }),
    advanceHead: async (session, count) => {
      const sql = 'update change_head set head = head + $1 where id = 1 returning head'
      const { rows } = await session.run<{ head: number }>({ sql, parameters: [count] })
      return rows[0]?.head ?? 0
    },
    alone: async (_, work) => {
      const session = await connect('write', undefined)
      try {
        // Locks are those of one database; the number is "kilonova" in hexadecimal digits of its letters.
        await session.run({ sql: 'select pg_advisory_lock(7739835421583275617)', parameters: [] })
        await work(session)
      } finally {
        session.close()
      }
    },
    tableEnd: undefined,
  }
}

/** Signs in and leaves again; false when all is well but the database itself is not there yet. */
export async function probePostgres(place: ServerPlace, option: string, clock: Clock): Promise<boolean> {
  try {
    const session = await PostgresSession.connect(optionsOf(place), clock, statementDeadlineMs)
    session.close()
    return true
  } catch (error) {
    if ((error as { code?: unknown }).code === '3D000') return false
    throw explained(place, option, error)
  }
}

function settings(mode: 'read' | 'write', patient: boolean): string {
  return [
    `set default_transaction_isolation = 'read committed'`,
    `set default_transaction_read_only = ${mode === 'read' ? 'on' : 'off'}`,
    'set client_min_messages = warning',
    `set idle_in_transaction_session_timeout = '${silentTransactionS}s'`,
    ...(patient ? [] : [`set lock_timeout = '${lockWaitS}s'`]),
  ].join('; ')
}

function optionsOf(place: ServerPlace): pg.ClientConfig {
  const { tls } = place
  return {
    host: place.socket ?? place.host,
    port: place.port,
    user: place.user,
    password: place.password,
    database: place.database,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    types: { getTypeParser },
    ...(tls === undefined
      ? {}
      : {
          ssl: {
            ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca, 'utf8') }),
            ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert, 'utf8') }),
            ...(tls.key === undefined ? {} : { key: readFileSync(tls.key, 'utf8') }),
            rejectUnauthorized: tls.verify,
          },
        }),
  }
}

/** Whole numbers of 64 bits, and sums of them, as the other engines give them: as numbers. */
const getTypeParser: typeof pg.types.getTypeParser = ((oid: number, format?: 'text') =>
  oid === 20 || oid === 1700 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser

async function ensureDatabase(place: ServerPlace, option: string, clock: Clock): Promise<void> {
  try {
    const session = await PostgresSession.connect(optionsOf(place), clock, statementDeadlineMs)
    session.close()
  } catch (error) {
    if ((error as { code?: unknown }).code !== '3D000') throw explained(place, option, error)
    await createDatabase(place, option, clock, error)
  }
}

async function createDatabase(place: ServerPlace, option: string, clock: Clock, missing: unknown): Promise<void> {
  try {
    const session = await PostgresSession.connect({ ...optionsOf(place), database: 'postgres' }, clock, statementDeadlineMs)
    try {
      const name = `"${place.database.replaceAll('"', '""')}"`
      await session.run({ sql: `create database ${name} encoding 'UTF8' template template0`, parameters: [] })
    } finally {
      session.close()
    }
  } catch (error) {
    const code = (error as { code?: unknown }).code
    // Another process was faster.
    if (code !== '42P04' && code !== '23505') throw explained(place, option, missing)
  }
}

class PostgresSession implements Session, Pooled {
  readonly #client: pg.Client
  readonly #clock: Clock
  readonly #deadlineMs: number | undefined
  dead = false

  private constructor(client: pg.Client, clock: Clock, deadlineMs: number | undefined) {
    this.#client = client
    this.#clock = clock
    this.#deadlineMs = deadlineMs
    const died = () => {
      this.dead = true
    }
    client.on('error', died)
    client.on('end', died)
  }

  static async connect(options: pg.ClientConfig, clock: Clock, deadlineMs: number | undefined): Promise<PostgresSession> {
    const session = new PostgresSession(new pg.Client(options), clock, deadlineMs)
    try {
      await session.#client.connect()
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  run<R>({ sql, parameters }: Statement): Promise<QueryResult<R>> {
    if (this.dead) return Promise.reject(new LostConnection('The connection to the database is closed'))
    return answered(this.#clock, this.#deadlineMs, () => this.close(), this.#ask<R>(sql, parameters.map(bindable)))
  }

  close(): void {
    this.dead = true
    // A polite end waits for the server, which may be the one that is gone.
    this.#client.end().catch(() => undefined)
    if ('stream' in this.#client.connection) this.#client.connection.stream.destroy()
  }

  async #ask<R>(text: string, values: unknown[]): Promise<QueryResult<R>> {
    // Without parameters the simple protocol is used, which takes several statements.
    if (values.length === 0) return answerOf(lastOf(await this.#client.query(text)))
    return answerOf(await this.#client.query(text, values))
  }
}

/** Several statements in one text get several answers. */
const lastOf = (result: pg.QueryResult | pg.QueryResult[]) => (Array.isArray(result) ? result.at(-1) : result)

function answerOf<R>(result: pg.QueryResult | undefined): QueryResult<R> {
  const count = result?.rowCount ?? undefined
  return { rows: (result?.rows ?? []) as R[], ...(count === undefined ? {} : { numAffectedRows: BigInt(count) }) }
}
