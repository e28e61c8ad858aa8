import { execFile } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Cloud, startCloud } from './kit/cloud.ts'

/** What people send who mean ill, and what machines do in the midst of it. Images are made by QEMU's own tool (package qemu-utils). */
const execute = promisify(execFile)
const services = 'keystone,glance'
const dir = mkdtempSync(join(tmpdir(), 'kilonova-at-risk-'))
const store = join(dir, 'images')
const file = (name: string) => join(dir, name)
let cloud: Cloud
let opened: Cloud | undefined
let token: string
beforeAll(async () => {
  cloud = opened = await startCloud({ services, flags: [`glance_store.filesystem_store_datadir=${store}`] })
  token = (await cloud.shell('openstack token issue -f value -c id')).out.trim()
})
afterAll(async () => {
  await opened?.close()
  rmSync(dir, { recursive: true })
})

interface Heard {
  readonly status: number
  readonly bytes: Buffer
  readonly headers: IncomingMessage['headers']
}

function ask(method: string, path: string, body?: Buffer | object, headers: Record<string, string> = {}): Promise<Heard> {
  const isData = Buffer.isBuffer(body)
  const type = body === undefined ? {} : { 'content-type': isData ? 'application/octet-stream' : 'application/json' }
  return new Promise((resolve, reject) => {
    const words = { accept: 'application/json', 'x-auth-token': token, ...type, ...headers }
    const asking = request({ host: '127.0.0.1', port: cloud.port, path: `/image/v2${path}`, method, headers: words }, answer => {
      const parts: Buffer[] = []
      answer.on('data', part => parts.push(part))
      answer.on('end', () => resolve({ status: answer.statusCode ?? 0, bytes: Buffer.concat(parts), headers: answer.headers }))
    })
    asking.once('error', reject)
    asking.end(body === undefined ? undefined : isData ? body : JSON.stringify(body))
  })
}

const parsed = ({ bytes }: Heard) => JSON.parse(bytes.toString()) as Readonly<Record<string, unknown>>
const register = async (format = 'raw') =>
  String(parsed(await ask('POST', '/images', { name: 'at risk', disk_format: format, container_format: 'bare' }))['id'])
const upload = (id: string, bytes: Buffer, headers = {}) => ask('PUT', `/images/${id}/file`, bytes, headers)
const statusOf = async (id: string) => parsed(await ask('GET', `/images/${id}`))['status']
const kept = () => readdirSync(store)
async function until(holds: () => unknown | Promise<unknown>) {
  for (let tries = 0; tries < 600 && !(await holds()); tries++) await new Promise(resolve => setTimeout(resolve, 50))
}

/** An upload of which the beginning is sent; the rest never comes. */
function beginUpload(id: string) {
  const headers = { 'x-auth-token': token, 'content-type': 'application/octet-stream', 'content-length': '300000000' }
  const sending = request({ host: '127.0.0.1', port: cloud.port, path: `/image/v2/images/${id}/file`, method: 'PUT', headers })
  sending.on('error', () => {})
  sending.write(Buffer.alloc(50_000_000))
  return sending
}

