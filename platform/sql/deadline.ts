import type { Clock } from '../clock.ts'
import { LostConnection } from './errors.ts'

/**
 * The longest that a statement may take before its connection is taken for dead. Engines give up waiting for a lock earlier
 * (`lockWaitS`), so that what is left is a server that has vanished without a word.
 */
export const statementDeadlineMs = 30_000
export const lockWaitS = 10
export const connectTimeoutMs = 3_000

/** An open transaction in which nothing is said for so long is ended by the server: its client is gone, its locks are not. */
export const silentTransactionS = 60

/** `ask`, or `LostConnection` and `kill` when there is no answer in time. */
export function answered<T>(clock: Clock, ms: number | undefined, kill: () => void, ask: Promise<T>): Promise<T> {
  if (ms === undefined) return ask
  return new Promise((resolve, reject) => {
    const timer = clock.after(ms, () => {
      kill()
      reject(new LostConnection(`The database did not answer within ${ms / 1000} s`))
    })
    ask.then(
      value => {
        timer.stop()
        resolve(value)
      },
      error => {
        timer.stop()
        reject(error)
      },
    )
  })
}
