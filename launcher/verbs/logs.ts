import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { humanLine } from '@kilonova/platform/log/human.ts'
import type { Globals } from '../globals.ts'

/** The last lines of one daemon's log, or of all in the order of time; with `--follow` also those that come. */
export async function logs(
  globals: Globals,
  daemon: string | undefined,
  wish: { follow?: boolean; lines: string; json?: boolean },
): Promise<number> {
  const { host, places, say, clock } = globals
  const names = host
    .list(places.logs)
    .filter(name => name.endsWith('.log'))
    .map(name => name.slice(0, -4))
  const wanted = daemon === undefined ? names : names.filter(name => name === daemon || name === daemon.replace(/^openstack-/, ''))
  if (wanted.length === 0) {
    say(
      daemon === undefined
        ? `There are no logs in ${places.logs} yet.`
        : `There is no log of ${daemon} in ${places.logs}. There are: ${names.join(', ') || 'none yet'}.`,
    )
    return 1
  }
  const files = wanted.map(name => join(places.logs, `${name}.log`))
  const show = (line: string) => process.stdout.write(wish.json ? `${line}\n` : readable(line, process.stdout.isTTY === true))
  const count = Number.parseInt(wish.lines, 10) || 50
  const last = files.flatMap(file => lastLines(file, count)).sort((a, b) => timeOf(a).localeCompare(timeOf(b)))
  for (const line of last.slice(-count)) show(line)
  if (!wish.follow) return 0
  const seen = new Map(files.map(file => [file, statSync(file).size]))
  for (;;) {
    await clock.sleep(250)
    for (const name of daemon === undefined
      ? readdirSync(places.logs).filter(one => one.endsWith('.log'))
      : wanted.map(one => `${one}.log`))
      await showNew(join(places.logs, name), seen, show)
  }
}

async function showNew(file: string, seen: Map<string, number>, show: (line: string) => void) {
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0
  const before = seen.get(file) ?? 0
  // A file that is shorter than it was has been renamed, and this is its successor.
  const start = size < before ? 0 : before
  if (size === start) return
  let text = ''
  for await (const chunk of createReadStream(file, { start, end: size - 1, encoding: 'utf8' })) text += chunk
  const whole = text.slice(0, text.lastIndexOf('\n') + 1)
  seen.set(file, start + Buffer.byteLength(whole))
  for (const line of whole.split('\n')) if (line !== '') show(line)
}

const lastLines = (file: string, count: number) =>
  readFileSync(file, 'utf8')
    .split('\n')
    .filter(line => line !== '')
    .slice(-count)

const timeOf = (line: string) => /"time":"([^"]+)"/.exec(line)?.[1] ?? ''

function readable(line: string, colour: boolean): string {
  try {
    return humanLine(line, colour)
  } catch {
    return `${line}\n`
  }
}
