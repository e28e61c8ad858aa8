import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { buildGuestImage } from './build.ts'

/**
 * The guest among what a cloud gives it: a DHCP server with routes, a metadata address, a disk larger than its image. All of it lives
 * in a network namespace of its own and goes with it.
 */
const execute = promisify(execFile)
const namespace = `kn-guest-${process.pid}`
const inside = async (...command: string[]): Promise<string> => (await execute('ip', ['netns', 'exec', namespace, ...command])).stdout
const children: ChildProcess[] = []
const start = (...command: string[]): ChildProcess => {
  const child = spawn('ip', ['netns', 'exec', namespace, ...command], { stdio: 'ignore' })
  children.push(child)
  return child
}

let folder: string
let serial: Socket
let said = ''
let path: string

const instance = {
  'instance-id': 'i-00000003',
  'local-hostname': 'vm1.novalocal',
  'public-keys/': '0=mykey',
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kilonova-guest-test-'))
  const built = await buildGuestImage({ outDir: folder, cacheDir: join(homedir(), '.cache/kilonova/guest') })
  path = built.path
  await execute('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, 'key')])
  await network()
  await metadata(await readFile(join(folder, 'key.pub'), 'utf8'))
  await boot()
  await hear('login: ')
})

afterAll(async () => {
  serial?.destroy()
  for (const child of children) {
    const gone = new Promise(resolve => child.once('exit', resolve))
    if (child.exitCode === null && child.kill('SIGTERM')) await gone
  }
  await execute('ip', ['netns', 'delete', namespace]).catch(() => {})
  await rm(folder, { recursive: true, force: true })
})

async function network(): Promise<void> {
  await execute('ip', ['netns', 'add', namespace])
  await inside('ip', 'link', 'set', 'lo', 'up')
  await inside('ip', 'tuntap', 'add', 'tap0', 'mode', 'tap')
  for (const address of ['192.168.56.100/24', '169.254.169.254/32']) await inside('ip', 'address', 'add', address, 'dev', 'tap0')
  await inside('ip', 'link', 'set', 'tap0', 'up')
  const routes = '--dhcp-option=121,169.254.169.254/32,192.168.56.100,10.99.0.0/16,192.168.56.7,0.0.0.0/0,192.168.56.1'
  const leases = [
    '--dhcp-range=192.168.56.0,static',
    '--dhcp-host=fa:16:3e:00:00:01,192.168.56.101',
    `--dhcp-leasefile=${folder}/leases`,
    routes,
    '--dhcp-option=26,1400',
  ]
  start(
    'dnsmasq',
    '-k',
    '-C',
    '/dev/null',
    '--interface=tap0',
    '--bind-interfaces',
    '--no-resolv',
    '--no-hosts',
    '--address=/cloud.test/10.1.2.3',
    '--pid-file=',
    '--user=root',
    ...leases,
  )
}

async function metadata(key: string): Promise<void> {
  const script = '#!/bin/sh\necho user data ran as $(id -un) > /dev/console\n'
  const answers = {
    ...Object.fromEntries(Object.entries(instance).map(([name, text]) => [`/2009-04-04/meta-data/${name}`, text])),
    '/2009-04-04/meta-data/public-keys/0/openssh-key': key,
    '/2009-04-04/user-data': script,
  }
  const note = `require('fs').appendFileSync(${JSON.stringify(join(folder, 'asked'))}, q.url + '\\n')`
  const server = `require('http').createServer((q, a) => { ${note}; const t = (${JSON.stringify(answers)})[q.url]; a.writeHead(t === undefined ? 404 : 200); a.end(t) }).listen(80, '169.254.169.254')`
  start(process.execPath, '-e', server)
}

