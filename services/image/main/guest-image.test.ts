import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { type Bench, bench } from '../kit.ts'

/** Stands for the maker: a qcow2 of 1 MiB without any data, and a line for every time it was asked. */
const maker = (dir: string, more = '') => `
import { appendFileSync, writeFileSync } from 'node:fs'
appendFileSync(${JSON.stringify(join(dir, 'asked'))}, 'once\\n')
${more}
const head = Buffer.alloc(65536)
head.write('QFI\\xfb', 'latin1')
head.writeUInt32BE(3, 4)
head.writeUInt32BE(16, 20)
head.writeBigUInt64BE(1048576n, 24)
head.writeUInt32BE(4, 96)
head.writeUInt32BE(104, 100)
writeFileSync(process.argv[2] + '/guest.qcow2', head)
`

let dir: string
let at: Bench
let guestProgram: string
const open = () =>
  bench([`glance_store.filesystem_store_datadir=${dir}/images`], { dir, databaseUrl: `sqlite:///${dir}/image.sqlite`, guestProgram })
beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'kilonova-guest-test-'))
  guestProgram = join(dir, 'maker.mjs')
  writeFileSync(guestProgram, maker(dir))
  at = await open()
})
afterEach(async () => {
  await at.close()
  rmSync(dir, { recursive: true })
})

const provide = (signal = new AbortController().signal) => at.image.guestImage.provide('admin', signal)
const again = async () => {
  await at.close()
  at = await open()
}
const list = async () => (await at.ask('GET /v2/images?name=kilonova-guest')).body.images
const timesAsked = () => (existsSync(`${dir}/asked`) ? readFileSync(`${dir}/asked`, 'utf8').trim().split('\n').length : 0)

test('a new cloud has a public image that is ready, and nothing of the making is left', async () => {
  expect(await provide()).toBe('made')
  expect(await list()).toEqual([
    expect.objectContaining({
      ...{ name: 'kilonova-guest', status: 'active', visibility: 'public', owner: 'admin', size: 65_536, virtual_size: 1_048_576 },
      ...{ disk_format: 'qcow2', container_format: 'bare', min_ram: 64, os_distro: 'debian', os_type: 'linux', architecture: 'x86_64' },
    }),
  ])
  expect(existsSync(`${dir}/guest`)).toBe(false)
})

test('it is made once, also over a restart', async () => {
  await provide()
  expect(await provide()).toBe('there')
  await again()
  expect(await provide()).toBe('there')
  expect([timesAsked(), (await list()).length]).toEqual([1, 1])
})

test('what an administrator deleted stays away', async () => {
  await provide()
  const [{ id }] = await list()
  expect((await at.ask(`DELETE /v2/images/${id}`, { as: 'admin.admin' })).status).toBe(204)
  await again()
  expect(await provide()).toBe('deleted')
  expect([timesAsked(), await list()]).toEqual([1, []])
})

test('an image of that name that somebody else made is left alone', async () => {
  const id = await at.register({ name: 'kilonova-guest', visibility: 'public' }, 'admin.admin')
  expect(await provide()).toBe('there')
  expect([timesAsked(), (await list()).map((one: { id: string }) => one.id)]).toEqual([0, [id]])
})

test.each([
  ['before it was registered', false],
  ['before its data came', true],
])('a run that was cut short %s is taken up by the next', async (_, isRegistered) => {
  await provide()
  const [{ id }] = await list()
  await at.ask(`DELETE /v2/images/${id}`, { as: 'admin.admin' })
  writeFileSync(`${dir}/guest-image.json`, JSON.stringify({ imageId: id, isDone: false }))
  const wish = { id, name: 'kilonova-guest', visibility: 'public', disk_format: 'qcow2' }
  if (isRegistered) await at.register(wish, 'admin.admin')
  await again()
  expect(await provide()).toBe('made')
  expect(await list()).toEqual([expect.objectContaining({ id, status: 'active', size: 65_536 })])
})

test('a maker that fails is quoted, and nothing is registered', async () => {
  writeFileSync(guestProgram, maker(dir, `console.error("E: Unable to locate package busybox-static"); process.exit(1)`))
  await expect(provide()).rejects.toThrow('E: Unable to locate package busybox-static')
  expect([await list(), readdirSync(dir).includes('guest')]).toEqual([[], false])
})

test('a cloud that ends does not wait for the maker', async () => {
  writeFileSync(guestProgram, maker(dir, `await new Promise(done => setTimeout(done, 60_000))`))
  const ending = new AbortController()
  const providing = provide(ending.signal)
  ending.abort()
  await expect(providing).rejects.toThrow()
  expect(await list()).toEqual([])
})

test('others of this process find images by a call: each its own, and where the data lies', async () => {
  await provide()
  const [{ id }] = await list()
  expect(await at.image.finder.find(id)).toMatchObject({
    ...{ id, name: 'kilonova-guest', status: 'active', diskFormat: 'qcow2', sizeBytes: 65_536, minRamMb: 64 },
    ...{ hash: { algorithm: 'sha512' }, source: { from: 'file', path: `${dir}/images/${id}` } },
  })
  const own = await at.register()
  const caller = (projectId: string) => ({ userId: 'u', projectId, roles: ['member'] })
  expect(await at.image.finder.find(own, caller('demo'))).toMatchObject({ id: own, status: 'queued', source: undefined })
  expect(await at.image.finder.find(own, caller('other'))).toBeUndefined()
  expect(await at.image.finder.find('../../etc/passwd')).toBeUndefined()
})
