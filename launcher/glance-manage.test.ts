import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { rightsOf } from './globals.ts'
import { manage } from './verbs/manage.ts'

let home: string
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'kilonova-glance-manage-'))
})
afterEach(() => rmSync(home, { recursive: true }))

async function run(...words: readonly string[]) {
  const said: string[] = []
  const speak = (line: string) => void said.push(line)
  const globals = { ...rightsOf({ home, set: [] }), print: speak, say: speak }
  return { code: await manage(globals, 'glance-manage', words), said }
}

test('the usual catalogs of metadata are loaded once, and others from a directory', async () => {
  const first = await run('db', 'load_metadefs')
  expect([first.code, first.said.at(-1)]).toEqual([0, '33 catalogs of metadata are loaded.'])
  expect(first.said).toContain('OS::Compute::VirtCPUTopology')
  expect((await run('db_load_metadefs')).said).toEqual(['Nothing to load: all of them are there.'])
  const dir = join(home, 'definitions')
  mkdirSync(dir)
  writeFileSync(join(dir, 'own.json'), JSON.stringify({ namespace: 'Own', properties: { p: { title: 'P', type: 'string' } } }))
  expect((await run('db', 'load_metadefs', dir)).said).toEqual(['Own', '1 catalogs of metadata are loaded.'])
  writeFileSync(join(dir, 'own.json'), 'no catalog')
  await expect(run('db', 'load_metadefs', dir)).rejects.toThrow(`${dir}/own.json is no catalog of metadata`)
})