/** With further drives, as QEMU's words. */
async function boot(...drives: string[]): Promise<void> {
  const stem = drives.length === 0 ? 'first' : 'second'
  said = ''
  await execute('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', path, '-F', 'qcow2', join(folder, stem), '1G'])
  await execute('qemu-img', ['create', '-q', '-f', 'raw', join(folder, 'volume'), '64M'])
  const machine = ['-accel', 'tcg', '-m', '64', '-display', 'none', '-vga', 'none', '-nodefaults']
  const devices = [
    '-drive',
    `file=${folder}/${stem},if=virtio`,
    ...drives,
    '-nic',
    'tap,ifname=tap0,script=no,downscript=no,model=virtio-net-pci,mac=fa:16:3e:00:00:01',
  ]
  start(
    'qemu-system-x86_64',
    ...machine,
    ...devices,
    '-serial',
    `unix:${folder}/${stem}.serial,server`,
    '-qmp',
    `unix:${folder}/qmp,server,nowait`,
  )
  let opened: Socket | undefined
  for (let tries = 0; !opened; tries++) {
    opened = await connected(join(folder, `${stem}.serial`)).catch(async error => {
      if (tries > 100) throw error
      await new Promise(resolve => setTimeout(resolve, 50))
      return undefined
    })
  }
  serial = opened
  serial.on('data', bytes => {
    said += bytes.toString('latin1')
  })
}

const connected = (socketPath: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(socketPath, () => resolve(socket))
    socket.once('error', reject)
  })

