import { Refusal } from '@kilonova/platform/refusal.ts'
import type { GuestState } from '../contract/guest.ts'
import type { Rooms } from './rooms.ts'

export async function guestState(uuid: string, { driver }: Rooms): Promise<GuestState> {
  const state = await driver.findGuest(uuid)
  if (!state) throw new Refusal('not-found', `Instance ${uuid} could not be found.`)
  return state
}

/** More is not sent: a console is read by people. */
const maxConsoleBytes = 100 * 1024

/** The last `lines` lines of the console; all that fits when not told how many. */
export async function consoleLog(
  { uuid, lines }: { uuid: string; lines?: number | undefined },
  { driver }: Rooms,
): Promise<{ output: string }> {
  const text = await driver.consoleLog(uuid, maxConsoleBytes)
  return { output: lines === undefined || lines < 0 ? text : lastLines(text, lines) }
}

/** An unfinished last line, such as a prompt, counts as a line. */
export function lastLines(text: string, count: number): string {
  const lines = text.split('\n')
  const finished = lines.at(-1) === ''
  const kept = (finished ? lines.slice(0, -1) : lines).slice(-count || lines.length)
  if (count === 0) return ''
  return kept.join('\n') + (finished ? '\n' : '')
}
