import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { systemClock } from '@kilonova/platform/clock.ts'
import type { HttpClient } from '@kilonova/platform/http/client.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, expect, test } from 'vitest'
import { firstServer, keyFileOf } from './first-server.ts'
import { placesOf } from './places.ts'

const homes: string[] = []
afterEach(() => {
  for (const home of homes.splice(0)) rmSync(home, { recursive: true })
})

interface Thing extends Record<string, unknown> {
  readonly id: string
}

/** The doors of a cloud with an image, a flavor and two networks: what is posted is kept, and found by its values. */
function newCloud({ status = 'ACTIVE' } = {}) {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-first-'))
  homes.push(home)
  const kept: Record<string, Thing[]> = {
    networks: [
      { id: 'inside', name: 'private' },
      { id: 'outside', name: 'public' },
    ],
    images: [{ id: 'the-image' }],
    flavors: [{ id: '0', name: 'm1.nano' }],
    servers: [],
    ports: [],
    keypairs: [],
  }
  const posts: string[] = []
  const refused = new Set<string>()
  const answerTo = (method: string, path: string, body: unknown): { status: number; body: unknown } => {
    const { pathname, searchParams } = new URL(path, 'http://cloud')
    const [kind = '', id] = pathname.split('/').slice(2)
    const plural = kind.replaceAll('-', '_').replace('os_', '')
    if (refused.has(`${method} ${kind}`)) return { status: 409, body: { NeutronError: { message: 'No more of that.' } } }
    if (method === 'DELETE') {
      kept[plural] = []
      return { status: 202, body: '' }
    }
    if (method === 'POST') return { status: 201, body: keep(plural, body) }
    if (id !== undefined) return { status: 200, body: { server: { status, fault: { message: 'No valid host was found.' } } } }
    const asked = [...searchParams].filter(([name]) => !['status', 'name'].includes(name) || plural === 'networks')
    const found = (kept[plural] ?? []).filter(thing => asked.every(([name, value]) => thing[name] === value))
    return { status: 200, body: { [plural]: plural === 'keypairs' ? found.map(keypair => ({ keypair })) : found } }
  }
  const keep = (plural: string, body: unknown) => {
    const [[key, wish] = ['', {}]] = Object.entries(body as Record<string, object>)
    const made: Thing = { ...wish, id: `${key}-${posts.length}`, floating_ip_address: '172.24.4.11', private_key: 'THE KEY' }
    posts.push(key)
    kept[plural] = [...(kept[plural] ?? []), made]
    if (key === 'server') kept['ports'] = [{ id: 'the-port', device_id: made.id }]
    return { [key]: made }
  }
  const client = (service: string): Pick<HttpClient, 'ask'> => ({
    ask: async ({ method, path, body }) => {
      const isToken = service === 'keystone'
      const answer = isToken ? { status: 201, body: { token: { expires_at: '2999-01-01T00:00:00Z' } } } : answerTo(method, path, body)
      return { ...answer, header: () => (isToken ? 'a-token' : undefined) }
    },
  })
  const said = { notes: [] as (string | undefined)[], remarks: [] as (string | undefined)[], settled: 0 }
  const rooms = {
    clock: systemClock,
    logOf: () => silentLog,
    places: placesOf({ home, isRoot: true }),
    passwords: { admin: 'a', demo: 'd', ofService: () => 's' },
    note: (_: string, says: string | undefined) => void said.notes.push(says),
    remark: (_: string, says: string | undefined) => void said.remarks.push(says),
    client: client as (service: string) => HttpClient,
    settled: () => void said.settled++,
    lookMs: 1,
  }
  const make = async (image: Promise<void> = Promise.resolve()) => {
    const first = firstServer({ ...rooms, image })
    await first.begin()
    return first
  }
  return { make, posts, said, kept, refused, keyFile: keyFileOf(rooms.places) }
}

test('a new cloud has a server that its key opens, and says how to reach it', async () => {
  const { make, posts, said, kept, keyFile } = newCloud()
  await (await make()).done()
  expect(posts).toEqual(['keypair', 'security_group', 'security_group_rule', 'security_group_rule', 'server', 'floatingip'])
  expect(kept['servers']?.[0]).toMatchObject({ imageRef: 'the-image', flavorRef: '0', networks: [{ uuid: 'inside' }] })
  expect(kept['floatingips']?.[0]).toMatchObject({ floating_network_id: 'outside', port_id: 'the-port' })
  expect([readFileSync(keyFile, 'utf8'), statSync(keyFile).mode & 0o777]).toEqual(['THE KEY', 0o600])
  expect(said).toEqual({
    notes: ['is being made', `is there: ssh -i ${keyFile} cirros@172.24.4.11`],
    remarks: [],
    settled: 1,
  })
})

test('one that was interrupted goes on where it was, and makes nothing twice', async () => {
  const { make, posts, said, refused } = newCloud()
  refused.add('POST floatingips')
  await (await make()).done()
  expect([said.remarks, said.settled]).toEqual([
    ['it could not be made: neutron answered 409 to POST /v2.0/floatingips: No more of that.'],
    0,
  ])
  refused.clear()
  await (await make()).done()
  expect(posts.filter(one => one !== 'security_group_rule').sort()).toEqual(['floatingip', 'keypair', 'security_group', 'server'])
  expect(said.settled).toBe(1)
})

test('a key pair whose private half was never written down is made anew', async () => {
  const { make, posts, keyFile } = newCloud()
  await (await make()).done()
  rmSync(keyFile)
  await (await make()).done()
  expect([posts.filter(one => one === 'keypair').length, existsSync(keyFile)]).toEqual([2, true])
})

test('a server that does not come to run is said with its fault', async () => {
  const { make, said } = newCloud({ status: 'ERROR' })
  await (await make()).done()
  expect(said).toMatchObject({
    notes: ['is being made', undefined],
    remarks: ['it could not be made: No valid host was found.'],
    settled: 0,
  })
})

test('a cloud that ends before its image is there asks nothing and complains of nothing', async () => {
  const { make, said, posts } = newCloud()
  const first = await make(new Promise(() => {}))
  await first.stop()
  expect([posts, said.remarks]).toEqual([[], []])
})
