import type { Clock } from '../clock.ts'
import { Refusal } from '../refusal.ts'
import type { Bus } from './bus.ts'
import { nobodyThere } from './parcel.ts'

const firstPauseMs = 50
const longestPauseMs = 1_000

/**
 * Asks again while nobody serves the address: a process that is started anew is soon there, and whoever asks need not notice. What somebody
 * answers, refusals too, is given at once.
 */
export const patient = (bus: Pick<Bus, 'ask'>, clock: Pick<Clock, 'monotonic' | 'sleep'>, patienceMs = 60_000): Pick<Bus, 'ask'> => ({
  async ask(message, to, body, options) {
    const until = clock.monotonic() + patienceMs
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      try {
        return await bus.ask(message, to, body, options)
      } catch (error) {
        if (!(error instanceof Refusal) || error.code !== nobodyThere || clock.monotonic() + pauseMs > until) throw error
      }
      await clock.sleep(pauseMs, options.signal)
    }
  },
})
