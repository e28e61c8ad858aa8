import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let elsewhere: Server
beforeEach(async () => {
  at = await bench([
    'DEFAULT.enabled_backends=file:file,web:http',
    'DEFAULT.show_multiple_locations=true',
    'DEFAULT.show_image_direct_url=true',
  ])
  elsewhere = createServer((_, response) => response.end('from elsewhere'))
  await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  elsewhere.closeAllConnections()
  elsewhere.close()
  await at.close()
})

const url = (name = '') => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/disk${name}`
const show = async (id: string) => (await at.ask(`GET /v2/images/${id}`)).body
const patch = (id: string, ...operations: object[]) => at.ask(`PATCH /v2/images/${id}`, { patch: operations })
const add = (id: string, location: object) => patch(id, { op: 'add', path: '/locations/-', value: location })

describe('a place that a client names', () => {
  test('makes a queued image active, and its data is read from there', async () => {
    const id = await at.register()
    expect((await show(id)).locations).toEqual([])
    expect((await add(id, { url: url(), metadata: { foo: 'bar' } })).status).toBe(200)
    expect(await show(id)).toMatchObject({
      status: 'active',
      locations: [{ url: url(), metadata: { foo: 'bar', store: 'web' } }],
      direct_url: url(),
    })
    expect((await at.ask(`GET /v2/images/${id}/file`)).body).toBe('from elsewhere')
  })

  test.each(['file:///etc/shadow', 'gopher://x/y', 'http://169.254.169.254/latest', 'nonsense'])('is not %s', async place => {
    const id = await at.register()
    expect((await add(id, { url: place, metadata: {} })).status).toBe(400)
    expect((await show(id)).status).toBe('queued')
  })

  test('brings hashes that agree with what is known', async () => {
    const id = await at.register()
    const hashes = { checksum: '1'.repeat(32), os_hash_algo: 'sha512', os_hash_value: 'deadbeef'.repeat(16) }
    await add(id, { url: url(), metadata: {}, validation_data: hashes })
    expect(await show(id)).toMatchObject(hashes)
    expect((await add(id, { url: url('#2'), metadata: {}, validation_data: hashes })).status).toBe(200)
    expect((await add(id, { url: url('#3'), metadata: {}, validation_data: { ...hashes, checksum: '2'.repeat(32) } })).status).toBe(409)
  })

  test('may be removed while another is left, and only its metadata replaced', async () => {
    const id = await at.register()
    await add(id, { url: url(), metadata: {} })
    await add(id, { url: url('#2'), metadata: {} })
    const replace = (value: object[]) => patch(id, { op: 'replace', path: '/locations', value })
    expect((await replace([{ url: url(), metadata: {} }])).status).toBe(400)
    expect(
      (
        await replace([
          { url: url('#2'), metadata: { a: 1 } },
          { url: url(), metadata: {} },
        ])
      ).body.locations[0].url,
    ).toBe(url('#2'))
    expect((await patch(id, { op: 'remove', path: '/locations/0' })).status).toBe(200)
    expect((await patch(id, { op: 'remove', path: '/locations/0' })).status).toBe(403)
  })
})

test('other services say and ask where data lies', async () => {
  const id = await at.register()
  const places = `/v2/images/${id}/locations`
  expect((await at.ask(`POST ${places}`, { body: { url: url() } })).status).toBe(202)
  expect((await at.ask(`POST ${places}`, { body: { url: url('#2') } })).status).toBe(409)
  expect((await at.ask(`GET ${places}`)).status).toBe(403)
  expect((await at.ask(`GET ${places}`, { as: 'admin.admin' })).body).toEqual([{ url: url(), metadata: { store: 'web' } }])
})

test('nothing is cached, and that is said', async () => {
  expect((await at.ask('GET /v2/cache')).status).toBe(403)
  const { status, body } = await at.ask('GET /v2/cache', { as: 'admin.admin' })
  expect([status, body.message]).toEqual([404, 'Caching via API is not supported at this site.'])
})

test('places are told to those whom policy lets know them', async () => {
  await at.close()
  at = await bench(['DEFAULT.show_multiple_locations=true', 'DEFAULT.show_image_direct_url=true'], {
    rules: { get_image_location: 'role:admin' },
  })
  const id = await at.register()
  await at.upload(id, Buffer.from('x'))
  const place = { url: `file://${at.dir}/images/${id}`, metadata: { store: 'file' } }
  expect((await at.ask(`GET /v2/images/${id}`, { as: 'admin.admin' })).body).toMatchObject({ direct_url: place.url, locations: [place] })
  for (const image of [await show(id), (await at.ask('GET /v2/images')).body.images[0]]) {
    expect(image).toMatchObject({ id, locations: [] })
    expect(image).not.toHaveProperty('direct_url')
  }
})
