import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { readConfig } from './config.ts'
import { integer } from './kinds.ts'
import { liveConfig, stampOf } from './live.ts'
import { options } from './options.ts'
import { readSources } from './sources.ts'

const declared = options({ quota: { cores: integer({ default: 20, min: -1, about: 'processors' }) } })
let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'kilonova-live-'))
})
afterEach(() => rmSync(dir, { recursive: true }))

test('an option holds from the moment it is said, is logged, and a wrong one changes nothing', () => {
  const file = join(dir, 'cloud.conf')
  const wanted = { files: [{ file, optional: true }], dirs: [join(dir, 'conf.d')] }
  const lines: string[] = []
  let now = 0
  const log = { info: (line: string) => void lines.push(line), warn: (line: string) => void lines.push(line) }
  const live = liveConfig({
    read: () => readConfig(declared, readSources(wanted)),
    stamp: () => stampOf(wanted),
    clock: { monotonic: () => now },
    log,
  })
  const first = live()
  expect(first.quota.cores).toBe(20)
  writeFileSync(file, '[quota]\ncores = 40\n')
  expect(live()).toBe(first)
  now = 2_000
  expect(live().quota.cores).toBe(40)
  writeFileSync(file, '[quota]\ncores = manymany\n')
  now = 4_000
  expect(live().quota.cores).toBe(40)
  expect(lines).toEqual([
    expect.stringMatching(/^the configuration changed: .*cores.* is 40, was 20 \(.*cloud\.conf:2\)$/),
    'the configuration was changed, and is wrong: what it was before still holds',
  ])
})
