import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
beforeEach(async () => {
  at = await bench(['DEFAULT.image_size_cap=20000000'])
})
afterEach(() => at.close())

const files = () => (existsSync(`${at.dir}/images`) ? readdirSync(`${at.dir}/images`) : [])
const show = async (id: string) => (await at.ask(`GET /v2/images/${id}`)).body
const until = async (isSo: () => boolean | Promise<boolean>) => {
  for (let tries = 0; tries < 200 && !(await isSo()); tries++) await new Promise(resolve => setTimeout(resolve, 20))
}

describe('uploading', () => {
  test.each([0, 1, 4096, 1_048_576, 5_000_001])('%i bytes arrive whole, hashed and readable by the group alone', async size => {
    const [id, data] = [await at.register(), randomBytes(size)]
    expect((await at.upload(id, data)).status).toBe(204)
    expect(await show(id)).toMatchObject({
      status: 'active',
      size,
      virtual_size: size,
      checksum: createHash('md5').update(data).digest('hex'),
      os_hash_algo: 'sha512',
      os_hash_value: createHash('sha512').update(data).digest('hex'),
      stores: 'file',
    })
    expect(readFileSync(`${at.dir}/images/${id}`).equals(data)).toBe(true)
    expect(statSync(`${at.dir}/images/${id}`).mode & 0o777).toBe(0o640)
    const { status, bytes, headers } = await at.ask(`GET /v2/images/${id}/file`)
    expect([status, bytes.equals(data), headers.get('content-md5')]).toEqual([200, true, createHash('md5').update(data).digest('hex')])
  })

  test('more than is allowed is refused and leaves nothing', async () => {
    const id = await at.register()
    const { status } = await at.upload(id, Buffer.alloc(20_000_001))
    expect([status, (await show(id)).status, files()]).toEqual([413, 'queued', []])
  })

  test('a disk in the disguise of another is refused by name, and may be sent again', async () => {
    const disk = Buffer.alloc(2_000_000)
    disk.write('QFI\xfb', 'latin1')
    disk.writeUInt32BE(2, 4)
    const id = await at.register()
    const { status, body } = await at.upload(id, disk)
    expect([status, body.message]).toEqual([415, 'Image content is qcow2, but disk_format was declared to be raw.'])
    expect([(await show(id)).status, files()]).toEqual(['queued', []])
    expect((await at.upload(id, Buffer.alloc(10))).status).toBe(204)
  })

  test('twice, or without formats, or as JSON is refused', async () => {
    const id = await at.register()
    await at.upload(id, Buffer.alloc(10))
    expect((await at.upload(id, Buffer.alloc(10))).status).toBe(409)
    const formless = (await at.ask('POST /v2/images', { body: {} })).body.id
    const { status, body } = await at.upload(formless, Buffer.alloc(1))
    expect([status, body.message]).toEqual([400, 'Properties disk_format, container_format must be set prior to saving data.'])
    expect((await at.ask(`PUT /v2/images/${await at.register()}/file`, { body: {} })).status).toBe(415)
  })

  test('a client that goes away leaves nothing behind', async () => {
    const id = await at.register()
    const sending = request(`${at.url}/v2/images/${id}/file`, {
      method: 'PUT',
      headers: { 'x-auth-token': 'demo.member', 'content-type': 'application/octet-stream', 'content-length': '10000000' },
    })
    sending.on('error', () => {})
    sending.write(Buffer.alloc(3_000_000))
    await until(async () => (await show(id)).status === 'saving')
    sending.destroy()
    await until(async () => (await show(id)).status === 'queued')
    expect([(await show(id)).status, files()]).toEqual(['queued', []])
  })

  test('a size that was promised otherwise is refused', async () => {
    const id = await at.register()
    const { status } = await at.ask(`PUT /v2/images/${id}/file`, { bytes: Buffer.alloc(10), headers: { 'x-openstack-image-size': '11' } })
    expect([status, (await show(id)).status]).toEqual([400, 'queued'])
  })
})

describe('downloading', () => {
  test.each([
    ['bytes=0-4', 206, 'hello', 'bytes 0-4/11'],
    ['bytes=6-', 206, 'world', 'bytes 6-10/11'],
    ['bytes=-5', 206, 'world', 'bytes 6-10/11'],
    ['bytes=0-100', 206, 'hello world', 'bytes 0-10/11'],
    ['bytes=11-', 416, undefined, 'bytes */11'],
    ['words=1', 200, 'hello world', null],
  ])('%s: %i', async (range, status, text, contentRange) => {
    const id = await at.register()
    await at.upload(id, Buffer.from('hello world'))
    const answer = await at.ask(`GET /v2/images/${id}/file`, { headers: { range } })
    expect([answer.status, answer.headers.get('content-range')]).toEqual([status, contentRange])
    if (text !== undefined) expect([answer.bytes.toString(), answer.headers.get('content-length')]).toEqual([text, String(text.length)])
  })

  test('of nothing is 204, of a deactivated image only for administrators', async () => {
    const id = await at.register()
    expect((await at.ask(`GET /v2/images/${id}/file`)).status).toBe(204)
    await at.upload(id, Buffer.from('x'))
    expect((await at.ask(`POST /v2/images/${id}/actions/deactivate`)).status).toBe(204)
    expect((await show(id)).status).toBe('deactivated')
    expect((await at.ask(`GET /v2/images/${id}/file`)).status).toBe(403)
    expect((await at.ask(`GET /v2/images/${id}/file`, { as: 'admin.admin' })).status).toBe(200)
    expect((await at.ask(`POST /v2/images/${id}/actions/reactivate`)).status).toBe(204)
    expect((await at.ask(`GET /v2/images/${id}/file`)).status).toBe(200)
  })

  test('a deleted image’s file goes', async () => {
    const id = await at.register()
    await at.upload(id, Buffer.from('x'))
    await at.ask(`DELETE /v2/images/${id}`)
    await until(() => files().length === 0)
    expect(files()).toEqual([])
  })
})

describe('a host that stopped in the middle', () => {
  test('forgets the halves when it starts again', async () => {
    const databaseUrl = `sqlite:///${at.dir}/image.db`
    const first = await bench([], { dir: at.dir, databaseUrl })
    const id = await first.register()
    const sending = request(`${first.url}/v2/images/${id}/file`, {
      method: 'PUT',
      headers: { 'x-auth-token': 'demo.member', 'content-type': 'application/octet-stream', 'content-length': '10000000' },
    })
    sending.on('error', () => {})
    sending.write(Buffer.alloc(3_000_000))
    await until(() => files().length > 0)
    // What a killed process leaves: the row and the half, and nobody who sees to them.
    const second = await bench([], { dir: at.dir, databaseUrl })
    const { body } = await second.ask(`GET /v2/images/${id}`)
    expect([body.status, files()]).toEqual(['queued', []])
    sending.destroy()
    await second.close()
    await first.close()
  })
})
