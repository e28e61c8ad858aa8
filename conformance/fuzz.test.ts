import { mkdtempSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { identityOptions, openIdentity } from '@kilonova/identity/main.ts'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import type { TokenValidator } from '@kilonova/identity/contract/authenticate.ts'
import { imageOptions, openImage } from '@kilonova/image/main.ts'
import { networkOptions, openNetwork } from '@kilonova/network/main.ts'
import { listen } from '@kilonova/platform/http/listener.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { startCloud, theImage } from '@kilonova/stories/kit/cloud.ts'
import { afterEach, describe, expect, test } from 'vitest'
import { curlOf, fuzz } from './fuzz/run.ts'
import { someNetworks } from './fuzz/some-networks.ts'

let closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.toReversed()) await close()
  closers = []
})

async function portFor(answer: RequestListener): Promise<string> {
  const mounts = [{ name: 'fuzzed', host: '127.0.0.1', port: 0, prefix: '', answer }]
  const listening = await listen({ mounts, health: async () => [], metrics: async () => '' })
  closers.push(() => listening.close(0))
  return `http://127.0.0.1:${listening.portOf('fuzzed')}`
}

/** More of them, and others: for whoever has the time. */
const requests = Number(process.env['KILONOVA_FUZZ'] ?? 2_000)
const seed = Number(process.env['KILONOVA_SEED'] ?? 1)

const password = 'a throw-away password'

/** A directory that goes with the test. */
function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'kilonova-fuzz-'))
  closers.push(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** Tells of errors that are nobody's but the service's own. */
const logInto = (defects: unknown[]) => ({
  ...silentLog,
  error: (_: string, fields?: { error?: unknown }) => defects.push(fields?.error),
})

async function startIdentity(defects: unknown[]) {
  const identity = await openIdentity({
    databaseUrl: 'sqlite://',
    settings: readConfig(identityOptions, readSources({ flags: ['identity.password_hash_rounds=4'] })).values,
    keyDir: newDirectory(),
    beginning: { region: 'RegionOne', adminPassword: password, demoPassword: password, serviceUsers: [], catalog: [] },
    clock: systemClock,
    chance: seededChance(1),
    log: logInto(defects),
  })
  closers.push(() => identity.close())
  return { identity, url: await portFor(identity.answer) }
}

async function startImage(tokens: TokenValidator, defects: unknown[]): Promise<string> {
  const homeDir = newDirectory()
  const image = await openImage({
    databaseUrl: 'sqlite://',
    tokens,
    settings: readConfig(imageOptions, readSources({ flags: [`glance_store.filesystem_store_datadir=${homeDir}/images`] })).values,
    homeDir,
    host: 'host1',
    clock: systemClock,
    chance: seededChance(1),
    log: logInto(defects),
  })
  closers.push(() => image.close())
  return portFor(image.answer)
}

async function startNetwork(tokens: TokenValidator, defects: unknown[]): Promise<string> {
  const flags = ['ml2.tenant_network_types=vxlan', 'ml2_type_vxlan.vni_ranges=1:60000', 'ml2_type_vlan.network_vlan_ranges=physnet1:1:4000']
  const network = await openNetwork({
    databaseUrl: 'sqlite://',
    tokens,
    settings: readConfig(networkOptions, readSources({ flags })).values,
    clock: systemClock,
    chance: seededChance(1),
    log: logInto(defects),
  })
  closers.push(() => network.close())
  return portFor(network.answer)
}

async function signIn(url: string): Promise<string> {
  const domain = { id: 'default' }
  const auth = {
    identity: { methods: ['password'], password: { user: { name: 'admin', domain, password } } },
    scope: { project: { name: 'admin', domain } },
  }
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v3/auth/tokens`, { method: 'POST', headers, body: JSON.stringify({ auth }) })
  expect(answer.status).toBe(201)
  return answer.headers.get('x-subject-token') ?? ''
}

/** What a run found, a line each. */
async function findings(url: string, token: string, more: Partial<Parameters<typeof fuzz>[0]> = {}): Promise<readonly string[]> {
  const { failures, reached, operations } = await fuzz({ url, token, requests, seed, ...more })
  expect(reached).toBeGreaterThan(operations / 4)
  return failures.map(({ number, complaint, shot, text }) => `${number}: ${complaint}: ${curlOf(url, shot)} ${text}`)
}

describe('wrong requests by the thousand find no defect', { timeout: 120_000 + requests * 20 }, () => {
  test('in identity', async () => {
    const defects: unknown[] = []
    const { url } = await startIdentity(defects)
    expect(await findings(url, await signIn(url))).toEqual([])
    expect(defects).toEqual([])
  })

  test('in image', async () => {
    const defects: unknown[] = []
    const { identity, url: identityUrl } = await startIdentity(defects)
    const url = await startImage(identity.tokens, defects)
    const token = await signIn(identityUrl)
    const headers = { 'x-auth-token': token, 'content-type': 'application/json' }
    const wish = { name: 'fuzzed', disk_format: 'raw', container_format: 'bare' }
    const made = await fetch(`${url}/v2/images`, { method: 'POST', headers, body: JSON.stringify(wish) })
    expect(await findings(url, token, { made: [{ image: await made.json() }] })).toEqual([])
    expect(defects).toEqual([])
  })

  test('in network', async () => {
    const defects: unknown[] = []
    const { identity, url: identityUrl } = await startIdentity(defects)
    const url = await startNetwork(identity.tokens, defects)
    const token = await signIn(identityUrl)
    expect(await findings(url, token, { made: await someNetworks(url, token) })).toEqual([])
    expect(defects).toEqual([])
  })

  test('in compute', async () => {
    const cloud = await startCloud()
    closers.push(() => cloud.close())
    const url = await portFor(cloud.compute.answer)
    // A cloud without networks says so of everything about cables.
    const admin = cloud.as('admin')
    const wish = { name: 'fuzzed', imageRef: theImage, flavorRef: '1', networks: 'none' }
    const made = await Promise.all(
      [1, 2, 3].map(() => admin.post('/v2.1/servers', { server: wish }, { 'openstack-api-version': 'compute 2.96' })),
    )
    expect(await findings(url, await admin.token(), { made: made.map(({ body }) => body), allowed: [503] })).toEqual([])
  })
})
