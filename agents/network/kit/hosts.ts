import { execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { systemClock } from '@kilonova/platform/clock.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'
import { bridgeOf, tapOf } from '../contract/names.ts'
import { bareWiring, type PortWiring } from '../contract/wiring.ts'
import type { HostSetup } from '../documents/setup.ts'
import type { Driver } from '../drivers/driver.ts'
import { openLinuxBridgeDriver } from '../drivers/linuxbridge/open.ts'
import { type Peer, startPeer } from './peers.ts'
import { aSetup } from './wirings.ts'

const execute = promisify(execFile)

/** Network namespaces stand for hosts and for guests: real devices, real packets, and the machine's own network is left alone. */
export interface Yard {
  host(name: string, more?: Partial<HostSetup>, door?: { host: string; port: number; sharedSecret: string }): Promise<YardHost>
  /** What is to be ended before what was made before it. */
  atEnd(step: () => Promise<unknown>): void
  /** Takes everything away, whatever of it was made. */
  clear(): Promise<void>
}

export interface YardHost {
  readonly namespace: string
  readonly driver: Driver
  readonly stateDir: string
  /** A guest with the port's MAC address, plugged into its network's bridge; with its fixed addresses unless told. */
  guest(port: PortWiring, wish?: { readonly addresses?: readonly string[] }): Promise<YardGuest>
  run(program: string, ...args: string[]): Promise<string>
  /** Another driver on the same host, as after a restart of the agent. */
  again(): Promise<Driver>
  /** Another driver beside the first, as of a program that only looks. */
  newcomer(): Promise<Driver>
}

/** What every guest can do, whatever it is made of. */
export interface Guest {
  run(program: string, ...args: string[]): Promise<string>
  /** Whether an echo comes back. */
  pings(address: string): Promise<boolean>
  /** Goes on until the guest ends, or the program does; how many bytes it has printed. */
  starts(program: string, ...args: string[]): Promise<{ printed(): Promise<number> }>
  /** The guest's own program, started when it is first asked for. */
  peer(): Promise<Peer>
}

export interface YardGuest extends Guest {
  readonly namespace: string
  /** Whether a TCP connection is taken there. */
  reaches(address: string, port: number): Promise<boolean>
  /** Takes connections, until the yard is cleared, and sends back what it gets. */
  listen(port: number): Promise<void>
  begin(program: string, ...args: string[]): ReturnType<typeof spawn>
  unplug(): Promise<void>
}

const inside = (namespace: string, program: string, args: readonly string[]): [string, string[]] => [
  'nsenter',
  [`--net=/run/netns/${namespace}`, '--', program, ...args],
]

export const runIn = async (namespace: string, program: string, ...args: string[]): Promise<string> =>
  (await execute(...inside(namespace, program, args), { timeout: 20_000 })).stdout

let serial = 0

export function openYard(): Yard {
  const undo: (() => Promise<unknown>)[] = []
  const name = (kind: string) => `kn${kind}${process.pid}-${++serial}`

  async function addNamespace(namespace: string): Promise<void> {
    await execute('ip', ['netns', 'add', namespace])
    undo.push(() => execute('ip', ['netns', 'del', namespace]))
    await execute('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])
  }

  async function guestOf(host: string, port: PortWiring, addresses: readonly string[]): Promise<YardGuest> {
    const namespace = name('g')
    await addNamespace(namespace)
    const run = (program: string, ...args: string[]) => runIn(namespace, program, ...args)
    const begin = (program: string, ...args: string[]) => {
      const child = spawn(...inside(namespace, program, args), { stdio: ['pipe', 'pipe', 'ignore'] })
      undo.push(async () => child.kill('SIGKILL'))
      return child
    }
    await runIn(
      host,
      'ip',
      'link',
      'add',
      'name',
      tapOf(port.id),
      'type',
      'veth',
      'peer',
      'name',
      'eth0',
      'address',
      port.macAddress,
      'netns',
      namespace,
    )
    await runIn(host, 'ip', 'link', 'set', 'dev', tapOf(port.id), 'master', bridgeOf(port.networkId), 'up')
    await run('ip', 'link', 'set', 'dev', 'eth0', 'up')
    for (const address of addresses) await run('ip', 'addr', 'add', address, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : []))
    const succeeds = (program: string, ...args: string[]) =>
      run(program, ...args).then(
        () => true,
        () => false,
      )
    let peer: Promise<Peer> | undefined
    const startedPeer = async () => {
      const started = await startPeer(namespace)
      undo.push(async () => started.end())
      return started
    }
    return {
      namespace,
      run,
      begin,
      starts: async (program, ...args) => {
        let bytes = 0
        begin(program, ...args).stdout?.on('data', (some: Buffer) => (bytes += some.length))
        return { printed: async () => bytes }
      },
      peer: () => {
        peer ??= startedPeer()
        return peer
      },
      pings: address => succeeds('busybox', address.includes(':') ? 'ping6' : 'ping', '-c', '1', '-W', '1', address),
      reaches: (address, tcp) => succeeds('busybox', 'nc', '-w', '1', address, `${tcp}`, '-e', '/bin/true'),
      listen: async tcp => {
        begin('busybox', 'nc', '-ll', '-p', `${tcp}`, '-e', '/bin/cat')
        await until(`something listens at ${tcp}`, async () => (await run('ss', '-Hltn', `sport = :${tcp}`)) !== '')
      },
      unplug: async () => {
        await runIn(host, 'ip', 'link', 'del', 'dev', tapOf(port.id))
      },
    }
  }

  return {
    host: async (label, more = {}, door = { host: '127.0.0.1', port: 8775, sharedSecret: 'secret' }) => {
      const namespace = name(`h${label}`)
      await addNamespace(namespace)
      const stateDir = await mkdtemp(join(tmpdir(), 'kilonova-network-'))
      undo.push(() => rm(stateDir, { recursive: true, force: true }))
      await chmod(stateDir, 0o755)
      const { hasVlans: _, ...setup } = aSetup({ stateDir, owner: `kilonova:${stateDir}`, ...more })
      const open = () =>
        openLinuxBridgeDriver({
          setup,
          metadataDoor: door,
          clock: systemClock,
          log: silentLog,
          hostNamespace: namespace,
        })
      const driver = await open()
      undo.push(async () => {
        const { troubles } = await driver.apply(bareWiring)
        await driver.close()
        if (troubles.length > 0) throw new Error(`the host could not be cleared: ${JSON.stringify(troubles)}`)
      })
      return {
        namespace,
        driver,
        stateDir,
        run: (program, ...args) => runIn(namespace, program, ...args),
        again: async () => {
          await driver.close()
          const another = await open()
          undo.push(() => another.close())
          return another
        },
        newcomer: async () => {
          const another = await open()
          undo.push(() => another.close())
          return another
        },
        guest: (port, { addresses = port.fixedIps.map(fixed => `${fixed.address}/${fixed.prefixLength}`) } = {}) =>
          guestOf(namespace, port, addresses),
      }
    },
    atEnd: step => void undo.push(step),
    clear: async () => {
      const failed: unknown[] = []
      for (const step of undo.splice(0).reverse()) await step().catch(error => failed.push(error))
      if (failed.length > 0) throw new AggregateError(failed, `the yard could not be cleared: ${failed.map(String).join('; ')}`)
    },
  }
}

/** Waits for a condition, never for time. */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  const begun = performance.now()
  while (!(await holds())) {
    if (performance.now() - begun > limitMs) throw new Error(`it did not come to pass that ${what}`)
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
