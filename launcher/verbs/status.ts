import type { Globals } from '../globals.ts'
import { askHealth, findAllRunning, notesOf, remarksOf, type Running } from '../running.ts'

/** One line per service of each process; code 1 when nothing runs, 2 when something is unwell. */
export async function status(globals: Globals): Promise<number> {
  const { host, places, print } = globals
  const all = findAllRunning(host, places)
  if (all.length === 0) {
    print(`No cloud runs here. Start it with: kilonova up${places.hint}`)
    return 1
  }
  let isWell = true
  for (const { running } of all) isWell = (await showProcess(running, globals)) && isWell
  return isWell ? 0 : 2
}

async function showProcess(running: Running, { host, print }: Globals): Promise<boolean> {
  const memory = /^VmRSS:\s+(\d+) kB/m.exec(host.readText(`/proc/${running.pid}/status`) ?? '')?.[1]
  print(
    `Process ${running.pid}${running.daemons ? ` (${running.daemons.join(', ')})` : ''} since ${running.since}, ${memory === undefined ? 'memory unknown' : `${Math.round(Number(memory) / 1024)} MiB`}`,
  )
  const answers = await Promise.all(running.doors.map(async door => ({ door, complaint: await askHealth(door, 3_000) })))
  for (const { door, complaint } of answers)
    print(
      `  ${door.name.padEnd(10)} ${(complaint === undefined ? 'ok' : 'unwell').padEnd(7)} ${door.url}${complaint === undefined ? '' : `  ${complaint}`}`,
    )
  for (const [name, alias] of Object.entries(running.plugins ?? {})) print(`  plug-in ${name} adds ${alias}`)
  for (const line of notesOf(running)) print(`  ${line}`)
  for (const remark of remarksOf(running)) print(`  amiss: ${remark}`)
  return answers.every(({ complaint }) => complaint === undefined)
}
