import type { Clock, Timer } from './clock.ts'

/**
 * Runs `work` once per interval, the first time after one: for what is never finished, such as forgetting what is old. One run at a time; a
 * failure is told to `failed`, and the next run sees to it.
 */
export function every(clock: Pick<Clock, 'after'>, ms: number, work: () => Promise<unknown>, failed: (error: unknown) => void): Timer {
  let timer: Timer | undefined
  let on = true
  const again = () => {
    if (on) timer = clock.after(ms, () => void work().catch(failed).then(again))
  }
  again()
  return {
    stop: () => {
      on = false
      timer?.stop()
    },
  }
}
