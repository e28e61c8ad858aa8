import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { systemClock } from '../clock.ts'
import { silentLog } from '../log/log.ts'
import { type Tables, things } from './crash-child.ts'
import { openDatabase } from './database.ts'
import { testOnSqlite } from './testing.ts'

testOnSqlite('several processes', (_, bench) => {
  test('write to one file in turns, and none is refused', async () => {
    const url = await bench.url()
    const child = fileURLToPath(new URL('crash-child.ts', import.meta.url))
    const writers = ['a', 'b', 'c'].map(name => spawn(process.execPath, [child, url, name], { stdio: ['ignore', 'pipe', 'inherit'] }))
    const counts = await Promise.all(
      writers.map(async writer => {
        let count = 0
        for await (const _line of createInterface({ input: writer.stdout })) if (++count === 200) writer.kill('SIGKILL')
        return count
      }),
    )
    const db = await openDatabase<Tables>({ url, service: 'test', migrations: [things], clock: systemClock, log: silentLog })
    const rows = await db.read.selectFrom('thing').select('id').execute()
    expect(Math.min(...counts)).toBeGreaterThanOrEqual(200)
    expect(rows.length).toBeGreaterThanOrEqual(counts.reduce((sum, count) => sum + count, 0))
    expect(await db.changes.head()).toBe(rows.length)
    await db.close()
  })
})
