import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'

/** What a pool keeps: something that is closed, and that says when it has died by itself. */
export interface Pooled {
  readonly dead: boolean
  close(): void
}

interface Rooms<C extends Pooled> {
  readonly clock: Clock
  readonly size: number
  readonly connect: () => Promise<C>
  /** Answers when the other side is still there. */
  readonly ping: (connection: C) => Promise<unknown>
}

interface Waiter<C> {
  readonly serve: (connection: Promise<C>) => void
}

/** How long a borrower waits for a connection when all are lent. */
const patienceMs = 15_000

/** A connection that nobody used for so long is asked whether the other side is still there: firewalls forget quietly. */
const restedMs = 10_000

/** So long unused connections are closed, so that a quiet service does not hold the server's. */
const idleMs = 60_000

/**
 * Connections, at most `size`, lent to one borrower each in the order of asking. When one turns out dead, those that lie idle are closed too:
 * the server has most likely gone away, and the next borrower gets a fresh connection or the true error at once.
 */
export class Pool<C extends Pooled> {
  readonly #rooms: Rooms<C>
  readonly #idle: { readonly connection: C; readonly since: number }[] = []
  readonly #waiting = new Set<Waiter<C>>()
  readonly #lent = new Set<C>()
  #open = 0
  #closing: (() => void) | undefined
  #closed = false

  constructor(rooms: Rooms<C>) {
    this.#rooms = rooms
  }

  async lend(): Promise<C> {
    if (this.#closed) throw new Refusal('unavailable', 'The service is stopping.', { retryAfterS: 5 })
    const connection = this.#open < this.#rooms.size || this.#idle.length > 0 ? await this.#take() : await this.#wait()
    this.#lent.add(connection)
    return connection
  }

  giveBack(connection: C, broken: boolean): void {
    this.#lent.delete(connection)
    if (broken) this.#dropIdle()
    if (broken || connection.dead || this.#closed) {
      this.#drop(connection)
      const next = this.#next()
      if (next !== undefined) next.serve(this.#connect())
    } else {
      const next = this.#next()
      if (next !== undefined) next.serve(Promise.resolve(connection))
      else this.#idle.push({ connection, since: this.#rooms.clock.monotonic() })
    }
    this.#dropRested()
    if (this.#open === 0) this.#closing?.()
  }

  /** Waits for what is lent, at most `graceMs`, then closes it all. */
  async close(graceMs = 5_000): Promise<void> {
    this.#closed = true
    this.#dropIdle()
    if (this.#open > 0) {
      await new Promise<void>(resolve => {
        const timer = this.#rooms.clock.after(graceMs, resolve)
        this.#closing = () => {
          timer.stop()
          resolve()
        }
      })
    }
    for (const connection of this.#lent) connection.close()
  }

  async #take(): Promise<C> {
    for (let rested = this.#idle.pop(); rested !== undefined; rested = this.#idle.pop()) {
      if (await this.#isSound(rested.connection, rested.since)) return rested.connection
      this.#drop(rested.connection)
    }
    return this.#open < this.#rooms.size ? this.#connect() : this.#wait()
  }

  async #isSound(connection: C, since: number): Promise<boolean> {
    if (connection.dead) return false
    if (this.#rooms.clock.monotonic() - since < restedMs) return true
    try {
      await this.#rooms.ping(connection)
      return true
    } catch {
      return false
    }
  }

  async #connect(): Promise<C> {
    this.#open++
    try {
      return await this.#rooms.connect()
    } catch (error) {
      this.#open--
      this.#dropIdle()
      // They would wait for a connection that nobody gives back; whether to try again is for them to say.
      for (let next = this.#next(); next !== undefined; next = this.#next()) next.serve(Promise.reject(error))
      throw error
    }
  }

  #wait(): Promise<C> {
    return new Promise((resolve, reject) => {
      const waiter: Waiter<C> = {
        serve: connection => {
          timer.stop()
          resolve(connection)
        },
      }
      const timer = this.#rooms.clock.after(patienceMs, () => {
        this.#waiting.delete(waiter)
        reject(new Refusal('unavailable', 'The database is busy; try again later.', { retryAfterS: 1 }))
      })
      this.#waiting.add(waiter)
    })
  }

  #next(): Waiter<C> | undefined {
    for (const waiter of this.#waiting) {
      this.#waiting.delete(waiter)
      return waiter
    }
    return undefined
  }

  #drop(connection: C): void {
    this.#open--
    connection.close()
  }

  #dropIdle(): void {
    for (const { connection } of this.#idle.splice(0)) this.#drop(connection)
  }

  #dropRested(): void {
    const limit = this.#rooms.clock.monotonic() - idleMs
    while (this.#idle[0] !== undefined && this.#idle[0].since < limit) {
      const rested = this.#idle.shift()
      if (rested !== undefined) this.#drop(rested.connection)
    }
  }
}
