import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { seededChance } from '@kilonova/platform/chance.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { openDoor } from '@kilonova/platform/http/service.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { type Policy, policy } from '@kilonova/platform/policy/policy.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { aServer, type Bench, bench, cause, rulesOf } from '../kit.ts'
import { guestRoutes } from '../routes.ts'
import type { Server } from '../servers/server.ts'
import { versions } from '../versions.ts'
import { spellForGuests } from './api.ts'

const secret = 'oldboy'
const key = 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC root@linux-node1'
// biome-ignore format: a record
const vm1: Server = { ...aServer(10, { host: 'host1', vmState: 'active' }), hostname: 'vm1', keyName: 'mykey', publicKey: key, reservationId: 'r-4bcw1uwt', availabilityZone: 'nova', rootDevice: '/dev/vda', metadata: { role: 'web' },
  userData: Buffer.from('#!/bin/sh\necho hello\n').toString('base64'),
  nics: [{ portId: 'ce1fbb3b-6e3a-4ea2-b8ef-4ff0a8b34c5a', networkId: '33b9ef50-354b-457b-8ea2-8498ec64835b', label: 'flat', macAddress: 'fa:16:3e:11:22:33', addresses: [{ address: '192.168.56.108', version: 4, type: 'fixed' }] }] }

let at: Bench
/** What the operator says now. */
let said: readonly string[]
let door: Awaited<ReturnType<typeof openDoor>>
beforeEach(async () => {
  said = []
  at = await bench({ metadata: { secret, vendor: { motto: 'bright' }, domain: 'novalocal' }, rules: () => rulesOf(...said) })
  await at.insert(vm1)
  door = await openDoor({
    ...{ name: 'nova-metadata', versions, microversions: undefined, endpoints: guestRoutes(at.logics), spell: spellForGuests },
    ...{ policy: policy({ defaults: {} }) as Policy, authenticate: async () => undefined, clock: systemClock, chance: seededChance(2) },
    ...{ log: silentLog, requestIdHeaders: [], trustProxy: false, bodyLimit: 4096, onServed: () => {} },
  })
})
afterEach(async () => {
  await door.close()
  await at.close()
})

const vouched = (id = vm1.id, projectId = vm1.projectId, by = secret) => ({
  ...{ 'x-instance-id': id, 'x-tenant-id': projectId, 'x-forwarded-for': '192.168.56.108' },
  'x-instance-id-signature': createHmac('sha256', by).update(id).digest('hex'),
})
const knock = async (method: 'GET' | 'POST' | 'PUT', url: string, headers: object = vouched(), payload?: string) => {
  const {
    statusCode,
    body,
    headers: answered,
  } = await door.inject({ method, url, headers: { ...headers }, ...(payload === undefined ? {} : { payload }) })
  return { status: statusCode, text: body, type: answered['content-type'] }
}
const get = async (url: string, headers?: object) => (await knock('GET', url, headers)).text

test('EC2’s tree lists what a guest is told, in the order guests know', async () => {
  expect((await get('/2009-04-04/meta-data/')).split('\n')).toEqual([
    ...['ami-id', 'ami-launch-index', 'ami-manifest-path', 'block-device-mapping/', 'hostname', 'instance-action', 'instance-id'],
    ...['instance-type', 'local-hostname', 'local-ipv4', 'placement/', 'public-hostname', 'public-ipv4', 'public-keys/', 'reservation-id'],
    'security-groups',
  ])
  expect(await get('/2009-04-04')).toBe('meta-data/\nuser-data')
  expect((await get('/1.0/meta-data/')).split('\n')).not.toContain('placement/')
  expect((await get('/')).split('\n')).toEqual([
    ...['1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01', '2008-09-01', '2009-04-04', 'latest'],
  ])
})

test('each fact stands at its path', async () => {
  const facts = {
    ...{ 'instance-id': 'i-0000000a', hostname: 'vm1.novalocal', 'local-ipv4': '192.168.56.108', 'public-keys/': '0=mykey' },
    ...{ 'public-keys/0/': 'openssh-key', 'public-keys/0/openssh-key': key, 'placement/availability-zone': 'nova' },
    ...{
      'block-device-mapping/': 'ami\nroot',
      'block-device-mapping/root': '/dev/vda',
      'instance-type': 'm1.tiny',
      'reservation-id': 'r-4bcw1uwt',
    },
  }
  for (const [path, text] of Object.entries(facts)) expect([path, await get(`/latest/meta-data/${path}`)]).toEqual([path, text])
  expect(await get('/2009-04-04/user-data')).toBe('#!/bin/sh\necho hello\n')
  expect((await knock('GET', '/2009-04-04/meta-data/nothing')).status).toBe(404)
  expect((await knock('GET', '/2030-01-01/meta-data')).status).toBe(404)
})

