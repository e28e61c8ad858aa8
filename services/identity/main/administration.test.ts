import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemChance } from '@kilonova/platform/chance.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { openDatabase } from '@kilonova/platform/sql/database.ts'
import { expect, test } from 'vitest'
import { emptyDatabaseUrl, pushedClock, second, wholeIdentity } from '../kit.ts'
import { signed } from '../kit/oauth1.ts'
import { migrations } from '../migrations/all.ts'
import { identityOptions } from '../options.ts'
import type { Tables } from '../tables.ts'
import { migrateCredentials, rotateCredentialKeys } from './administration.ts'

test('the keys of credentials are turned over again and again, while the cloud runs, and nothing stored is lost', async () => {
  const keyDir = mkdtempSync(join(tmpdir(), 'kilonova-rotation-'))
  const databaseUrl = emptyDatabaseUrl(`${keyDir}/identity.db`)
  const clock = pushedClock()
  const database = await openDatabase<Tables>({ url: databaseUrl, service: 'identity', migrations, clock, log: silentLog })
  const whole = await wholeIdentity({ database, keyDir, clock })
  const settings = readConfig(identityOptions, readSources({})).values
  const wish = { databaseUrl, keyDir, settings, clock, chance: systemChance, cause: { requestId: 'req-1', why: 'test' } }

  const { user } = await whole.make('POST /v3/users', { user: { name: 'ann' } })
  const { credential } = await whole.make('POST /v3/credentials', { credential: { type: 'cert', user_id: user.id, blob: 'mine' } })
  const { consumer } = await whole.make('POST /v3/OS-OAUTH1/consumers', { consumer: {} })
  await whole.make('PUT /v3/domains/default/config', { config: { ldap: { url: 'ldap://x', password: 'secret' } } })
  const project = (await whole.make('GET /v3/projects?name=admin')).projects[0].id
  const path = '/v3/OS-OAUTH1/request_token'
  const asksForToken = async () => {
    const authorization = signed(path, { consumer }, clock.now(), { oauth_callback: 'oob' })
    return (await whole.ask(`POST ${path}`, { headers: { authorization, 'requested-project-id': project } })).status
  }

  expect(await migrateCredentials(wish)).toBe(0)
  for (let turn = 0; turn < 4; turn++) {
    await rotateCredentialKeys(wish)
    clock.push(2 * second)
    expect((await whole.make(`GET /v3/credentials/${credential.id}`)).credential.blob).toBe('mine')
    expect(await asksForToken()).toBe(201)
  }
  expect(await migrateCredentials(wish)).toBeGreaterThan(2)
  expect(await migrateCredentials(wish)).toBe(0)
  const [sealed] = await database.read.selectFrom('domain_config').select('value').where('is_sensitive', '=', 1).execute()
  expect([sealed?.value, readFileSync(join(keyDir, 'credential-keys', '0'), 'utf8')]).toEqual([
    expect.stringMatching(/^gAAAAA/),
    expect.any(String),
  ])
  await whole.close()
  rmSync(keyDir, { recursive: true })
})
