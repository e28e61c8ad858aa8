import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cloud, run, startCloud } from './kit/cloud.ts'

/**
 * The whole life of a server, by the openstack command, with a real guest: on and off, asleep and awake, larger and back, rescued, shelved, copied,
 * made anew. Each step is looked at on the host as well, and at the end nothing of it is there.
 */
const services = 'keystone,glance,placement,nova'
const instancesDir = `/var/lib/nova/kilonova-servers-${process.pid}`
const settingMs = 240_000
/** How long a guest may take to shut itself down: `shutdown_timeout`. */
const pullsThePlugMs = 60_000

let cloud: Cloud
let opened: Cloud | undefined
let id: string
let domain: string
let imageId: string

beforeAll(async () => {
  cloud = opened = await startCloud({ services, flags: ['guest_image=true', `instances_path=${instancesDir}`] })
  countApart()
  await until('the image is there', async () => (await openstack('image list -f value -c Name -c Status')) === 'kilonova-guest active')
  imageId = await openstack('image show kilonova-guest -f value -c id')
}, settingMs)
afterAll(async () => {
  if (opened) await cloud.shell('openstack server delete --force --wait $(openstack server list -f value -c ID)')
  await opened?.close()
  rmSync(instancesDir, { recursive: true, force: true })
}, settingMs)

/** Another cloud may use the same libvirt, where names are shared. */
function countApart(): void {
  const database = new DatabaseSync(join(cloud.home, 'nova.db'))
  database.exec(`update instance_counter set last = ${0x6000_0000 + process.pid * 4096}`)
  database.close()
}

async function openstack(words: string): Promise<string> {
  const { code, out, err } = await cloud.shell(`export OS_COMPUTE_API_VERSION=2.90 PYTHONWARNINGS=ignore; openstack ${words}`)
  if (code !== 0) throw new Error(`openstack ${words}: ${err}`)
  return out.trim()
}

async function until(what: string, isSo: () => Promise<boolean>, withinMs = 150_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It did not come so far: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 200))
  }
}

/** `ACTIVE None`, once nothing is under way any more. */
async function becomes(status: string, name = 'vm1'): Promise<void> {
  let last = ''
  await until(`${name} is ${status}, and not ${last}`, async () => {
    last = await openstack(`server show ${name} -f value -c status -c OS-EXT-STS:task_state`)
    if (last.includes('ERROR')) throw new Error(await openstack(`server show ${name} -f json -c fault`))
    return last.includes(status) && last.includes('None')
  })
}

const asksForLogin = async (name = 'vm1'): Promise<void> =>
  until('it asks who signs in', async () => /login: ?$/.test(await openstack(`console log show ${name}`)))

const virsh = async (...words: readonly string[]): Promise<string> => (await run('virsh', words)).out.trim()
const powerOf = () => virsh('domstate', domain)
/** As `ls` shows them. */
const filesIn = (folder: string) =>
  existsSync(folder)
    ? readdirSync(folder)
        .filter(name => !name.startsWith('.'))
        .sort()
    : []

test('a server that boots is a guest with files where operators look for them', { timeout: settingMs }, async () => {
  await openstack('server create --flavor m1.tiny --image kilonova-guest --nic none vm1 --wait')
  id = await openstack('server show vm1 -f value -c id')
  domain = await openstack('server show vm1 -f value -c OS-EXT-SRV-ATTR:instance_name')
  expect(await powerOf()).toBe('running')
  expect(filesIn(join(instancesDir, id))).toEqual(['console.log', 'disk', 'disk.info', 'libvirt.xml'])
  expect(filesIn(join(instancesDir, '_base'))).toEqual([createHash('sha1').update(imageId).digest('hex')])
  expect(JSON.parse(readFileSync(join(instancesDir, id, 'disk.info'), 'utf8'))).toEqual({ [join(instancesDir, id, 'disk')]: 'qcow2' })
  await asksForLogin()
})

