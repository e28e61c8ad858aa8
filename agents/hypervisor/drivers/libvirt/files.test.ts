import { mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Guest, GuestImage } from '../../contract/guest.ts'
import { aGuest } from '../../guests/kit.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { tailOf } from './console-log.ts'
import { domainsOver } from './domains.ts'
import { hostFiles } from './files.ts'
import { usualOptions } from './libvirt-options.ts'
import { readQcow2 } from './overlay.ts'
import type { Run } from './run.ts'

const gb = 1024 ** 3
const base = '7312bbe40cc8bc765d86d2dbd58d0a57a83ee215'

const neverConnected = () => Promise.reject(new Error('no libvirt is asked about files'))

/** What `ls` shows. */
const listed = async (folder: string) => (await readdir(folder)).filter(name => !name.startsWith('.')).sort()

/** Stands in for qemu-img: writes what it is asked to write, and keeps what it was asked. */
async function aRoot({ info = '{}', fails }: { info?: string; fails?: string } = {}) {
  const root = await mkdtemp(join(tmpdir(), 'kilonova-disks-'))
  onTestFinished(() => rm(root, { recursive: true }))
  const asked: string[] = []
  const run: Run = async (program, args) => {
    const [verb = ''] = args
    asked.push(verb)
    if (verb === fails) throw new Error(`${verb} failed`)
    if (verb === 'info') return info
    if (verb !== 'resize' && verb !== 'rebase') await writeFile((program === 'genisoimage' ? args[2] : args.at(-1)) ?? '', verb)
    return ''
  }
  const options = { ...usualOptions, instancesDir: root }
  const disks = hostFiles({
    options,
    domains: domainsOver(neverConnected),
    run,
    clock: systemClock,
    log: silentLog,
    hostIp: '127.0.0.1',
    host: 'node1',
  })
  onTestFinished(() => disks.close())
  return { root, asked, disks }
}

test('a guest gets the files that operators look for', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  expect(await disks.ensureDisks(aGuest(1))).toBe('made')
  await disks.settleDisks(uuid)
  expect(await listed(join(root, uuid))).toEqual(['disk', 'disk.info'])
  expect(await readFile(join(root, uuid, 'disk.info'), 'utf8')).toBe(`{"${root}/${uuid}/disk": "qcow2"}`)
  expect(await readdir(join(root, '_base'))).toEqual([base])
})

test('guests of one image share one conversion, made at the same time or later', async () => {
  const { asked, disks } = await aRoot()
  await Promise.all([disks.ensureDisks(aGuest(1)), disks.ensureDisks(aGuest(2))])
  await disks.ensureDisks(aGuest(3))
  expect(asked.filter(verb => verb === 'convert')).toHaveLength(1)
})

test('a conversion that fails leaves no directory and no half base', async () => {
  const { root, disks } = await aRoot({ fails: 'convert' })
  await expect(disks.ensureDisks(aGuest(1))).rejects.toThrow('convert failed')
  expect(await readdir(root)).toEqual(['_base'])
  expect(await readdir(join(root, '_base'))).toEqual([])
})

test('an image larger than the disk of its flavor is refused, and leaves no directory', async () => {
  const { root, disks } = await aRoot()
  await disks.cacheImage(imageOf(aGuest(1)))
  await truncate(join(root, '_base', base), 3 * gb)
  await expect(disks.ensureDisks(aGuest(1))).rejects.toThrow(
    "Flavor's disk is too small for requested image. Flavor disk is 1073741824 bytes, image is 3221225472 bytes.",
  )
  expect(await readdir(root)).toEqual(['_base'])
})

test('empty disks are made beside the root, each kind formatted once on the host', async () => {
  const { root, asked, disks } = await aRoot()
  const more = { ephemerals: [{ sizeGb: 2 }, { sizeGb: 1, format: 'vfat' as const }], swapMb: 64 }
  await disks.ensureDisks(aGuest(1, more))
  await disks.ensureDisks(aGuest(2, more))
  const { uuid } = aGuest(2)
  await disks.settleDisks(uuid)
  expect(await listed(join(root, uuid))).toEqual(['disk', 'disk.eph0', 'disk.eph1', 'disk.info', 'disk.swap'])
  expect((await readdir(join(root, '_base'))).sort()).toEqual([base, 'ephemeral_1_vfat_1', 'ephemeral_2_ext4', 'swap_64'])
  expect(asked.filter(verb => verb === '-q' || verb === '-n')).toHaveLength(3)
  expect(await readQcow2(join(root, uuid, 'disk.eph0'))).toEqual({
    virtualSizeBytes: 2 * gb,
    backing: join(root, '_base/ephemeral_2_ext4'),
  })
  expect(JSON.parse(await readFile(join(root, uuid, 'disk.info'), 'utf8'))).toEqual(
    Object.fromEntries(['disk', 'disk.eph0', 'disk.eph1', 'disk.swap'].map(name => [join(root, uuid, name), 'qcow2'])),
  )
})

