import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Cloud, type Ran, run, startCloud } from './kit/cloud.ts'

/**
 * A server with a network, from end to end, as somebody has it who starts a cloud and knows the openstack command: a real guest that gets its address,
 * its name and its key, and is reached from outside when the security group says so, and not before.
 */
const services = 'keystone,glance,placement,neutron,nova'
const instancesDir = `/var/lib/nova/kilonova-network-${process.pid}`
const key = `/tmp/kilonova-network-key-${process.pid}`
const bootMs = 240_000

let cloud: Cloud
let opened: Cloud | undefined
beforeAll(async () => {
  const flags = ['guest_image=true', `instances_path=${instancesDir}`]
  cloud = opened = await startCloud({ services, flags })
  countApart()
  await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key])
  await until('the image is there', async () =>
    (await openstack('image list -f value -c Name -c Status')).includes('kilonova-guest active'),
  )
}, bootMs)
afterAll(async () => {
  if (opened) await takeAway()
  await opened?.close()
  await run('rm', ['-rf', instancesDir, key, `${key}.pub`])
}, bootMs)

/** Another cloud may use the same libvirt, where names are shared. */
function countApart(): void {
  const database = new DatabaseSync(join(cloud.home, 'nova.db'))
  database.exec(`update instance_counter set last = ${0x4000_0000 + process.pid * 4096}`)
  database.close()
}

const up = () => cloud.kilonova('up', '--only', services, '--one-port', String(cloud.port), '--no-install')

/** Whatever the tests came to: servers go by the cloud that has them, the rest with it. */
async function takeAway(): Promise<void> {
  await up()
  await asDemo('openstack server delete --wait $(openstack server list -f value -c ID)')
  await cloud.kilonova('down')
  await cloud.kilonova('reset', '--yes')
}

const asDemo = (line: string): Promise<Ran> => cloud.shell(`. ${cloud.home}/demo-openrc; export PYTHONWARNINGS=ignore; ${line}`)

async function openstack(words: string): Promise<string> {
  const { code, out, err } = await asDemo(`openstack ${words}`)
  if (code !== 0) throw new Error(`openstack ${words}: ${err}`)
  return out.trim()
}

async function until(what: string, isSo: () => Promise<boolean>, withinMs = 120_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!(await isSo())) {
    if (performance.now() > end) throw new Error(`It did not come so far: ${what}`)
    await new Promise(resolve => setTimeout(resolve, 500))
  }
}

const reaches = async (address: string) => (await run('busybox', ['ping', '-c', '1', '-W', '1', address])).code === 0

const ssh = (address: string, line: string) => {
  const options = ['StrictHostKeyChecking=no', 'UserKnownHostsFile=/dev/null', 'LogLevel=ERROR', 'BatchMode=yes', 'ConnectTimeout=5']
  return run('ssh', [...options.flatMap(option => ['-o', option]), '-i', key, `cirros@${address}`, line])
}

const linesOf = async (program: string, ...args: readonly string[]) =>
  (await run(program, args)).out.split('\n').filter(line => line !== '')

test('a new cloud has a way out and a network for servers, and lets nobody in', async () => {
  expect(await openstack('network list -f value -c Name').then(names => names.split('\n').sort())).toEqual(['private', 'public'])
  expect(await openstack('security group rule list default --ingress -f value -c "IP Range" -c "Remote Security Group"')).not.toMatch(
    /None\s*$/m,
  )
})

test('a server gets its address, its name and its key, and is reached from outside when it is let', { timeout: bootMs }, async () => {
  await openstack(`keypair create --public-key ${key}.pub k`)
  expect(
    await openstack('server create --image kilonova-guest --flavor m1.nano --network private --key-name k vm1 --wait -f value -c status'),
  ).toContain('ACTIVE')
  const port = await openstack('port list --server vm1 -f value -c ID')
  expect(await openstack(`port show ${port} -f value -c status -c device_owner`)).toBe('compute:nova\nACTIVE')
  const fixed = await openstack(`port list --server vm1 -f json -c "Fixed IP Addresses"`)
  const address = /"ip_address": "([^"]+)"/.exec(fixed)?.[1] ?? ''
  expect(await openstack('server show vm1 -f value -c addresses')).toBe(`{'private': ['${address}']}`)

  await until('the guest asks who signs in', async () => (await openstack('console log show vm1')).includes('vm1 login:'))
  const log = await openstack('console log show vm1')
  expect(log).toMatch(new RegExp(`lease of ${address.replaceAll('.', '\\.')}`))
  expect(log).toMatch(/checking http:\/\/169\.254\.169\.254\/2009-04-04\/instance-id\s+successful after/)

  const floating = await openstack('floating ip create public -f value -c floating_ip_address')
  await openstack(`server add floating ip vm1 ${floating}`)
  await until(
    'the floating address is served',
    async () => (await openstack(`floating ip show ${floating} -f value -c status`)) === 'ACTIVE',
  )
  expect(await openstack('server show vm1 -f value -c addresses')).toBe(`{'private': ['${address}', '${floating}']}`)
  expect(await reaches(floating)).toBe(false)
  await openstack('security group rule create --protocol icmp default')
  await openstack('security group rule create --protocol tcp --dst-port 22 default')
  await until('the guest answers', () => reaches(floating), 20_000)
  expect(await ssh(floating, 'hostname; cat .ssh/authorized_keys')).toMatchObject({
    code: 0,
    out: `vm1\n${readFileSync(`${key}.pub`, 'utf8')}`,
  })
  expect(await ssh(floating, 'ip route')).toMatchObject({ out: expect.stringContaining('169.254.169.254 via ') })
})

test('guests keep their network while the cloud is down', { timeout: 60_000 }, async () => {
  const floating = await openstack('floating ip list -f value -c "Floating IP Address"')
  await cloud.kilonova('down')
  expect(await ssh(floating, 'hostname')).toMatchObject({ out: 'vm1\n' })
  await up()
  expect(await openstack('server list -f value -c Status')).toBe('ACTIVE')
})

test('with the server its port and its cable go, and at last everything goes', { timeout: 120_000 }, async () => {
  const port = await openstack('port list --server vm1 -f value -c ID')
  const tap = `tap${port.slice(0, 11)}`
  expect(await linesOf('ip', '-o', 'link', 'show', 'dev', tap)).toHaveLength(1)
  await openstack('server delete vm1 --wait')
  expect(await openstack(`port list --device-owner compute:nova -f value -c ID`)).toBe('')
  await until('the cable is pulled', async () => (await linesOf('ip', '-o', 'link', 'show', 'dev', tap)).length === 0, 20_000)
  const [mark, network] = [`alias kilonova:${cloud.home}`, await openstack('network show private -f value -c id')]
  expect((await linesOf('ip', '-o', 'link', 'show')).filter(line => line.includes(mark))).not.toEqual([])
  await cloud.kilonova('down')
  expect((await linesOf('ip', '-o', 'link', 'show')).filter(line => line.includes(cloud.home))).toEqual([])
  expect((await linesOf('ip', 'netns', 'list')).filter(line => line.includes(network))).toEqual([])
})
