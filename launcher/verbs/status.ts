import type { Globals } from '../globals.ts'
import { askHealth, findRunning, notesOf, remarksOf } from '../running.ts'

/** One line per service; code 1 when nothing runs, 2 when something is unwell. */
export async function status({ host, places, print }: Globals): Promise<number> {
  const running = findRunning(host, places.running)
  if (running === undefined) {
    print(`No cloud runs here. Start it with: kilonova up${places.hint}`)
    return 1
  }
  const memory = /^VmRSS:\s+(\d+) kB/m.exec(host.readText(`/proc/${running.pid}/status`) ?? '')?.[1]
  print(
    `Process ${running.pid} since ${running.since}, ${memory === undefined ? 'memory unknown' : `${Math.round(Number(memory) / 1024)} MiB`}`,
  )
  const answers = await Promise.all(running.doors.map(async door => ({ door, complaint: await askHealth(door, 3_000) })))
  for (const { door, complaint } of answers)
    print(
      `  ${door.name.padEnd(10)} ${(complaint === undefined ? 'ok' : 'unwell').padEnd(7)} ${door.url}${complaint === undefined ? '' : `  ${complaint}`}`,
    )
  for (const [name, alias] of Object.entries(running.plugins ?? {})) print(`  plug-in ${name} adds ${alias}`)
  for (const line of notesOf(running)) print(`  ${line}`)
  for (const remark of remarksOf(running)) print(`  amiss: ${remark}`)
  return answers.every(({ complaint }) => complaint === undefined) ? 0 : 2
}
