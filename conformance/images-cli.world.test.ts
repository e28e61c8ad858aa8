import { createHash, randomBytes } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cloud, fieldsOf, startCloud } from './kit/cloud.ts'

/** The life of an image as people lead it with the unmodified `openstack` command. */
let cloud: Cloud
let opened: Cloud | undefined
const dir = mkdtempSync(join(tmpdir(), 'kilonova-images-'))
const data = randomBytes(3_000_001)
beforeAll(async () => {
  cloud = opened = await startCloud({ services: 'keystone,glance', flags: [`glance_store.filesystem_store_datadir=${dir}`] })
  writeFileSync(join(cloud.home, 'disk.raw'), data)
})
afterAll(async () => {
  await opened?.close()
  rmSync(dir, { recursive: true })
})

const openstack = async (words: string, as: 'admin' | 'demo' = 'admin'): Promise<string> => {
  const { code, out, err } = await cloud.shell(`. ${cloud.home}/${as}-openrc; export PYTHONWARNINGS=ignore; openstack ${words}`)
  if (code !== 0) throw new Error(`openstack ${words}: ${err}`)
  return out
}
const field = async (words: string, name: string, as?: 'admin' | 'demo') => (await openstack(`${words} -f value -c ${name}`, as)).trim()
const names = async (as: 'admin' | 'demo', more = '') => (await openstack(`image list -f value -c Name ${more}`, as)).split('\n')

test('an image is created from a file, and shown with its size and checksum', async () => {
  const made = fieldsOf(
    await openstack(`image create --disk-format raw --file ${cloud.home}/disk.raw --property os_distro=debian --tag small disk`),
  )
  expect(made).toMatchObject({ name: 'disk', disk_format: 'raw', container_format: 'bare', visibility: 'shared', protected: 'False' })
  const shown = fieldsOf(await openstack('image show disk'))
  expect(shown).toMatchObject({
    id: made['id'],
    status: 'active',
    size: '3000001',
    checksum: createHash('md5').update(data).digest('hex'),
    tags: 'small',
  })
  expect(shown['properties']).toContain("os_distro='debian'")
  expect(shown['properties']).toContain(createHash('sha512').update(data).digest('hex').slice(0, 16))
})

test('it is somebody else’s to see when it is shared with them and they accept', async () => {
  const id = await field('image show disk', 'id')
  const demo = await field('project show demo', 'id')
  await expect(openstack(`image show ${id}`, 'demo')).rejects.toThrow('No Image found for')
  expect(fieldsOf(await openstack(`image add project ${id} ${demo}`))).toMatchObject({ image_id: id, member_id: demo, status: 'pending' })
  expect(await names('demo')).not.toContain('disk')
  await openstack(`image set --accept ${id}`, 'demo')
  expect(await names('demo')).toContain('disk')
  expect(await openstack(`image member list ${id}`)).toMatch(new RegExp(`\\| ${id} \\| ${demo} \\| accepted \\|`))
})

test('what was put in comes out, for its owner and for those it is shared with', async () => {
  for (const as of ['admin', 'demo'] as const) {
    const id = await field('image show disk', 'id', as)
    await openstack(`image save --file ${cloud.home}/${as}.raw ${id}`, as)
    expect(readFileSync(join(cloud.home, `${as}.raw`)).equals(data)).toBe(true)
  }
})

test('its name, protection and properties are set and taken away', async () => {
  await openstack('image set --protected --name renamed --property hw_disk_bus=virtio --min-ram 128 disk')
  await expect(openstack('image delete renamed')).rejects.toThrow('is protected and cannot be deleted')
  expect(fieldsOf(await openstack('image show renamed'))).toMatchObject({ min_ram: '128', protected: 'True' })
  await openstack('image set --unprotected --name disk renamed')
  await openstack('image unset --property hw_disk_bus --tag small disk')
  expect((await openstack('image show disk')).includes('hw_disk_bus')).toBe(false)
})

test('a file that is not what it is said to be is refused by name, and so is one that names files of the host', async () => {
  const made = await cloud.shell(`cd ${cloud.home} && qemu-img create -q -f qcow2 -b /etc/passwd -F raw evil.qcow2 10M`)
  expect(made.code).toBe(0)
  await expect(openstack(`image create --disk-format qcow2 --file ${cloud.home}/evil.qcow2 evil`)).rejects.toThrow(/backing file/i)
  await expect(openstack(`image create --disk-format qcow2 --file ${cloud.home}/disk.raw lie`)).rejects.toThrow(/qcow2/)
})

test('it is deleted, and its data with it', async () => {
  const id = await field('image show disk', 'id')
  expect(readdirSync(dir)).toContain(id)
  await openstack(`image delete ${id}`)
  expect(await names('admin')).not.toContain('disk')
  await expect.poll(() => readdirSync(dir), { timeout: 10_000 }).not.toContain(id)
})
