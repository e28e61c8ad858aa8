import type { Clock } from '@kilonova/platform/clock.ts'
import type { Host } from './host.ts'
import type { Places } from './places.ts'
import { bornAt, findAllRunning, removeRunning, type Running } from './running.ts'

export interface DownRooms {
  readonly host: Host
  readonly clock: Clock
  say(line: string): void
}

/** Ends the cloud, and the daemons that run beside it: asks them to, waits, and after the deadline ends them by force. Harmless when nothing runs. */
export async function down(places: Places, rooms: DownRooms, deadlineMs = 15_000): Promise<number> {
  const { host, say } = rooms
  const all = findAllRunning(host, places)
  if (all.length === 0) {
    say('No cloud runs here.')
    return 0
  }
  const ended = await Promise.all(all.map(one => endProcess(one, rooms, deadlineMs)))
  if (ended.includes(false)) return 1
  say('The cloud is down. Guests that run go on running.')
  return 0
}

async function endProcess({ running, file }: { running: Running; file: string }, { host, clock, say }: DownRooms, deadlineMs: number) {
  const isAlive = () => bornAt(host, running.pid) === running.born
  if (!signal(running.pid, 'SIGTERM')) {
    say(`Process ${running.pid} belongs to another user: run this as root.`)
    return false
  }
  const deadline = clock.monotonic() + deadlineMs
  while (isAlive() && clock.monotonic() < deadline) await clock.sleep(25)
  if (isAlive()) {
    say(`It did not end within ${Math.round(deadlineMs / 1000)} s; it is ended by force.`)
    signal(running.pid, 'SIGKILL')
    while (isAlive()) await clock.sleep(25)
  }
  removeRunning(file, running.pid)
  return true
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