describe('an image that is not what it seems', () => {
  const create = async (name: string, ...words: string[]) => {
    await execute('qemu-img', ['create', '-q', ...words, file(name), '64M'])
    return readFileSync(file(name))
  }
  const bomb = async () => {
    const disk = await create('bomb.qcow2', '-f', 'qcow2')
    disk.writeBigUInt64BE(2n ** 60n, 24)
    return disk
  }
  test.each([
    ['names a backing file', 'qcow2', () => create('back.qcow2', '-f', 'qcow2', '-u', '-b', '/etc/shadow', '-F', 'raw'), 'backing file'],
    ['names a backing file, as raw', 'raw', () => create('b.qcow2', '-f', 'qcow2', '-u', '-b', '/etc/shadow', '-F', 'raw'), 'backing file'],
    ['keeps its data elsewhere', 'qcow2', () => create('ext.qcow2', '-f', 'qcow2', '-o', `data_file=${file('outside')}`), 'another file'],
    ['is a list of files of the host', 'vmdk', () => create('flat.vmdk', '-f', 'vmdk', '-o', 'subformat=monolithicFlat'), 'other files'],
    ['says it is larger than anything', 'qcow2', bomb, 'when unpacked'],
    ['is a qcow2 in the disguise of raw', 'raw', () => create('d.qcow2', '-f', 'qcow2'), 'Image content is qcow2'],
    ['is noise in the disguise of qcow2', 'qcow2', async () => randomBytes(2_000_000), 'declared to be qcow2'],
  ])('and %s is refused by name, leaving nothing', async (_, format, make, says) => {
    const id = await register(format)
    const answer = await upload(id, await make())
    expect([answer.status, parsed(answer)['message']]).toEqual([415, expect.stringContaining(says)])
    expect([await statusOf(id), kept()]).toEqual(['queued', []])
  })

  test('and has another size than was promised is refused', async () => {
    const id = await register()
    const answer = await upload(id, Buffer.alloc(1000), { 'x-openstack-image-size': '1001' })
    expect([answer.status, parsed(answer)['message']]).toEqual([400, expect.stringContaining('1001')])
    expect([await statusOf(id), kept()]).toEqual(['queued', []])
  })

  test('and ends before its Content-Length is told so', async () => {
    const id = await register()
    const socket = connect(cloud.port, '127.0.0.1')
    const head = [`PUT /image/v2/images/${id}/file HTTP/1.1`, 'Host: cloud', `X-Auth-Token: ${token}`, 'Content-Length: 5000']
    socket.end(`${head.join('\r\n')}\r\nContent-Type: application/octet-stream\r\n\r\nfew`)
    let heard = ''
    for await (const part of socket.setEncoding('utf8')) heard += part
    expect(heard).toMatch(/^HTTP\/1\.1 400 [\s\S]*fewer bytes than Content-Length promised/)
    await until(async () => (await statusOf(id)) === 'queued')
    expect([await statusOf(id), kept()]).toEqual(['queued', []])
  })
})

describe('an upload that breaks', () => {
  test('because its client went away leaves nothing', async () => {
    const id = await register()
    const sending = beginUpload(id)
    await until(() => kept().length > 0)
    sending.destroy()
    await until(async () => (await statusOf(id)) === 'queued' && kept().length === 0)
    expect([await statusOf(id), kept()]).toEqual(['queued', []])
  })

  test('because the service was killed is forgotten by the next start, and may be done again', async () => {
    const id = await register()
    const sending = beginUpload(id)
    await until(() => kept().length > 0)
    process.kill(JSON.parse(readFileSync(join(cloud.home, 'running.json'), 'utf8')).pid, 'SIGKILL')
    sending.destroy()
    expect(kept()).toEqual([`${id}.partial`])
    const { code, err } = await cloud.kilonova('up', '--only', services, '--one-port', String(cloud.port), '--no-install')
    expect([code, err]).toEqual([0, expect.any(String)])
    expect([await statusOf(id), kept()]).toEqual(['queued', []])
    expect((await upload(id, Buffer.from('again'))).status).toBe(204)
    expect((await ask('DELETE', `/images/${id}`)).status).toBe(204)
    await until(() => kept().length === 0)
  })
})

test('sixteen uploads at once arrive whole, and parts of them are read', async () => {
  const all = await Promise.all(Array.from({ length: 16 }, async () => ({ id: await register(), data: randomBytes(4_000_000) })))
  expect((await Promise.all(all.map(({ id, data }) => upload(id, data)))).map(({ status }) => status)).toEqual(Array(16).fill(204))
  for (const { id, data } of all) {
    expect(statSync(join(store, id)).mode & 0o777).toBe(0o640)
    const image = parsed(await ask('GET', `/images/${id}`))
    expect(image).toMatchObject({ checksum: createHash('md5').update(data).digest('hex'), size: data.length })
    const part = await ask('GET', `/images/${id}/file`, undefined, { range: 'bytes=1000-1999' })
    expect([part.status, part.bytes.equals(data.subarray(1000, 2000))]).toEqual([206, true])
  }
})
