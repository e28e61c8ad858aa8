import { readFileSync } from 'node:fs'
import type { QueryResult } from 'kysely'
import { type Connection, type ConnectionOptions, createConnection, type ResultSetHeader } from 'mysql2'
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

/** MariaDB and MySQL. */
export async function openMysql(place: ServerPlace, { clock, option, connections: size }: EngineRooms): Promise<Engine> {
  const first = await firstSession(place, option, clock)
  const { rows } = await first.run<{ version: string }>({ sql: 'select version() as version', parameters: [] })
  first.close()
  const isMaria = rows[0]?.version.includes('MariaDB') === true
  const collation = isMaria ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin'

  const connect = async (mode: 'read' | 'write', deadlineMs: number | undefined = statementDeadlineMs) => {
    const session = await MysqlSession.connect(optionsOf(place), clock, deadlineMs)
    try {
      for (const sql of settings(mode, isMaria)) await session.run({ sql, parameters: [] })
      return session
    } catch (error) {
      session.close()
      throw error
    }
  }

  return {
    dialect: 'mysql',
    ...pooled({ clock, size, connect }),
    advanceHead: async (session, count) => {
      const sql = 'update change_head set head = last_insert_id(head + ?) where id = 1'
      const { insertId } = await session.run({ sql, parameters: [count] })
      return Number(insertId)
    },
    alone: async (service, work) => {
      const session = await connect('write', undefined)
      try {
        await takeLock(session, service, place.database)
        await work(session)
      } finally {
        session.close()
      }
    },
    tableEnd: `engine=innodb row_format=dynamic default character set utf8mb4 collate ${collation}`,
  }
}

/** Signs in and leaves again; false when all is well but the database itself is not there yet. */
export async function probeMysql(place: ServerPlace, option: string, clock: Clock): Promise<boolean> {
  try {
    const session = await MysqlSession.connect(optionsOf(place), clock, statementDeadlineMs)
    session.close()
    return true
  } catch (error) {
    if ((error as { errno?: unknown }).errno === 1049) return false
    throw explained(place, option, error)
  }
}

/** Strict, so that what does not fit is refused and not cut; without NO_BACKSLASH_ESCAPES, on which the driver's quoting relies. */
function settings(mode: 'read' | 'write', isMaria: boolean): string[] {
  const silence = isMaria ? `, idle_transaction_timeout = ${silentTransactionS}` : ''
  return [
    `set session sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION', innodb_lock_wait_timeout = ${lockWaitS}${silence}`,
    `set session transaction isolation level read committed, read ${mode === 'read' ? 'only' : 'write'}`,
  ]
}

/** Ends with the session. Names of locks are those of the whole server. */
async function takeLock(session: Session, service: string, database: string): Promise<void> {
  const name = `kilonova ${database}`.slice(0, 64)
  const { rows } = await session.run<{ taken: number }>({ sql: 'select get_lock(?, 120) as taken', parameters: [name] })
  if (rows[0]?.taken !== 1) throw new Error(`Another process has been migrating the database of ${service} for two minutes.`)
}

function optionsOf(place: ServerPlace): ConnectionOptions {
  const { tls } = place
  return {
    ...(place.socket === undefined ? { host: place.host, port: place.port } : { socketPath: place.socket }),
    user: place.user,
    password: place.password,
    database: place.database,
    // Whatever the URL's `charset` says: the tables hold all of Unicode.
    charset: 'utf8mb4',
    connectTimeout: connectTimeoutMs,
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    decimalNumbers: true,
    ...(tls === undefined
      ? {}
      : {
          ssl: {
            ...(tls.ca === undefined ? {} : { ca: readFileSync(tls.ca) }),
            ...(tls.cert === undefined ? {} : { cert: readFileSync(tls.cert) }),
            ...(tls.key === undefined ? {} : { key: readFileSync(tls.key) }),
            rejectUnauthorized: tls.verify,
          },
        }),
  }
}

async function firstSession(place: ServerPlace, option: string, clock: Clock): Promise<MysqlSession> {
  try {
    return await MysqlSession.connect(optionsOf(place), clock, statementDeadlineMs)
  } catch (error) {
    if ((error as { errno?: unknown }).errno !== 1049) throw explained(place, option, error)
    return await createFirst(place, option, clock, error)
  }
}

async function createFirst(place: ServerPlace, option: string, clock: Clock, missing: unknown): Promise<MysqlSession> {
  const { database: _, ...elsewhere } = optionsOf(place)
  try {
    const session = await MysqlSession.connect(elsewhere, clock, statementDeadlineMs)
    try {
      await session.run({
        sql: `create database if not exists \`${place.database.replaceAll('`', '``')}\` character set utf8mb4`,
        parameters: [],
      })
    } finally {
      session.close()
    }
  } catch {
    throw explained(place, option, missing)
  }
  return await MysqlSession.connect(optionsOf(place), clock, statementDeadlineMs).catch(error => {
    throw explained(place, option, error)
  })
}

class MysqlSession implements Session, Pooled {
  readonly #connection: Connection
  readonly #clock: Clock
  readonly #deadlineMs: number | undefined
  dead = false

  private constructor(connection: Connection, clock: Clock, deadlineMs: number | undefined) {
    this.#connection = connection
    this.#clock = clock
    this.#deadlineMs = deadlineMs
    const died = () => {
      this.dead = true
    }
    connection.on('error', died)
    connection.on('end', died)
  }

  static connect(options: ConnectionOptions, clock: Clock, deadlineMs: number | undefined): Promise<MysqlSession> {
    return new Promise((resolve, reject) => {
      const connection = createConnection(options)
      const session = new MysqlSession(connection, clock, deadlineMs)
      connection.connect(error => {
        if (error === null) return resolve(session)
        connection.destroy()
        reject(error)
      })
    })
  }

  run<R>({ sql, parameters }: Statement): Promise<QueryResult<R>> {
    if (this.dead) return Promise.reject(new LostConnection('The connection to the database is closed'))
    return answered(this.#clock, this.#deadlineMs, () => this.close(), this.#ask<R>(sql, parameters.map(bindable)))
  }

  close(): void {
    this.dead = true
    this.#connection.destroy()
  }

  #ask<R>(sql: string, values: unknown[]): Promise<QueryResult<R>> {
    return new Promise((resolve, reject) => {
      this.#connection.query(sql, values, (error, result) => {
        if (error !== null) {
          if ((error as { fatal?: boolean }).fatal === true) this.dead = true
          reject(error)
        } else if (Array.isArray(result)) resolve({ rows: result as R[] })
        else resolve(answerOf<R>(result as ResultSetHeader))
      })
    })
  }
}

function answerOf<R>({ affectedRows, insertId }: ResultSetHeader): QueryResult<R> {
  return { rows: [], numAffectedRows: BigInt(affectedRows), insertId: BigInt(insertId) }
}
