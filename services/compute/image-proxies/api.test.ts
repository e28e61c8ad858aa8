import type { BrowsedImage, BrowseWish, ImageBrowser } from '@kilonova/image/contract/browse.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let wishes: BrowseWish[]
const kept = new Map<string, BrowsedImage>()
/** An image service of one project. */
const browser: ImageBrowser = {
  async list(wish, caller) {
    wishes.push(wish)
    return caller.projectId === 'p-demo' ? [...kept.values()].slice(0, wish.limit) : []
  },
  get: async (id, caller) => (caller.projectId === 'p-demo' ? kept.get(id) : undefined),
  async describe(id, properties) {
    const image = { ...anImage(1), ...kept.get(id), properties }
    kept.set(id, image)
    return image
  },
  delete: async id => void kept.delete(id),
}
const anImage = (n: number): BrowsedImage => ({
  ...{ id: `image-${n}`, name: `disk ${n}`, status: 'active', minDiskGb: 1, minRamMb: 64, sizeBytes: 512 },
  ...{
    createdAt: '2026-01-01T00:00:00.123Z',
    updatedAt: '2026-01-02T00:00:00.000Z',
    properties: { instance_uuid: 'a-server', auto_disk_config: 'True' },
  },
})
beforeEach(async () => {
  wishes = []
  kept.clear()
  for (const n of [1, 2]) kept.set(`image-${n}`, anImage(n))
  at = await bench({ browser })
})
afterEach(() => at.close())

const ask = (route: string, { as = 'member', number = '2.1', body = undefined as unknown } = {}) => {
  const [method, path] = route.split(' ')
  return at.ask(`${method} /v2.1/images${path}`, { as, body, headers: { 'openstack-api-version': `compute ${number}` } })
}

test('an image is shown as it was when it was still asked for here', async () => {
  const { image } = (await ask('GET /image-1')).body
  expect(image).toMatchObject({
    ...{
      id: 'image-1',
      status: 'ACTIVE',
      progress: 100,
      minRam: 64,
      minDisk: 1,
      created: '2026-01-01T00:00:00Z',
      'OS-EXT-IMG-SIZE:size': 512,
    },
    ...{ server: { id: 'a-server' }, 'OS-DCF:diskConfig': 'AUTO', metadata: { auto_disk_config: 'True' } },
  })
  expect((await ask('GET /image-1', { as: 'other' })).status).toBe(404)
  expect((await ask('GET /image-1', { number: '2.36' })).status).toBe(404)
})

test('lists are narrowed, and come in pages', async () => {
  const { body } = await ask(
    'GET ?limit=1&status=ACTIVE&server=http://cloud/servers/a-server&minRam=32&property-os=x&changes-since=2026-01-01T00:00:00Z',
  )
  expect(body.images.map(({ id }: { id: string }) => id)).toEqual(['image-1'])
  expect(body.images_links[0].href).toContain('marker=image-1')
  expect(wishes).toEqual([
    {
      ...{ name: undefined, status: 'active', minRamMb: 32, minDiskGb: undefined, limit: 2, marker: undefined },
      ...{ changedSince: '2026-01-01T00:00:00.000Z', properties: { instance_uuid: 'a-server', os: 'x' } },
    },
  ])
  expect((await ask('GET /detail')).body.images).toHaveLength(2)
})

test('what is noted on an image is changed until 2.38', async () => {
  expect((await ask('POST /image-1/metadata', { number: '2.38', body: { metadata: { a: '1' } } })).body.metadata).toMatchObject({
    a: '1',
    instance_uuid: 'a-server',
  })
  expect((await ask('PUT /image-1/metadata', { body: { metadata: { b: '2' } } })).body).toEqual({ metadata: { b: '2' } })
  expect((await ask('PUT /image-1/metadata/b', { body: { meta: { b: '3' } } })).body).toEqual({ meta: { b: '3' } })
  expect((await ask('PUT /image-1/metadata/b', { body: { meta: { c: '3' } } })).status).toBe(400)
  expect((await ask('GET /image-1/metadata/b')).body).toEqual({ meta: { b: '3' } })
  expect([(await ask('DELETE /image-1/metadata/b')).status, (await ask('DELETE /image-1/metadata/b')).status]).toEqual([204, 404])
  expect((await ask('GET /image-1/metadata', { number: '2.39' })).status).toBe(404)
})

test('readers only look', async () => {
  expect((await ask('GET /image-1', { as: 'reader' })).status).toBe(200)
  expect((await ask('DELETE /image-1', { as: 'reader' })).status).toBe(403)
  expect([(await ask('DELETE /image-1')).status, (await ask('DELETE /image-1')).status]).toEqual([204, 404])
})
