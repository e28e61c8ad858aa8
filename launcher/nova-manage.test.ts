import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rightsOf } from './globals.ts'
import { manage } from './verbs/manage.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kilonova-nova-manage-'))
})
afterEach(() => rmSync(home, { recursive: true }))

async function run(tool: string, ...words: readonly string[]) {
  const said: string[] = []
  const speak = (line: string) => void said.push(line)
  const globals = { ...rightsOf({ home, set: [] }), print: speak, say: speak }
  return { code: await manage(globals, tool, words), said }
}
const heal = (...more: readonly string[]) => run('nova-manage', 'placement', 'heal_allocations', ...more)

test('a cloud that never started has nothing to heal, and one that is well neither', async () => {
  expect(await heal()).toMatchObject({ code: 1, said: [expect.stringContaining('Nothing is kept here of nova')] })
  await run('nova-manage', 'db', 'sync')
  await run('placement-manage', 'db', 'sync')
  expect(await heal()).toEqual({ code: 0, said: ['0 allocations to heal.'] })
  expect(await heal('--dry-run')).toEqual({ code: 0, said: ['0 allocations to heal.'] })
})

test('aggregates are synced under both names, and the newer one is told', async () => {
  await run('nova-manage', 'db', 'sync')
  await run('placement-manage', 'db', 'sync')
  const done = 'Placement knows the aggregates of every host.'
  expect(await run('nova-manage', 'placement', 'sync_aggregates')).toEqual({ code: 0, said: [done] })
  const old = await run('nova-manage', 'placement', 'update_aggregates')
  expect(old).toEqual({ code: 0, said: ['nova-manage placement update_aggregates is called sync_aggregates now.', done] })
})
