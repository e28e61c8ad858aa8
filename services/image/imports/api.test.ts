import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

let at: Bench
let elsewhere: Server
beforeEach(async () => {
  at = await bench()
  elsewhere = createServer((request, response) => {
    if (request.url === '/disk') response.end('a disk')
    else if (request.url === '/qcow2') response.end(Buffer.from('QFI\xfb in disguise', 'latin1'))
    else if (request.url === '/away') response.writeHead(302, { location: '/disk' }).end()
    else if (request.url === '/inside') response.writeHead(302, { location: 'http://169.254.169.254/latest' }).end()
    else if (request.url === '/half') response.writeHead(200, { 'content-length': '100' }).write('half', () => response.destroy())
    else response.writeHead(404).end()
  })
  await new Promise<void>(resolve => elsewhere.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  elsewhere.closeAllConnections()
  elsewhere.close()
  await at.close()
})

const from = (path: string) => `http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}${path}`
const show = async (id: string) => (await at.ask(`GET /v2/images/${id}`)).body
const begin = (id: string, body: object, as?: string) => at.ask(`POST /v2/images/${id}/import`, { as, body })
const ended = async (id: string) => {
  for (let tries = 0; tries < 300; tries++) {
    const { body } = await at.ask(`GET /v2/images/${id}/tasks`)
    if (body.tasks.length > 0 && body.tasks.every((task: { status: string }) => ['success', 'failure'].includes(task.status)))
      return body.tasks[0]
    await new Promise(resolve => setTimeout(resolve, 20))
  }
  throw new Error('the import does not end')
}

describe('what was staged', () => {
  test('is imported, and its task says by whom and how', async () => {
    const id = await at.register()
    expect((await at.ask(`PUT /v2/images/${id}/stage`, { bytes: Buffer.from('staged') })).status).toBe(204)
    expect(await show(id)).toMatchObject({ status: 'uploading', size: 6 })
    const { status, headers } = await begin(id, { method: { name: 'glance-direct' } })
    expect(status).toBe(202)
    expect(await ended(id)).toMatchObject({
      status: 'success',
      type: 'api_image_import',
      request_id: headers.get('x-openstack-request-id'),
      input: { image_id: id, import_req: { method: { name: 'glance-direct' } }, backend: ['file'] },
    })
    expect(await show(id)).toMatchObject({
      status: 'active',
      size: 6,
      stores: 'file',
      os_glance_importing_to_stores: '',
      os_glance_failed_import: '',
    })
    expect((await at.ask(`GET /v2/images/${id}/file`)).body).toBe('staged')
    expect(readdirSync(`${at.dir}/staging`)).toEqual([])
  })

  test('and lies about what it is, is refused as it comes', async () => {
    const id = await at.register({ disk_format: 'vmdk' })
    const { status, body } = await at.ask(`PUT /v2/images/${id}/stage`, { bytes: Buffer.from('QFI\xfb and more', 'latin1') })
    expect([status, body.message]).toEqual([415, expect.stringContaining('qcow2')])
    expect([(await show(id)).status, readdirSync(`${at.dir}/staging`)]).toEqual(['queued', []])
  })
})

describe('a download', () => {
  test.each(['/disk', '/away'])('from %s arrives', async path => {
    const id = await at.register()
    await begin(id, { method: { name: 'web-download', uri: from(path) } })
    expect(await ended(id)).toMatchObject({ status: 'success' })
    expect((await at.ask(`GET /v2/images/${id}/file`)).body).toBe('a disk')
  })

  test.each(['/none', '/half', '/inside', '/qcow2'])('from %s fails, and the image waits again', async path => {
    const id = await at.register()
    await begin(id, { method: { name: 'web-download', uri: from(path) } })
    expect((await ended(id)).status).toBe('failure')
    expect(await show(id)).toMatchObject({ status: 'queued', os_glance_failed_import: 'file', size: null })
    expect(readdirSync(at.dir, { recursive: true }).filter(name => String(name).includes(id))).toEqual([])
  })

  test.each(['file:///etc/shadow', 'http://127.0.0.1:22/', 'http://169.254.169.254/latest', 'http://user@host/', 'nonsense'])(
    'from %s is refused at once',
    async uri => {
      const id = await at.register()
      expect((await begin(id, { method: { name: 'web-download', uri } })).status).toBe(400)
      expect((await show(id)).status).toBe('queued')
    },
  )
})

test.each([
  ['without a method', {}, 400],
  ['by an unknown method', { method: { name: 'magic' } }, 400],
  ['of what was not staged', { method: { name: 'glance-direct' } }, 409],
  ['of what has no data to copy', { method: { name: 'copy-image' } }, 409],
  ['into a store that is not there', { method: { name: 'web-download', uri: 'http://127.0.0.1:9999/x' }, stores: ['moon'] }, 409],
])('an import %s is refused', async (_, body, status) => {
  expect((await begin(await at.register(), body)).status).toBe(status)
})

test('a project without room hears so from the import’s task, and the image waits again', async () => {
  await at.close()
  at = await bench(['quota.image_size_total=1', 'quota.image_stage_total=3', 'quota.image_count_uploading=1'])
  const large = await at.register()
  await at.ask(`PUT /v2/images/${large}/stage`, { bytes: Buffer.alloc(2 * 2 ** 20) })
  const other = await at.register()
  await begin(other, { method: { name: 'web-download', uri: from('/disk') } })
  expect(await ended(other)).toMatchObject({
    status: 'failure',
    message: expect.stringContaining('image_count_uploading is over limit of 1 due to current usage 2 and delta 0'),
  })
  await begin(large, { method: { name: 'glance-direct' } })
  expect(await ended(large)).toMatchObject({
    status: 'failure',
    message: expect.stringContaining('image_size_total is over limit of 1 due to current usage 0 and delta 2'),
  })
  for (const id of [other, large]) expect((await show(id)).status).toBe('queued')
  expect(readdirSync(`${at.dir}/staging`)).toEqual([])
})

test('an image is copied to further stores, and leaves them one by one', async () => {
  await at.close()
  const fast = mkdtempSync(join(tmpdir(), 'kilonova-image-fast-'))
  onTestFinished(() => rmSync(fast, { recursive: true }))
  at = await bench(['DEFAULT.enabled_backends=file:file,fast:file', `glance_store.filesystem_store_datadirs=fast:${fast}`])
  const id = await at.register()
  await at.upload(id, Buffer.from('everywhere'))
  expect((await begin(id, { method: { name: 'copy-image' }, all_stores: true })).status).toBe(403)
  expect((await begin(id, { method: { name: 'copy-image' }, all_stores: true }, 'admin.admin')).status).toBe(202)
  expect((await ended(id)).status).toBe('success')
  expect((await show(id)).stores).toBe('fast,file')
  expect((await begin(id, { method: { name: 'copy-image' }, all_stores: true }, 'admin.admin')).status).toBe(202)
  expect((await at.ask(`GET /v2/images/${id}/tasks`)).body.tasks).toHaveLength(1)
  expect(await show(id)).toMatchObject({ os_glance_importing_to_stores: '', os_glance_failed_import: '' })
  expect((await at.ask('GET /v2/info/stores')).body.stores).toEqual([{ id: 'file', default: 'true' }, { id: 'fast' }])
  expect((await at.ask('GET /v2/info/stores/detail')).status).toBe(403)
  expect((await at.ask(`DELETE /v2/stores/file/${id}`, { as: 'admin.admin' })).status).toBe(204)
  expect((await at.ask(`DELETE /v2/stores/fast/${id}`, { as: 'admin.admin' })).status).toBe(403)
  expect((await at.ask(`GET /v2/images/${id}/file`)).body).toBe('everywhere')
})

describe('from another region', () => {
  const imageId = '36d4b546-64a2-4bb9-bdd0-ba676aa48f2c'
  const method = (more: object) => ({ method: { name: 'glance-download', glance_region: 'far', glance_image_id: imageId, ...more } })
  beforeEach(async () => {
    await at.close()
    at = await bench(['DEFAULT.enabled_import_methods=glance-direct,glance-download'], {
      facts: { findEndpoint: async ({ region }) => (region === 'far' ? `${at.url}/v2` : undefined), limitsOf: async () => new Map() },
    })
  })

  test('an image comes with its formats and the properties that mean something everywhere', async () => {
    const source = await at.register({ hw_cpu_cores: '5', os_distro: 'rhel', speed: '88mph' })
    await at.upload(source, Buffer.from('far away'))
    const id = await at.register({ disk_format: 'iso', container_format: 'ovf', os_distro: 'windows', own: 'kept' })
    expect((await begin(id, method({ glance_image_id: source }))).status).toBe(202)
    expect(await ended(id)).toMatchObject({ status: 'success' })
    const image = await show(id)
    expect(image).toMatchObject({ disk_format: 'raw', container_format: 'bare', hw_cpu_cores: '5', os_distro: 'rhel', own: 'kept' })
    expect(image).not.toHaveProperty('speed')
    expect((await at.ask(`GET /v2/images/${id}/file`)).body).toBe('far away')
  })

  test.each([
    ['where there is no such region', { glance_region: 'nowhere' }, 'public glance endpoint not found for region nowhere'],
    ['where there is no such image', {}, 'answered 404'],
  ])('%s it fails, and the image is as it was', async (_, more, says) => {
    const id = await at.register({ os_distro: 'windows' })
    await begin(id, method(more))
    const { status, message } = await ended(id)
    expect([status, message]).toEqual(['failure', expect.stringContaining(says)])
    expect(await show(id)).toMatchObject({ status: 'queued', os_distro: 'windows', disk_format: 'raw' })
  })

  test('an image without data fails, and gives back what was taken over', async () => {
    const source = await at.register({ hw_cpu_cores: '5' })
    await at.upload(source, Buffer.from('x'))
    const id = await at.register({ disk_format: 'iso' })
    for (const name of readdirSync(`${at.dir}/images`)) rmSync(`${at.dir}/images/${name}`)
    await begin(id, method({ glance_image_id: source }))
    expect((await ended(id)).status).toBe('failure')
    expect(await show(id)).toMatchObject({ status: 'queued', disk_format: 'iso' })
    expect(await show(id)).not.toHaveProperty('hw_cpu_cores')
  })

  test.each([{ glance_region: undefined }, { glance_image_id: undefined }, { glance_image_id: 'foo' }])(
    '%j is refused at once',
    async more => {
      expect((await begin(await at.register(), method(more))).status).toBe(400)
    },
  )
})

describe('a task of the older kind', () => {
  const ask = (body: unknown, as = 'admin.admin') => at.ask('POST /v2/tasks', { as, body })
  const ends = async (id: string) => {
    for (let tries = 0; tries < 300; tries++) {
      const { body } = await at.ask(`GET /v2/tasks/${id}`, { as: 'admin.admin' })
      if (['success', 'failure'].includes(body.status)) return body
      await new Promise(resolve => setTimeout(resolve, 20))
    }
  }
  const input = (more: object = {}) => ({
    import_from: from('/disk'),
    import_from_format: 'raw',
    image_properties: { name: 'disk', disk_format: 'raw', container_format: 'bare', os_distro: 'debian' },
    ...more,
  })

  test('makes an image and brings its data', async () => {
    const { status, body, headers } = await ask({ type: 'import', input: input() })
    expect([status, headers.get('location')]).toEqual([201, `/v2/tasks/${body.id}`])
    expect(body).toMatchObject({ type: 'import', status: 'pending', owner: 'admin' })
    const { status: end, result } = await ends(body.id)
    expect(end).toBe('success')
    const image = (await at.ask(`GET /v2/images/${result.image_id}`, { as: 'admin.admin' })).body
    expect(image).toMatchObject({ name: 'disk', status: 'active', size: 6, os_distro: 'debian', owner: 'admin' })
  })

  test('leaves no image when it fails', async () => {
    for (const more of [{ import_from: from('/none') }, { import_from: from('/qcow2') }, { image_properties: undefined }]) {
      const { body } = await ask({ type: 'import', input: input(more) })
      expect((await ends(body.id)).status).toBe('failure')
    }
    expect((await at.ask('GET /v2/images', { as: 'admin.admin' })).body.images).toEqual([])
  })

  test.each([
    [{ input: {} }, "Task 'type' is required"],
    [{ type: 'import' }, "Task 'input' is required"],
    [{ type: 'export', input: {} }, "'export' is not one of"],
    [{ type: 'import', input: {} }, 'Invalid location: None'],
    [{ type: 'import', input: { import_from: 'file:///etc/passwd' } }, 'File based imports are not allowed.'],
    [{ type: 'import', input: { import_from: 'ftp://x/y' } }, 'The given uri is not valid.'],
    [{ type: 'import', input: { import_from: 'http://127.0.0.1:22/' } }, 'does not pass filtering'],
    [{ type: 'import', input: { import_from: 'http://h/', import_from_format: '', image_properties: { disk_format: 'x' } } }, 'not one of'],
  ])('%j is refused', async (body, says) => {
    const { status, body: answer } = await ask(body)
    expect([status, answer.message]).toEqual([400, expect.stringContaining(says)])
  })

  test('is for administrators', async () => {
    expect((await ask({ type: 'import', input: input() }, 'demo.member')).status).toBe(403)
  })
})

test('tasks are for administrators', async () => {
  const id = await at.register()
  await begin(id, { method: { name: 'web-download', uri: from('/disk') } })
  const task = await ended(id)
  expect((await at.ask('GET /v2/tasks')).status).toBe(403)
  const { body } = await at.ask('GET /v2/tasks?status=success', { as: 'admin.admin' })
  expect(body.tasks).toEqual([expect.objectContaining({ id: task.id, self: `/v2/tasks/${task.id}`, schema: '/v2/schemas/task' })])
  expect((await at.ask(`GET /v2/tasks/${task.id}`, { as: 'admin.admin' })).body.message).toBe('Copied 0 MiB')
  expect((await at.ask(`DELETE /v2/tasks/${task.id}`, { as: 'admin.admin' })).status).toBe(405)
})
