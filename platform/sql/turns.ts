import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'

interface Waiter {
  readonly start: () => void
  readonly refuse: (error: Error) => void
}

/** A fair lock: whoever asked first goes first. Waiting too long is refused, so that one stuck holder does not gather everybody. */
export class Turns {
  readonly #clock: Clock
  readonly #patienceMs: number
  readonly #waiting = new Set<Waiter>()
  #taken = false

  constructor(clock: Clock, patienceMs: number) {
    this.#clock = clock
    this.#patienceMs = patienceMs
  }

  take(): Promise<void> {
    if (!this.#taken) {
      this.#taken = true
      return Promise.resolve()
    }
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        start: () => {
          timer.stop()
          resolve()
        },
        refuse: reject,
      }
      const timer = this.#clock.after(this.#patienceMs, () => {
        this.#waiting.delete(waiter)
        waiter.refuse(new Refusal('unavailable', 'The database is busy; try again later.', { retryAfterS: 1 }))
      })
      this.#waiting.add(waiter)
    })
  }

  leave(): void {
    for (const next of this.#waiting) {
      this.#waiting.delete(next)
      next.start()
      return
    }
    this.#taken = false
  }
}
