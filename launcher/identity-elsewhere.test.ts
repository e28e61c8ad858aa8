import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Rooms } from './cloud.ts'
import { identityElsewhere } from './identity-elsewhere.ts'

const user = { id: 'u', name: 'nova', domain: { id: 'default', name: 'Default' } }
const token = {
  methods: ['password'],
  user,
  issued_at: '2026-01-01T00:00:00.000000Z',
  expires_at: '2999-01-01T00:00:00.000000Z',
  audit_ids: ['a'],
}

/** Any Keystone, of which nothing is known but its API. */
let keystone: Server
let asked: string[]
beforeEach(async () => {
  asked = []
  keystone = createServer((request, response) => {
    let body = ''
    request.on('data', part => (body += part))
    request.on('end', () => {
      asked.push(`${request.method} ${request.url?.split('?')[0]} ${body}`)
      if (request.method === 'POST') response.writeHead(201, { 'x-subject-token': 'own', 'content-type': 'application/json' })
      else if (request.url?.startsWith('/v3/changes') || request.headers['x-subject-token'] !== 'theirs') response.writeHead(404)
      else response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ token }))
    })
  })
  await new Promise<void>(done => keystone.listen(0, '127.0.0.1', done))
})
afterEach(() => {
  keystone.closeAllConnections()
  keystone.close()
})

const rooms = (...flags: string[]): Pick<Rooms, 'config' | 'clock' | 'logOf'> => ({
  config: declaration => readConfig(declaration, readSources({ flags })).values,
  clock: systemClock,
  logOf: () => silentLog,
})
const url = () => `http://127.0.0.1:${(keystone.address() as AddressInfo).port}`

test('a process that is told of no keystone elsewhere has none', () => {
  expect(identityElsewhere(rooms(), 'glance')).toBeUndefined()
})

test('an address without a user is refused by name', () => {
  expect(() => identityElsewhere(rooms('keystone_authtoken.auth_url=http://controller:5000'), 'glance')).toThrow(
    'needs username and password',
  )
})

test.each(['', '/', '/v3', '/v3/'])('callers are looked through under the service’s own user, at …%s', async ending => {
  const validator = identityElsewhere(
    rooms(
      `keystone_authtoken.auth_url=${url()}${ending}`,
      'keystone_authtoken.username=glance',
      'keystone_authtoken.password=pw',
      'keystone_authtoken.user_domain_id=d1',
    ),
    'glance',
  )?.tokens
  expect(await validator?.validate('theirs', 'req-1')).toMatchObject({ user: { id: 'u' } })
  await expect(validator?.validate('nonsense', 'req-1')).rejects.toThrow('The token is not valid.')
  validator?.close()
  const signedIn = asked.find(one => one.startsWith('POST /v3/auth/tokens')) ?? ''
  expect(JSON.parse(signedIn.slice(signedIn.indexOf('{'))).auth).toEqual({
    identity: { methods: ['password'], password: { user: { name: 'glance', password: 'pw', domain: { id: 'd1' } } } },
    scope: { project: { name: 'service', domain: { name: 'Default' } } },
  })
})
