import { bareWiring } from '../contract/wiring.ts'
import type { Rooms } from './rooms.ts'

/** Takes away everything that was made, unless a guest would lose its network by it. */
export function takeAway({ driver, held, turn, log }: Rooms): Promise<void> {
  return turn(async () => {
    // Who was told nothing does not know whose guests are here.
    if (held.revision === undefined) return
    const plugged = await driver.pluggedPorts(held.wiring.ports.map(({ id }) => id))
    if (plugged.length > 0) {
      log.info('the host stays wired: guests are plugged in', { ports: plugged.length })
      return
    }
    const { troubles } = await driver.apply(bareWiring)
    for (const { subject, reason } of troubles) log.warn('a part of the wiring could not be taken away', { subject, reason })
  }).catch(error => log.warn('the wiring could not be taken away', { error }))
}
