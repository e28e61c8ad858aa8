import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench } from '../kit.ts'

let at: Bench
const mine = aServer(1, { vmState: 'active', taskState: null, host: 'host1', launchedAt: '2026-01-01T00:00:00.000Z' })
beforeEach(async () => {
  at = await bench()
  await at.insert(mine)
})
afterEach(() => at.close())

const ask = (route: string, more: { as?: string; body?: unknown; number?: string } = {}) => {
  const [method, path] = route.split(' ')
  const { number = '2.96', ...rest } = more
  return at.ask(`${method} /v2.1/servers/${mine.id}${path}`, {
    as: 'member',
    headers: { 'openstack-api-version': `compute ${number}` },
    ...rest,
  })
}
const volumeId = aServer(77).id

test('while there is no block storage, no volume is attached and none can be', async () => {
  expect((await ask('GET /os-volume_attachments')).body).toEqual({ volumeAttachments: [] })
  const body = { volumeAttachment: { volumeId } }
  expect(await ask('POST /os-volume_attachments', { body })).toMatchObject({
    status: 404,
    body: { itemNotFound: { message: `Volume ${volumeId} could not be found.` } },
  })
  expect(
    (await ask('POST /os-volume_attachments', { body: { volumeAttachment: { ...body.volumeAttachment, tag: 'x' } }, number: '2.48' }))
      .status,
  ).toBe(400)
  for (const method of ['GET', 'DELETE']) expect((await ask(`${method} /os-volume_attachments/${volumeId}`)).status).toBe(404)
  expect((await ask(`PUT /os-volume_attachments/${volumeId}`, { body, as: 'admin' })).status).toBe(404)
  expect((await ask(`PUT /os-volume_attachments/${volumeId}`, { body })).status).toBe(403)
  expect((await ask('GET /os-volume_attachments', { as: 'other' })).status).toBe(404)
})

test('while there is no network service, a server has no cable and no group', async () => {
  expect((await ask('GET /os-interface')).body).toEqual({ interfaceAttachments: [] })
  expect((await ask('GET /os-security-groups')).body).toEqual({ security_groups: [] })
  expect((await ask('GET /os-interface/a-port')).status).toBe(404)
  expect((await ask('POST /os-interface', { body: { interfaceAttachment: {} } })).status).toBe(503)
  expect((await ask('POST /os-interface', { body: { interfaceAttachment: {} }, as: 'reader' })).status).toBe(403)
  expect((await at.ask('GET /v2.1/os-networks', { as: 'member' })).status).toBe(503)
  expect((await at.ask('GET /v2.1/os-networks', { as: 'member', headers: { 'openstack-api-version': 'compute 2.36' } })).status).toBe(404)
})

test('no screen is carried to browsers', async () => {
  const console = { remote_console: { protocol: 'vnc', type: 'novnc' } }
  expect((await ask('POST /remote-consoles', { body: console })).body.badRequest.message).toBe('Unavailable console type novnc.')
  expect(
    (await ask('POST /remote-consoles', { body: { remote_console: { protocol: 'mks', type: 'webmks' } }, number: '2.7' })).status,
  ).toBe(400)
  expect((await ask('POST /action', { body: { 'os-getVNCConsole': { type: 'novnc' } }, number: '2.1' })).status).toBe(400)
  expect((await ask('POST /remote-consoles', { body: console, as: 'reader' })).status).toBe(403)
  const token = (as: string) =>
    at.ask('GET /v2.1/os-console-auth-tokens/a-token', { as, headers: { 'openstack-api-version': 'compute 2.31' } })
  expect([(await token('admin')).status, (await token('member')).status]).toEqual([404, 403])
})
