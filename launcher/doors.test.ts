import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openIdentity } from '@kilonova/identity/main.ts'
import { identityOptions } from '@kilonova/identity/options.ts'
import { systemChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, expect, test } from 'vitest'
import { doorWish } from './doors.ts'
import { placesOf } from './places.ts'
import { readSettings } from './settings.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop()
})

/** Identity's door under a configuration. */
async function doorUnder(...flags: readonly string[]) {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-doors-'))
  const { settings } = readSettings(placesOf({ home, isRoot: true }), flags, {})
  const identity = await openIdentity({
    databaseUrl: 'sqlite://',
    settings: readConfig(identityOptions, readSources({})).values,
    keyDir: home,
    clock: systemClock,
    chance: systemChance,
    log: silentLog,
    door: doorWish(settings),
  })
  stops.push(async () => {
    await identity.close()
    rmSync(home, { recursive: true })
  })
  return identity.door
}

const origin = 'https://console.example.org'
const preflight = { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'x-auth-token' }

test('pages of the origins that are named may call, and no others', async () => {
  const door = await doorUnder(`cors.allowed_origin=${origin}`, 'cors.max_age=600')
  const asked = await door.inject({ method: 'OPTIONS', url: '/v3/auth/tokens', headers: preflight })
  expect(asked.statusCode).toBe(204)
  expect(asked.headers).toMatchObject({
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    'access-control-max-age': '600',
  })
  const other = await door.inject({ url: '/v3', headers: { origin: 'https://elsewhere.example.org' } })
  expect(other.headers['access-control-allow-origin']).not.toBe('https://elsewhere.example.org')
})

test('without an origin in the configuration no page of another may call', async () => {
  const door = await doorUnder()
  expect((await door.inject({ url: '/v3', headers: { origin } })).headers['access-control-allow-origin']).toBeUndefined()
})

test('what a proxy says of the address is believed only when told', async () => {
  const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'cloud.example.org' }
  const rootUnder = async (...flags: readonly string[]) =>
    (await (await doorUnder(...flags)).inject({ url: '/v3', headers })).json().version.links[0].href
  expect(await rootUnder('oslo_middleware.enable_proxy_headers_parsing=true')).toBe('https://cloud.example.org/v3/')
  expect(await rootUnder()).toMatch(/^http:\/\/localhost/)
})

test('a body larger than the configuration allows is not read', async () => {
  const door = await doorUnder('oslo_middleware.max_request_body_size=1024')
  const send = (length: number) =>
    door.inject({
      method: 'POST',
      url: '/v3/auth/tokens',
      payload: { auth: { identity: { methods: ['password'] }, more: 'x'.repeat(length) } },
    })
  expect((await send(2_000)).statusCode).toBe(413)
  expect((await send(100)).statusCode).not.toBe(413)
})
