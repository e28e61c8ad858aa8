import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench(['paste_deploy.flavor=keystone+cachemanagement', 'DEFAULT.image_cache_max_size=5000'])
})
afterEach(() => at.close())

const admin = 'admin.admin'
const look = async () => (await at.ask('GET /v2/cache', { as: admin })).body
const cachedIds = async () => (await look()).cached_images.map((one: { image_id: string }) => one.image_id)
const until = async (isSo: () => Promise<boolean>) => {
  for (let tries = 0; tries < 300 && !(await isSo()); tries++) await new Promise(resolve => setTimeout(resolve, 10))
}
const cached = async (id: string) => until(async () => (await cachedIds()).includes(id))
const upload = async (bytes: Buffer) => {
  const id = await at.register()
  await at.upload(id, bytes)
  return id
}
const download = async (id: string, headers = {}) => at.ask(`GET /v2/images/${id}/file`, { headers })

describe('the cache', () => {
  test('keeps what is downloaded, and gives it again though the store has lost it', async () => {
    const id = await upload(Buffer.from('a disk'))
    expect((await download(id)).body).toBe('a disk')
    await cached(id)
    expect((await look()).cached_images).toEqual([
      { image_id: id, hits: 0, size: 6, last_accessed: expect.any(Number), last_modified: expect.any(Number) },
    ])
    rmSync(`${at.dir}/images/${id}`)
    expect((await download(id)).body).toBe('a disk')
    expect((await download(id, { range: 'bytes=2-' })).body).toBe('disk')
    expect((await look()).cached_images[0].hits).toBe(2)
  })

  test('is filled beforehand with what is queued', async () => {
    const id = await upload(Buffer.from('a disk'))
    expect((await at.ask(`PUT /v2/cache/${id}`, { as: admin })).status).toBe(202)
    await cached(id)
    expect(await look()).toMatchObject({ cached_images: [{ image_id: id, size: 6 }], queued_images: [] })
    expect(readFileSync(`${at.dir}/image-cache/${id}`, 'utf8')).toBe('a disk')
  })

  test('does not keep what is not whole, not what it should be, or too large', async () => {
    const [spoilt, large] = [await upload(Buffer.from('a disk')), await upload(Buffer.alloc(5001))]
    writeFileSync(`${at.dir}/images/${spoilt}`, 'a dish')
    expect((await download(spoilt)).body).toBe('a dish')
    expect((await download(large)).bytes).toHaveLength(5001)
    expect((await download(await upload(Buffer.from('range')), { range: 'bytes=0-1' })).status).toBe(206)
    await until(async () => readdirSync(`${at.dir}/image-cache`).length === 0)
    expect(await look()).toEqual({ cached_images: [], queued_images: [] })
  })

  test('is not kept from an image by somebody who asked only for its headers, or went away', async () => {
    const id = await upload(Buffer.alloc(4000))
    expect((await at.ask(`HEAD /v2/images/${id}/file`)).status).toBe(200)
    await until(async () => readdirSync(`${at.dir}/image-cache`).length === 0)
    expect((await download(id)).bytes).toHaveLength(4000)
    await cached(id)
    expect(await cachedIds()).toEqual([id])
  })

  test('lets go of what was not read for the longest', async () => {
    const ids: string[] = []
    for (const letter of ['a', 'b']) {
      const id = await upload(Buffer.alloc(2000, letter))
      await download(id)
      await cached(id)
      ids.push(id)
    }
    await download(ids[0] ?? '')
    const third = await upload(Buffer.alloc(2000, 'c'))
    await download(third)
    await cached(third)
    await until(async () => !(await cachedIds()).includes(ids[1] ?? ''))
    expect(await cachedIds()).toEqual([ids[0], third].sort())
  })

  test('forgets a deleted image, and never shows a deactivated one', async () => {
    const [gone, idle] = [await upload(Buffer.from('gone')), await upload(Buffer.from('idle'))]
    for (const id of [gone, idle]) {
      await download(id)
      await cached(id)
    }
    await at.ask(`POST /v2/images/${idle}/actions/deactivate`)
    expect((await download(idle)).status).toBe(403)
    await at.ask(`DELETE /v2/images/${gone}`)
    await until(async () => !existsSync(`${at.dir}/image-cache/${gone}`))
    expect(await cachedIds()).toEqual([idle])
  })

  test('is emptied by target, and image by image', async () => {
    const id = await upload(Buffer.from('a disk'))
    await download(id)
    await cached(id)
    const clear = (target: string) => at.ask('DELETE /v2/cache', { as: admin, headers: { 'x-image-cache-clear-target': target } })
    expect((await clear('invalid')).status).toBe(400)
    expect((await clear('queue')).status).toBe(204)
    expect(await cachedIds()).toEqual([id])
    expect((await at.ask(`DELETE /v2/cache/${id}`, { as: admin })).status).toBe(204)
    expect(await cachedIds()).toEqual([])
    expect((await clear('')).status).toBe(204)
  })
})

