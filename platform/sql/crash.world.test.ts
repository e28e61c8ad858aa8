import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { type Chance, seededChance } from '../chance.ts'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { type Tables, things } from './crash-child.ts'
import { type Database, openDatabase } from './database.ts'
import { type Suite, testOnServers, testOnSqlite } from './testing.ts'

const child = fileURLToPath(new URL('crash-child.ts', import.meta.url))

/** Runs the writer until it has acknowledged `enough` rows, then kills it in the midst of the next; returns what was acknowledged. */
async function writeAndDie(url: string, name: string, enough: number, waitMs: number): Promise<string[]> {
  const writer = spawn(process.execPath, [child, url, name], { stdio: ['ignore', 'pipe', 'inherit'] })
  const gone = new Promise(resolve => writer.once('close', resolve))
  const acknowledged: string[] = []
  for await (const line of createInterface({ input: writer.stdout })) {
    acknowledged.push(line)
    if (acknowledged.length === enough) setTimeout(() => writer.kill('SIGKILL'), waitMs)
  }
  await gone
  return acknowledged
}

/** What was promised is there, the log and the table say the same, and no offset is missing or double. */
async function reconcile(db: Database<Tables>, acknowledged: readonly string[]) {
  const rows = await db.read.selectFrom('thing').select('id').execute()
  const kept = new Set(rows.map(row => row.id))
  const logged: string[] = []
  const head = await db.changes.head()
  for (let since = 0; since < head; since += 1000) {
    for (const change of await db.changes.read(since, { limit: 1000 })) {
      expect(change.offset).toBe(logged.length + 1)
      logged.push(change.id)
    }
  }
  expect(acknowledged.filter(id => !kept.has(id))).toEqual([])
  expect(new Set(logged)).toEqual(kept)
  expect(logged).toHaveLength(rows.length)
  return { kept: rows.length, head }
}

async function killUntil(url: string, chance: Chance, wanted: number, perLife: number) {
  const began = performance.now()
  const acknowledged: string[] = []
  let lives = 0
  while (acknowledged.length < wanted) {
    const enough = 1 + Math.floor(perLife * 2 * chance.fraction())
    acknowledged.push(...(await writeAndDie(url, `life${++lives}`, enough, 10 * chance.fraction())))
  }
  const db = await openDatabase<Tables>({ url, service: 'crash', migrations: [things], clock: systemClock, log: silentLog })
  try {
    const { kept, head } = await reconcile(db, acknowledged)
    const seconds = ((performance.now() - began) / 1000).toFixed(1)
    console.log(`${db.dialect}: ${lives} kills, ${acknowledged.length} acknowledged, ${kept} kept, 0 lost, head ${head}, ${seconds} s`)
  } finally {
    await db.close()
  }
}

const crashSuite =
  (wanted: number, perLife: number): Suite =>
  (_, bench) => {
    test(`after kill -9 at random moments all ${wanted} acknowledged writes are there, and the log agrees`, async () => {
      await killUntil(await bench.url(), seededChance(4711), wanted, perLife)
    })
  }

testOnSqlite('a killed writer', crashSuite(10_000, 600))
testOnServers('a killed writer', crashSuite(400, 80))
