import type { Clock } from '@kilonova/platform/clock.ts'
import type { Host } from './host.ts'
import type { Places } from './places.ts'
import { bornAt, findRunning, removeRunning } from './running.ts'

/** Ends the cloud: asks it to, waits, and after the deadline ends it by force. Harmless when nothing runs. */
export async function down(
  places: Places,
  { host, clock, say }: { host: Host; clock: Clock; say(line: string): void },
  deadlineMs = 15_000,
): Promise<number> {
  const running = findRunning(host, places.running)
  if (running === undefined) {
    say('No cloud runs here.')
    return 0
  }
  const isAlive = () => bornAt(host, running.pid) === running.born
  if (!signal(running.pid, 'SIGTERM')) {
    say(`Process ${running.pid} belongs to another user: run this as root.`)
    return 1
  }
  const deadline = clock.monotonic() + deadlineMs
  while (isAlive() && clock.monotonic() < deadline) await clock.sleep(25)
  if (isAlive()) {
    say(`It did not end within ${Math.round(deadlineMs / 1000)} s; it is ended by force.`)
    signal(running.pid, 'SIGKILL')
    while (isAlive()) await clock.sleep(25)
  }
  removeRunning(places.running, running.pid)
  say('The cloud is down. Guests that run go on running.')
  return 0
}

/** Whether the process could be told; one that is gone needs no telling. */
function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
}