test('OpenStack’s own tree grows from version to version', async () => {
  expect((await get('/openstack')).split('\n')).toEqual([
    ...[
      '2012-08-10',
      '2013-04-04',
      '2013-10-17',
      '2015-10-15',
      '2016-06-30',
      '2016-10-06',
      '2017-02-22',
      '2018-08-27',
      '2020-10-14',
      '2025-04-04',
      'latest',
    ],
  ])
  expect(await get('/openstack/2012-08-10/')).toBe('meta_data.json\nuser_data')
  const all = ['meta_data.json', 'user_data', 'password', 'vendor_data.json', 'network_data.json', 'vendor_data2.json']
  expect((await get('/openstack/latest/')).split('\n')).toEqual(all)
  const { random_seed, ...facts } = JSON.parse(await get('/openstack/latest/meta_data.json'))
  expect(Buffer.from(random_seed, 'base64')).toHaveLength(512)
  expect(facts).toMatchObject({
    ...{ uuid: vm1.id, name: 'vm10', hostname: 'vm1.novalocal', launch_index: 0, availability_zone: 'nova', meta: { role: 'web' } },
    ...{ public_keys: { mykey: key }, keys: [{ name: 'mykey', type: 'ssh', data: key }], project_id: 'p-demo', dedicated_cpus: [] },
  })
  expect(JSON.parse(await get('/openstack/2012-08-10/meta_data.json'))).not.toHaveProperty('project_id')
  expect(JSON.parse(await get('/openstack/latest/vendor_data2.json'))).toEqual({ static: { motto: 'bright' } })
  expect(JSON.parse(await get('/openstack/latest/network_data.json'))).toMatchObject({
    links: [{ id: 'tapce1fbb3b-6e', ethernet_mac_address: 'fa:16:3e:11:22:33', mtu: null }],
    networks: [{ id: 'network0', type: 'ipv4_dhcp', link: 'tapce1fbb3b-6e' }],
  })
  expect((await knock('GET', '/openstack/2012-08-10/network_data.json')).status).toBe(404)
})

test('only a network that knows the secret speaks for a guest, and only for its own project', async () => {
  const path = '/2009-04-04/meta-data/'
  const wrong = await knock('GET', path, vouched(vm1.id, vm1.projectId, 'guessed'))
  expect([wrong.status, wrong.text]).toEqual([403, expect.stringContaining('Invalid proxy request signature.')])
  expect((await knock('GET', path, {})).status).toBe(404)
  expect((await knock('GET', path, { 'x-instance-id': vm1.id })).status).toBe(403)
  expect((await knock('GET', path, vouched(vm1.id, 'p-other'))).status).toBe(404)
  expect((await knock('GET', path, vouched(aServer(99).id))).status).toBe(404)
  const { 'x-tenant-id': _, ...nameless } = vouched()
  expect(await knock('GET', path, nameless)).toMatchObject({
    status: 400,
    text: expect.stringContaining('X-Tenant-ID header is missing from request.'),
  })
})

test('a guest hears of a change at its next question', async () => {
  expect(await get('/latest/meta-data/instance-type')).toBe('m1.tiny')
  await at.put({ ...vm1, flavor: { ...vm1.flavor, name: 'm1.big' } })
  expect(await get('/latest/meta-data/instance-type')).toBe('m1.big')
  await at.put({ ...vm1, isDeleted: true, vmState: 'deleted' })
  expect((await knock('GET', '/latest/meta-data/')).status).toBe(404)
})

test('a guest leaves its password once, and its owner reads and clears it', async () => {
  const path = '/openstack/2013-04-04/password'
  const shown = `/v2.1/servers/${vm1.id}/os-server-password`
  expect(await get(path)).toBe('')
  expect((await knock('POST', path, vouched(), 'x'.repeat(1021))).status).toBe(400)
  expect((await knock('POST', path, vouched(), 'c2VhbGVk')).status).toBe(200)
  expect((await knock('POST', path, vouched(), 'again')).status).toBe(409)
  expect(await get(path)).toBe('c2VhbGVk')
  expect((await at.ask(`GET ${shown}`, { as: 'reader' })).body).toEqual({ password: 'c2VhbGVk' })
  expect((await at.ask(`GET ${shown}`, { as: 'other' })).status).toBe(404)
  expect((await at.ask(`DELETE ${shown}`, { as: 'reader' })).status).toBe(403)
  expect((await at.ask(`DELETE ${shown}`, { as: 'member' })).status).toBe(204)
  expect((await at.ask(`GET ${shown}`, { as: 'member' })).body).toEqual({ password: '' })
  expect((await knock('POST', '/openstack/2012-08-10/password', vouched(), 'early')).status).toBe(404)
})