async function hear(words: string, from = 0): Promise<void> {
  const begun = performance.now()
  while (!said.slice(from).includes(words)) {
    if (performance.now() - begun > 60_000) throw new Error(`${words} was not heard; last: ${said.slice(-500)}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** Talks to the shell on the serial line. The end mark is spelled in two parts, so that its echo is not mistaken for it. */
async function type(command: string): Promise<string> {
  const from = said.length
  serial.write(`${command}; echo; echo EN''D\n`)
  await hear('\nEND', from)
  return said.slice(from).replaceAll('\r', '')
}

async function qmp(...commands: object[]): Promise<void> {
  const socket = await connected(join(folder, 'qmp'))
  for (const command of [{ execute: 'qmp_capabilities' }, ...commands]) socket.write(JSON.stringify(command))
  await new Promise(resolve => setTimeout(resolve, 300))
  socket.destroy()
}

const quiet = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR']
const ssh = (command: string): Promise<string> =>
  inside('ssh', ...quiet, '-o', 'BatchMode=yes', '-i', join(folder, 'key'), 'cirros@192.168.56.101', command)

/** What would be typed at the prompt comes from a program. */
async function sshWithPassword(command: string): Promise<string> {
  const answer = join(folder, 'answer')
  await writeFile(answer, '#!/bin/sh\necho gocubsgo\n', { mode: 0o755 })
  const asking = ['env', `SSH_ASKPASS=${answer}`, 'SSH_ASKPASS_REQUIRE=force', 'ssh', ...quiet, '-o', 'PubkeyAuthentication=no']
  return await inside(...asking, 'cirros@192.168.56.101', command)
}

describe('the guest image in a cloud', () => {
  test('asks the metadata address who it is, and says so on its console', async () => {
    expect(said).toContain('checking http://169.254.169.254/2009-04-04/instance-id')
    expect(said).toMatch(/successful after [12]\/20 tries: up \d+\.\d+\. iid=i-00000003/)
    expect(said).toContain('vm1 login: ')
    await hear('user data ran as root')
  })

  test('asks for its number, its name, its keys and its script, in this order', async () => {
    const asked = (await readFile(join(folder, 'asked'), 'utf8')).trim().split('\n')
    expect(asked.map(url => url.replace('/2009-04-04/', ''))).toEqual([
      'meta-data/instance-id',
      'meta-data/local-hostname',
      'meta-data/public-keys/',
      'meta-data/public-keys/0/openssh-key',
      'user-data',
    ])
  })

  test('lets cirros in with the known password, and sudo asks for none', async () => {
    serial.write('cirros\n')
    await hear('Password: ')
    serial.write('gocubsgo\n')
    await hear('$ ')
    expect(await type('sudo id -u')).toMatch(/\n0\n/)
    expect(await type('hostname')).toContain('\nvm1\n')
  })

  test('takes address, routes and MTU from DHCP', async () => {
    const routes = await type('ip route')
    expect(routes).toContain('169.254.169.254 via 192.168.56.100 dev eth0')
    expect(routes).toContain('10.99.0.0/16 via 192.168.56.7 dev eth0')
    expect(routes).toContain('default via 192.168.56.1 dev eth0')
    expect(await type('ip addr show eth0')).toMatch(/mtu 1400[\s\S]+inet 192\.168\.56\.101\/24/)
    expect(await type('nslookup www.cloud.test')).toContain('10.1.2.3')
    expect(await type('curl http://169.254.169.254/2009-04-04/meta-data/local-hostname')).toContain('vm1.novalocal')
    expect(await type('ping -c 1 192.168.56.100')).toContain(' 0% packet loss')
    expect(await type('cat /proc/$(cat /var/run/udhcpc.eth0.pid)/comm')).toContain('\nudhcpc\n')
  })

  test('answers to ssh with the instance key and with the password; its root has grown to its disk', async () => {
    expect(await ssh('sudo whoami')).toBe('root\n')
    expect(await sshWithPassword('sudo whoami')).toBe('root\n')
    expect(Number(await ssh("df -m / | awk 'END { print $2 }'"))).toBeGreaterThan(900)
  })

  test('sees a disk and a card that are plugged in while it runs', async () => {
    await qmp(
      { execute: 'blockdev-add', arguments: { driver: 'raw', 'node-name': 'v', file: { driver: 'file', filename: `${folder}/volume` } } },
      { execute: 'device_add', arguments: { driver: 'virtio-blk-pci', drive: 'v', id: 'vdb' } },
      { execute: 'device_add', arguments: { driver: 'virtio-net-pci', id: 'net1', mac: 'fa:16:3e:00:00:02' } },
    )
    expect(await type('until [ -b /dev/vdb ] && [ -e /sys/class/net/eth1 ]; do usleep 100000; done; lsblk')).toMatch(/vdb +\d+:\d+ +0 +64M/)
    expect(
      await type('sudo mkfs.ext4 -q /dev/vdb && sudo mount /dev/vdb /mnt && echo kept | sudo tee /mnt/file && sudo umount /mnt'),
    ).toContain('kept')
    expect(await type('sudo blkid /dev/vdb')).toContain('TYPE="ext4"')
    expect(await type('ip addr show eth1')).toContain('fa:16:3e:00:00:02')
  })

  test('goes off when its power button is pressed', async () => {
    const machine = children.at(-1)
    const off = new Promise(resolve => machine?.once('exit', resolve))
    await qmp({ execute: 'system_powerdown' })
    await off
  })

  test('believes its configuration drive, and asks nobody else', async () => {
    const drive = join(folder, 'drive')
    await mkdir(join(drive, 'openstack/latest'), { recursive: true })
    const key = await readFile(join(folder, 'key.pub'), 'utf8')
    const facts = { uuid: 'f3c6-2', hostname: 'vm2.novalocal', public_keys: { mykey: key } }
    await writeFile(join(drive, 'openstack/latest/meta_data.json'), JSON.stringify(facts))
    await writeFile(join(drive, 'openstack/latest/user_data'), '#!/bin/sh\necho the drive said so > /dev/console\n')
    await execute('genisoimage', ['-quiet', '-R', '-J', '-V', 'config-2', '-o', `${drive}.iso`, drive])
    const before = await readFile(join(folder, 'asked'), 'utf8')
    await boot('-drive', `file=${drive}.iso,if=virtio,format=raw,readonly=on`)
    await hear('vm2 login: ')
    expect(said).toContain('found the configuration drive /dev/vdb')
    await hear('the drive said so')
    expect(await ssh('hostname')).toBe('vm2\n')
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe(before)
  })
})

test('its disk has a loader where UEFI looks for one', async () => {
  const raw = join(folder, 'raw')
  await execute('qemu-img', ['convert', '-O', 'raw', path, raw])
  const bytes = await readFile(raw)
  // As directories of FAT spell names.
  for (const name of ['EFI        ', 'BOOT       ', 'BOOTX64 EFI', 'LOADER     ']) expect(bytes.includes(name)).toBe(true)
})
