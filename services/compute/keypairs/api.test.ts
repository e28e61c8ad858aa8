import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let ask: Bench['ask']
beforeEach(async () => {
  at = await bench()
  ask = at.ask
})
afterEach(() => at.close())

const version = (number: string) => ({ 'openstack-api-version': `compute ${number}` })
const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGJQ8wBkLzkyPaNjkWYfJpcm0vMTJGvl5dTXLyGfpxDC me@here'
const create = (keypair: object, number = '2.1', as = 'member') =>
  ask('POST /v2.1/os-keypairs', { as, body: { keypair }, headers: version(number) })

test('a key pair that is imported is shown with its fingerprint, and without a private half', async () => {
  const { status, body } = await create({ name: 'mine', public_key: publicKey })
  expect(status).toBe(200)
  expect(body.keypair).toEqual({
    name: 'mine',
    public_key: publicKey,
    fingerprint: expect.stringMatching(/^([0-9a-f]{2}:){15}/),
    user_id: 'u-m',
  })
  expect((await ask('GET /v2.1/os-keypairs', { as: 'member' })).body).toEqual({
    keypairs: [{ keypair: { name: 'mine', public_key: publicKey, fingerprint: body.keypair.fingerprint } }],
  })
})

test('one is made where none is sent, until 2.92, and its private half is shown once', async () => {
  const { status, body } = await create({ name: 'made', type: 'ssh' }, '2.2')
  expect([status, body.keypair.type]).toEqual([201, 'ssh'])
  expect(body.keypair.private_key).toMatch(/^-----BEGIN RSA PRIVATE KEY-----\n/)
  const shown = (await ask('GET /v2.1/os-keypairs/made', { as: 'member' })).body.keypair
  expect(shown).toMatchObject({ id: 1, deleted: false, user_id: 'u-m' })
  expect(shown).not.toHaveProperty('private_key')
  expect((await create({ name: 'more' }, '2.92')).status).toBe(400)
})

test('a certificate is made where one is asked for, and imported like a key', async () => {
  const { status, body } = await create({ name: 'made', type: 'x509' }, '2.2')
  expect([status, body.keypair.type]).toEqual([201, 'x509'])
  expect(body.keypair.public_key).toMatch(/^-----BEGIN CERTIFICATE-----/)
  expect(body.keypair.private_key).toMatch(/^-----BEGIN PRIVATE KEY-----/)
  const again = await create({ name: 'imported', type: 'x509', public_key: body.keypair.public_key }, '2.2')
  expect(again.body.keypair.fingerprint).toBe(body.keypair.fingerprint)
  expect((await create({ name: 'bad', type: 'x509', public_key: publicKey }, '2.2')).status).toBe(400)
})

test('a name is given once per user, and may hold a dot from 2.92 on', async () => {
  await create({ name: 'mine', public_key: publicKey })
  expect(await create({ name: 'mine', public_key: publicKey })).toMatchObject({
    status: 409,
    body: { conflictingRequest: { message: "Key pair 'mine' already exists." } },
  })
  expect((await create({ name: 'a.b', public_key: publicKey }, '2.91')).status).toBe(400)
  expect((await create({ name: 'a.b', public_key: publicKey }, '2.92')).status).toBe(201)
  expect((await create({ name: 'bad', public_key: 'no key' })).status).toBe(400)
})

test('an operator may see to the key pairs of others from 2.10 on; nobody else may', async () => {
  expect((await create({ name: 'yours', public_key: publicKey, user_id: 'u-m' }, '2.10', 'admin')).status).toBe(201)
  expect((await create({ name: 'yours', public_key: publicKey, user_id: 'u-m' }, '2.10', 'other')).status).toBe(403)
  expect((await ask('GET /v2.1/os-keypairs/yours', { as: 'other' })).status).toBe(404)
  expect((await ask('GET /v2.1/os-keypairs/yours?user_id=u-m', { as: 'other', headers: version('2.10') })).status).toBe(403)
  expect((await ask('DELETE /v2.1/os-keypairs/yours', { as: 'member', headers: version('2.2') })).status).toBe(204)
  expect((await ask('DELETE /v2.1/os-keypairs/yours', { as: 'member' })).status).toBe(404)
})

test('they are listed in pages from 2.35 on', async () => {
  for (const name of ['a', 'b', 'c']) await create({ name, public_key: publicKey })
  const page = async (query: string) => {
    const { body } = await ask(`GET /v2.1/os-keypairs${query}`, { as: 'member', headers: version('2.35') })
    return [body.keypairs.map((one: { keypair: { name: string } }) => one.keypair.name), body.keypairs_links !== undefined]
  }
  expect(await page('?limit=2')).toEqual([['a', 'b'], true])
  expect(await page('?limit=2&marker=b')).toEqual([['c'], false])
})