test('a session’s token is asked for, sent along, and ends', async () => {
  const open = (ttl: string) => knock('PUT', '/latest/api/token', { ...vouched(), 'x-aws-ec2-metadata-token-ttl-seconds': ttl })
  const { status, text } = await open('60')
  expect(status).toBe(200)
  const asking = (token: string) => knock('GET', '/latest/meta-data/hostname', { ...vouched(), 'x-aws-ec2-metadata-token': token })
  expect(await asking(text)).toMatchObject({ status: 200, text: 'vm1.novalocal' })
  expect((await asking(`1${text}`)).status).toBe(401)
  expect((await asking('1.aa')).status).toBe(401)
  expect((await open('0')).status).toBe(400)
  expect((await knock('PUT', '/latest/api/token')).status).toBe(400)
})

test('a drive holds the same as files, with what is told only once', async () => {
  const files = [{ path: '/etc/motd', contents: Buffer.from('hi').toString('base64') }]
  const drive = await at.logics.metadata.drive(vm1, { adminPassword: 'once', files })
  expect(Object.keys(drive)).toEqual(
    expect.arrayContaining(['ec2/latest/meta-data.json', 'openstack/latest/network_data.json', 'openstack/content/0000']),
  )
  expect(Object.keys(drive)).not.toContain('openstack/latest/password')
  expect(JSON.parse(String(drive['openstack/latest/meta_data.json']))).toMatchObject({
    ...{ uuid: vm1.id, admin_pass: 'once', files: [{ path: '/etc/motd', content_path: '/content/0000' }] },
  })
  expect(drive['openstack/latest/user_data']).toEqual({ base64: vm1.userData })
  expect(JSON.parse(String(drive['ec2/latest/meta-data.json']))['public-keys']).toEqual({ 0: { 'openssh-key': key } })
  expect(cause.why).toBe('a test')
})

test('a guest reads what programs of the operator tell of it, beside what all are told', async () => {
  const asked: unknown[] = []
  const program = createServer((request, response) => {
    void textOf(request).then(text => {
      asked.push(JSON.parse(text))
      response.writeHead(200, { 'content-type': 'application/json' }).end('{"role":"db"}')
    })
  })
  await new Promise<void>(resolve => program.listen(0, '127.0.0.1', resolve))
  try {
    const { port } = program.address() as AddressInfo
    const targets = `api.vendordata_dynamic_targets=mine@http://127.0.0.1:${port}/tell`
    said = ['api.vendordata_providers=StaticJSON,DynamicJSON', targets]
    expect(JSON.parse(await get('/openstack/latest/vendor_data2.json'))).toEqual({ static: { motto: 'bright' }, mine: { role: 'db' } })
    expect(asked).toEqual([
      {
        ...{ 'project-id': 'p-demo', 'instance-id': vm1.id, 'image-id': vm1.imageId, 'user-data': vm1.userData, hostname: 'vm1' },
        ...{ metadata: { role: 'web' }, 'boot-roles': '' },
      },
    ])
    expect(JSON.parse(await get('/openstack/latest/vendor_data.json'))).toEqual({ motto: 'bright' })
    expect(asked).toHaveLength(1)
    said = ['api.vendordata_providers=DynamicJSON', targets]
    expect((await knock('GET', '/openstack/latest/vendor_data.json')).status).toBe(404)
    expect(JSON.parse(await get('/openstack/latest/vendor_data2.json'))).toEqual({ mine: { role: 'db' } })
    said = [
      'api.vendordata_providers=DynamicJSON',
      'api.vendordata_dynamic_targets=mine@http://127.0.0.1:1/',
      'api.vendordata_dynamic_failure_fatal=true',
    ]
    expect((await knock('GET', '/openstack/latest/vendor_data2.json')).status).toBe(503)
  } finally {
    program.closeAllConnections()
    await new Promise(resolve => program.close(resolve))
  }
})
