import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identityOptions, openIdentity } from '@kilonova/identity/main.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { listen } from '@kilonova/platform/http/listener.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { curlOf, fuzz } from './fuzz/run.ts'

const password = 'a throw-away password'
let url: string
const defects: unknown[] = []
const closers: (() => unknown)[] = []
beforeAll(async () => {
  const keyDir = mkdtempSync(join(tmpdir(), 'kilonova-fuzz-'))
  closers.push(() => rmSync(keyDir, { recursive: true, force: true }))
  const identity = await openIdentity({
    databaseUrl: 'sqlite://',
    settings: readConfig(identityOptions, readSources({ flags: ['identity.password_hash_rounds=4'] })).values,
    keyDir,
    beginning: { region: 'RegionOne', adminPassword: password, demoPassword: password, serviceUsers: [], catalog: [] },
    clock: systemClock,
    chance: seededChance(1),
    log: { ...silentLog, error: (_: string, fields?: { error?: unknown }) => defects.push(fields?.error) },
  })
  closers.push(() => identity.close())
  const mounts = [{ name: 'keystone', host: '127.0.0.1', port: 0, prefix: '', answer: identity.answer }]
  const listening = await listen({ mounts, health: async () => [], metrics: async () => '' })
  closers.push(() => listening.close(0))
  url = `http://127.0.0.1:${listening.portOf('keystone')}`
})
afterAll(async () => {
  for (const close of closers.toReversed()) await close()
})

const signIn = async () => {
  const domain = { id: 'default' }
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
    scope: { project: { name: 'admin', domain } },
  }
  const answer = await fetch(`${url}/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  })
  expect(answer.status).toBe(201)
  return answer.headers.get('x-subject-token') ?? ''
}

test('two thousand wrong requests find no defect in identity', { timeout: 120_000 }, async () => {
  const report = await fuzz({ url, token: await signIn(), requests: 2000, seed: 1 })
  expect(report.failures.map(({ complaint, shot, text }) => `${complaint}: ${curlOf(url, shot)} ${text}`)).toEqual([])
  expect(defects).toEqual([])
  expect(report.reached).toBeGreaterThan(report.operations / 4)
})
