import { execFile, spawn } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { createConnection, type Socket } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { vi } from 'vitest'
import { bridgeOf, tapOf } from '../contract/names.ts'
import type { PortWiring } from '../contract/wiring.ts'
import { inNamespace } from '../drivers/linuxbridge/run.ts'
import { type Guest, until, type Yard, type YardHost } from './hosts.ts'
import { machineDisk } from './machine-disk.ts'
import { type Line, peerOn } from './peers.ts'

const execute = promisify(execFile)

/** Guests are machines with kernels of their own, behind taps, where somebody has the minutes; else namespaces. */
export const areMachines = process.env['KILONOVA_REAL_GUESTS'] === '1'

if (areMachines) vi.setConfig({ testTimeout: 1_200_000 })

/** A machine without acceleration, on a host that has more to think of. */
const bootMs = 300_000
const reachMs = 5_000

/** With their ports' fixed addresses. Machines boot one after the other: each has the processors to itself. */
export async function guestsOn(yard: Yard, wishes: readonly (readonly [host: YardHost, port: PortWiring])[]): Promise<readonly Guest[]> {
  if (!areMachines) return Promise.all(wishes.map(([host, port]) => host.guest(port)))
  const [first] = wishes
  if (!first) return []
  const disks = { root: await guestImage(), programs: await machineDisk(first[0].stateDir) }
  const guests: Guest[] = []
  for (const [host, port] of wishes) guests.push(await bootMachine(yard, host, port, disks))
  return guests
}

/** The guest image of our own, built when its cache has none. */
async function guestImage(): Promise<string> {
  const outDir = join(tmpdir(), 'kilonova-guest-image')
  await mkdir(outDir, { recursive: true })
  const make = join(import.meta.dirname, '../../../services/image/assets/guest/make.ts')
  await execute(process.execPath, [make, outDir, join(homedir(), '.cache/kilonova/guest')])
  return join(outDir, 'guest.qcow2')
}

/** QEMU without acceleration, whose cable is a tap, and in whom the guest's program answers on the second serial line. */
async function bootMachine(yard: Yard, host: YardHost, port: PortWiring, disks: { root: string; programs: string }): Promise<Guest> {
  const begun = performance.now()
  const stem = join(host.stateDir, port.id)
  await execute('qemu-img', ['create', '-q', '-f', 'qcow2', '-b', disks.root, '-F', 'qcow2', `${stem}.disk`])
  const words = [
    ...['-accel', 'tcg', '-m', '256', '-display', 'none', '-vga', 'none', '-nodefaults', '-device', 'virtio-rng-pci'],
    ...['-drive', `file=${stem}.disk,if=virtio`, '-drive', `file=${disks.programs},if=virtio,format=raw,readonly=on`],
    ...['-serial', `file:${stem}.console`, '-serial', `unix:${stem}.line,server,nowait`],
    ...['-netdev', `tap,id=n,ifname=${tapOf(port.id)},script=no,downscript=no`],
    ...['-device', `virtio-net-pci,netdev=n,mac=${port.macAddress}`],
  ]
  const [command, args] = inNamespace(host.namespace, 'qemu-system-x86_64', words)
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] })
  const gone = new Promise<Error>(resolve => {
    child.once('error', resolve).once('exit', code => resolve(new Error(`the machine ended with ${code}`)))
  })
  yard.atEnd(() => {
    child.kill('SIGKILL')
    return gone
  })
  const socket = await connected(`${stem}.line`, gone)
  await host.run('ip', 'link', 'set', 'dev', tapOf(port.id), 'master', bridgeOf(port.networkId), 'up')
  const peer = await inTime(peerOn(lineOver(socket), reachMs), `${stem}.console`)
  const run = (program: string, ...args: string[]) => peer.runs(program, args)
  await run('ip', 'addr', 'flush', 'dev', 'eth0', 'scope', 'global')
  for (const { address, prefixLength } of port.fixedIps)
    await run('ip', 'addr', 'add', `${address}/${prefixLength}`, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : []))
  process.stdout.write(`${port.fixedIps[0]?.address} booted in ${((performance.now() - begun) / 1000).toFixed(1)} s\n`)
  return {
    run,
    pings: address => run('busybox', address.includes(':') ? 'ping6' : 'ping', '-c', '1', '-W', '3', address).then(isSo, isNotSo),
    starts: (program, ...args) => peer.starts(program, args),
    peer: async () => peer,
  }
}

const isSo = () => true
const isNotSo = () => false

/** The line is there as soon as QEMU is; who comes late has missed nothing, because the guest's program is the last to start. */
async function connected(path: string, gone: Promise<Error>): Promise<Socket> {
  let [socket, ended]: [Socket | undefined, Error | undefined] = [undefined, undefined]
  void gone.then(why => (ended = why))
  await until('the machine has a line', async () => {
    if (ended) throw ended
    socket = await connection(path).catch(() => undefined)
    return socket !== undefined
  })
  if (!socket) throw new Error('the machine has no line')
  return socket
}

const connection = (path: string): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = createConnection(path, () => resolve(socket))
    socket.once('error', reject)
  })

const lineOver = (socket: Socket): Line => ({
  send: message => void socket.write(`${JSON.stringify(message)}\n`),
  listen: (heard, ended) => {
    createInterface({ input: socket }).on('line', text => text.startsWith('{') && heard(JSON.parse(text)))
    socket.once('error', ended).once('close', () => ended(new Error('the machine ended')))
  },
  end: () => void socket.destroy(),
})

/** Whoever does not come up has said why on its console. */
async function inTime<T>(work: Promise<T>, consolePath: string): Promise<T> {
  const late = AbortSignal.timeout(bootMs)
  const lateness = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(late.reason)))
  return Promise.race([work, lateness]).catch(async cause => {
    const { stdout } = await execute('tail', ['-c', '600', consolePath])
    throw new Error(`a machine did not come up: ${stdout}`, { cause })
  })
}