test('a name that leads out of the cache reaches nothing', async () => {
  const precious = `${at.dir}/precious`
  writeFileSync(precious, 'kept')
  const way = encodeURIComponent('../precious')
  const ask = async (route: string) => (await at.ask(route, { as: admin })).status
  expect(await ask(`DELETE /v2/cache/${way}`)).toBe(404)
  expect(await ask(`DELETE /v2/cached_images/${way}`)).toBe(200)
  expect(await ask(`DELETE /v2/queued_images/${encodeURIComponent('../../precious')}`)).toBe(200)
  expect(await ask(`PUT /v2/queued_images/${encodeURIComponent('../../planted')}`)).toBe(400)
  expect([readFileSync(precious, 'utf8'), existsSync(`${at.dir}/planted`)]).toEqual(['kept', false])
})

test('the cache answers to its older names, where its flavor says so', async () => {
  const id = await upload(Buffer.from('a disk'))
  const ask = (route: string) => at.ask(route, { as: admin })
  expect((await at.ask('GET /v2/cached_images')).status).toBe(403)
  expect((await ask(`PUT /v2/queued_images/${id}`)).status).toBe(200)
  await cached(id)
  expect((await ask('GET /v2/cached_images')).body.cached_images).toMatchObject([{ image_id: id, size: 6 }])
  expect((await ask('GET /v2/queued_images')).body).toEqual({ queued_images: [] })
  expect((await ask(`DELETE /v2/queued_images/${id}`)).status).toBe(200)
  expect([(await ask('DELETE /v2/queued_images')).body, (await ask('DELETE /v2/cached_images')).body]).toEqual([
    { num_deleted: 0 },
    { num_deleted: 1 },
  ])
  expect((await ask(`DELETE /v2/cached_images/${id}`)).status).toBe(200)
  const plain = await bench(['paste_deploy.flavor=keystone+caching'])
  expect((await plain.ask('GET /v2/cached_images', { as: admin })).status).toBe(404)
  await plain.close()
})

test('the cache is for administrators, and for images that have data', async () => {
  const queued = await at.register()
  expect((await at.ask(`PUT /v2/cache/${queued}`, { as: admin })).status).toBe(400)
  for (const route of ['GET /v2/cache', 'DELETE /v2/cache', `PUT /v2/cache/${queued}`, `DELETE /v2/cache/${queued}`])
    expect((await at.ask(route)).status).toBe(403)
  for (const method of ['PUT', 'DELETE'])
    expect((await at.ask(`${method} /v2/cache/00000000-0000-4000-8000-000000000000`, { as: admin })).status).toBe(404)
})

test('where no cache is kept, administrators hear so', async () => {
  const plain = await bench()
  const { status, body } = await plain.ask('GET /v2/cache', { as: admin })
  expect([status, body.message]).toEqual([404, 'Caching via API is not supported at this site.'])
  await plain.close()
})