test('the kernel of an image without a boot loader lies beside its disk', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  const image = (id: string) => ({ ...imageOf(aGuest(1)), id, format: 'raw' as const })
  await disks.ensureDisks(aGuest(1, { kernel: { image: image('kernel'), ramdisk: image('ramdisk') } }))
  await disks.settleDisks(uuid)
  expect(await listed(join(root, uuid))).toEqual(['disk', 'disk.info', 'kernel', 'ramdisk'])
  expect(await readFile(join(root, uuid, 'disk.info'), 'utf8')).toBe(`{"${root}/${uuid}/disk": "qcow2"}`)
})

describe('a resize', () => {
  test('copies what is kept and grows it; putting it back gives the directory as it was', async () => {
    const { root, asked, disks } = await aRoot()
    const { uuid } = aGuest(1)
    await disks.ensureDisks(aGuest(1))
    await disks.keepDisks(uuid, 1)
    await disks.keepDisks(uuid, 1)
    expect((await readdir(root)).sort()).toEqual(['_base', `${uuid}_resize`])
    expect(await disks.copyKept(aGuest(1, { diskGb: 2 }), undefined)).toBe('made')
    expect(asked).toContain('resize')
    expect((await readdir(root)).sort()).toEqual(['_base', uuid, `${uuid}_resize`])
    await disks.restoreKept(uuid, 1)
    await disks.restoreKept(uuid, 1)
    expect((await readdir(root)).sort()).toEqual(['_base', uuid])
    expect(await readQcow2(join(root, uuid, 'disk'))).toMatchObject({ virtualSizeBytes: gb })
    expect(await disks.dropKept(uuid, 1)).toBe(false)
  })

  test('to a smaller disk is refused, and what is kept stays', async () => {
    const { root, disks } = await aRoot()
    const { uuid } = aGuest(1)
    await disks.ensureDisks(aGuest(1, { diskGb: 2 }))
    await disks.keepDisks(uuid, 1)
    await expect(disks.copyKept(aGuest(1), undefined)).rejects.toMatchObject({ kind: 'conflict', message: 'Unable to resize disk down.' })
    expect((await readdir(root)).sort()).toEqual(['_base', `${uuid}_resize`])
  })

  test('to another host fetches the disk with the word of the offer, and nobody fetches it without', async () => {
    const [from, to] = [await aRoot(), await aRoot()]
    const { uuid } = aGuest(1)
    await from.disks.ensureDisks(aGuest(1))
    await from.disks.keepDisks(uuid, 1)
    const offer = await from.disks.offerKept(uuid)
    expect(offer.disks).toEqual([{ name: 'disk', format: 'qcow2', sizeBytes: 4 * 65_536 }])
    expect((await fetch(`${offer.url}/disk`)).status).toBe(404)
    expect((await fetch(`${offer.url}/libvirt.xml`, { headers: { ...offer.headers } })).status).toBe(404)
    expect(await to.disks.copyKept(aGuest(1), offer)).toBe('made')
    expect(await readQcow2(join(to.root, uuid, 'disk'))).toMatchObject({ virtualSizeBytes: gb })
    await from.disks.dropKept(uuid, 1)
    await expect(fetch(`${offer.url}/disk`, { headers: { ...offer.headers } })).rejects.toThrow()
  })
})

test('what a killed start left is known for what it is, and half a base goes', async () => {
  const { root, disks } = await aRoot()
  await disks.ensureDisks(aGuest(1))
  await disks.ensureDisks(aGuest(2))
  await disks.settleDisks(aGuest(2).uuid)
  await writeFile(join(root, '_base', 'something.part-node1-999999999-1'), '')
  expect(await disks.listHalves()).toEqual([aGuest(1).uuid])
  await disks.removeLeftovers()
  expect(await readdir(join(root, '_base'))).toEqual([base])
  expect(JSON.parse(await readFile(join(root, 'compute_nodes'), 'utf8'))).toEqual({ node1: expect.any(Number) })
})