test('it turns off and on, stands still and goes on, sleeps and wakes', { timeout: settingMs }, async () => {
  await openstack('server stop vm1')
  await becomes('SHUTOFF')
  expect(await powerOf()).toBe('shut off')
  await openstack('server start vm1')
  await becomes('ACTIVE')
  await openstack('server reboot --hard vm1')
  await becomes('ACTIVE')
  await openstack('server pause vm1')
  await becomes('PAUSED')
  expect(await powerOf()).toBe('paused')
  await openstack('server unpause vm1')
  await becomes('ACTIVE')
  await asksForLogin()
  await openstack('server suspend vm1')
  await becomes('SUSPENDED')
  expect(await powerOf()).toBe('shut off')
  await openstack('server resume vm1')
  await becomes('ACTIVE')
  expect(await powerOf()).toBe('running')
  // Who goes on does not ask again; but it hears the button, and is off before the plug is pulled.
  const begun = performance.now()
  await openstack('server stop vm1')
  await becomes('SHUTOFF')
  expect(performance.now() - begun).toBeLessThan(pullsThePlugMs)
  await openstack('server start vm1')
  await becomes('ACTIVE')
})

test('it grows for good, and grows and is as before', { timeout: settingMs }, async () => {
  const sizeOf = async () =>
    JSON.parse((await run('qemu-img', ['info', '-U', '--output=json', join(instancesDir, id, 'disk')])).out)['virtual-size'] / 1024 ** 3
  await openstack('flavor create --ram 256 --disk 2 --vcpus 1 larger')
  await openstack('flavor create --ram 256 --disk 3 --vcpus 1 largest')
  await openstack('server resize --flavor larger vm1')
  await becomes('VERIFY_RESIZE')
  await openstack('server resize confirm vm1')
  await becomes('ACTIVE')
  expect([await sizeOf(), filesIn(instancesDir).includes(`${id}_resize`)]).toEqual([2, false])
  await openstack('server resize --flavor largest vm1')
  await becomes('VERIFY_RESIZE')
  await openstack('server resize revert vm1')
  await becomes('ACTIVE')
  expect([await sizeOf(), filesIn(instancesDir).includes(`${id}_resize`)]).toEqual([2, false])
  expect(await openstack('server show vm1 -f value -c flavor')).toContain('larger')
})

test('it is rescued, and shelved, and is what it was afterwards', { timeout: settingMs }, async () => {
  await openstack('server rescue vm1')
  await becomes('RESCUE')
  expect(filesIn(join(instancesDir, id))).toContain('disk.rescue')
  await openstack('server unrescue vm1')
  await becomes('ACTIVE')
  expect(filesIn(join(instancesDir, id))).not.toContain('disk.rescue')
  await openstack('server shelve vm1')
  await becomes('SHELVED_OFFLOADED')
  expect([filesIn(join(instancesDir, id)), await virsh('list', '--all', '--name')]).toEqual([[], expect.not.stringContaining(domain)])
  await openstack('server unshelve vm1')
  await becomes('ACTIVE')
  await asksForLogin()
})

test('a copy of it boots, it is made anew, and nothing is left of both', { timeout: settingMs }, async () => {
  await openstack('server image create --name copy vm1 --wait')
  await openstack('server create --flavor larger --image copy --nic none vm2 --wait')
  await openstack('server rebuild --image kilonova-guest vm1')
  await becomes('ACTIVE')
  await Promise.all([asksForLogin(), asksForLogin('vm2')])
  await openstack('server delete vm1 vm2 --wait')
  await openstack('image delete copy')
  expect(filesIn(instancesDir).filter(name => name.startsWith(id))).toEqual([])
  expect(filesIn(join(instancesDir, 'snapshots'))).toEqual([])
  expect(await virsh('list', '--all', '--name')).not.toContain(domain)
  expect((await cloud.kilonova('verify')).out).toContain('0 do not, 0 could not be made')
})
