import { readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import type { Globals } from '../globals.ts'
import { isOurs } from '../home.ts'
import { takeHostPartsAway } from '../host-parts.ts'
import { findAllRunning } from '../running.ts'
import { belongingsOf, endGuests, removeImageFiles } from '../take-away.ts'

/**
 * Throws the databases, secrets and logs away, with guests that still run, images, and what is wired on the host; the configuration stays. Nothing
 * happens while the cloud runs, without a clear yes, or when its guests cannot be ended: nobody would know of them any more.
 */
export async function reset(globals: Globals, wish: { readonly yes?: boolean }): Promise<number> {
  const { host, places, print, say } = globals
  if (findAllRunning(host, places).length > 0) {
    say(`The cloud runs. End it first: kilonova down${places.hint}`)
    return 1
  }
  const ours = [places.home, places.logs].filter(isOurs)
  if (ours.length === 0) {
    print('There is nothing to throw away.')
    return 0
  }
  const { servers, imageFiles } = await belongingsOf(globals).catch((error: unknown) => {
    say(`Its databases cannot be read, so guests and images outside of ${places.home} stay: ${String(error)}`)
    return { servers: [], imageFiles: [] }
  })
  if (!wish.yes && !(await agreed(question(globals, servers.length)))) {
    say('Nothing was thrown away.')
    return 1
  }
  const why = await endGuests(globals, servers)
  if (why !== undefined) {
    say(`${countOf(servers.length)} cannot be ended, so nothing was thrown away: ${why}`)
    return 1
  }
  await removeImageFiles(imageFiles)
  for (const complaint of await takeHostPartsAway(globals)) say(`A part of the host's network stays: ${complaint}`)
  for (const dir of ours) empty(dir, dir === places.home ? ['etc', 'log'] : [])
  print(`${places.home} and ${places.logs} are empty. The configuration, ${places.configFile}, stays.`)
  return 0
}

const countOf = (servers: number) => (servers === 1 ? '1 server' : `${servers} servers`)

const question = ({ places: { home, logs } }: Globals, servers: number) =>
  `Throw away ${servers === 0 ? '' : `${countOf(servers)} with all disks, `}all databases, passwords and images in ${home}, and the logs in ${logs}? Write yes: `

async function agreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) return false
  const lines = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await lines.question(question)
  lines.close()
  return answer.trim() === 'yes'
}

function empty(dir: string, except: readonly string[]) {
  const names = (() => {
    try {
      return readdirSync(dir)
    } catch {
      return []
    }
  })()
  for (const name of names) if (!except.includes(name)) rmSync(join(dir, name), { recursive: true, force: true })
}