test('a base goes when no disk needs it and nobody asked for it for long', async () => {
  const { root, disks } = await aRoot()
  const other = { ...imageOf(aGuest(1)), id: 'ffffffff-0000-4000-8000-000000000345' }
  await disks.ensureDisks(aGuest(1))
  await disks.settleDisks(aGuest(1).uuid)
  await disks.cacheImage(other)
  const bases = await readdir(join(root, '_base'))
  await disks.removeLeftovers()
  expect(await readdir(join(root, '_base'))).toEqual(bases)
  for (const name of bases) await utimes(join(root, '_base', name), 1, 1)
  await disks.removeLeftovers()
  expect(await readdir(join(root, '_base'))).toEqual([base])
})

test('what is said of the disks stays true through a rescue and a resize', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  const said = async () =>
    Object.keys(JSON.parse(await readFile(join(root, uuid, 'disk.info'), 'utf8')))
      .map(path => basename(path))
      .sort()
  await disks.ensureDisks(aGuest(1))
  await disks.ensureDisks({ ...aGuest(1), rescueImage: imageOf(aGuest(1)) })
  expect(await said()).toEqual(['disk', 'disk.rescue'])
  await disks.removeRescue(uuid)
  expect(await said()).toEqual(['disk'])
  await disks.keepDisks(uuid, 1)
  await disks.copyKept(aGuest(1), undefined)
  await disks.ensureDisks(aGuest(1))
  expect(await said()).toEqual(['disk'])
})

test('a drive that was written stays through a resize, though nobody says its text again', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  await disks.ensureDisks(aGuest(1, { configDrive: { 'openstack/latest/meta_data.json': '{}' } }))
  await disks.keepDisks(uuid, 1)
  await disks.copyKept(aGuest(1, { diskGb: 2 }), undefined)
  expect(await readdir(join(root, uuid))).toContain('disk.config')
})

test('a rebuilt guest has a new disk, and an image that cannot be had leaves it the old one', async () => {
  const { root, disks } = await aRoot()
  const { uuid } = aGuest(1)
  await disks.ensureDisks(aGuest(1))
  const before = await stat(join(root, uuid, 'disk'))
  const other = { ...imageOf(aGuest(1)), id: 'ffffffff-0000-4000-8000-000000000345' }
  await disks.renewDisks(aGuest(1, { image: other }))
  expect((await stat(join(root, uuid, 'disk'))).ino).not.toBe(before.ino)
  const away = { ...other, id: 'eeeeeeee-0000-4000-8000-000000000345', source: { from: 'http', url: 'http://127.0.0.1:9/' } as const }
  await expect(disks.renewDisks(aGuest(1, { image: away }))).rejects.toMatchObject({ kind: 'unavailable' })
  expect(await listed(join(root, uuid))).toContain('disk')
})

test('an image whose file is not on this host is fetched from elsewhere, with what opens it', async () => {
  const asked: unknown[] = []
  const server = createServer((request, response) => {
    asked.push(`${request.url} ${request.headers['x-auth-token']}`)
    response.end('an image')
  })
  await new Promise<void>(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2/images/a/file`
  const { root, disks } = await aRoot()
  const elsewhere = { url, headers: { 'x-auth-token': 'theirs' } }
  const image = { ...imageOf(aGuest(1)), source: { from: 'file', path: '/nowhere/a', elsewhere } as const }
  await disks.ensureDisks(aGuest(1, { image }))
  expect(asked).toEqual(['/v2/images/a/file theirs'])
  expect(await readdir(join(root, aGuest(1).uuid))).toContain('disk')
  // Where the file is there, nobody is asked.
  await writeFile(join(root, 'near'), 'an image')
  const near = { ...image, id: 'dddddddd-0000-4000-8000-000000000345', source: { ...image.source, path: join(root, 'near') } }
  await disks.ensureDisks(aGuest(2, { image: near }))
  expect(asked).toHaveLength(1)
  await new Promise(done => server.close(done))
})

test('an image that names a file of the host is refused', async () => {
  const { disks } = await aRoot({ info: '{"backing-filename": "/etc/shadow"}' })
  await expect(disks.ensureDisks(aGuest(1))).rejects.toMatchObject({ kind: 'invalid' })
})

test('no id leads out of the instances folder', async () => {
  const { disks } = await aRoot()
  await expect(async () => disks.removeDisks('../../etc')).rejects.toMatchObject({ kind: 'invalid' })
})

test('the console is the end of what was written, across the file that was moved aside', async () => {
  const { root } = await aRoot()
  const path = join(root, 'console.log')
  expect(await tailOf(path, 10)).toBe('')
  await writeFile(`${path}.0`, 'older words ')
  await writeFile(path, 'newer')
  expect(await tailOf(path, 11)).toBe('words newer')
  expect(await tailOf(path, 3)).toBe('wer')
})

function imageOf({ image }: Guest): GuestImage {
  if (!image) throw new Error('the example guest has an image')
  return image
}
