import { execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { bridgeOf, tapOf } from '@kilonova/network-agent/contract/names.ts'
import { networkAgentOptions, openLinuxBridgeDriver, setupOf } from '@kilonova/network-agent/main.ts'
import { systemClock } from '@kilonova/platform/clock.ts'
import { readConfig } from '@kilonova/platform/config/config.ts'
import { readSources } from '@kilonova/platform/config/sources.ts'
import { silentLog } from '@kilonova/platform/log/log.ts'

const execute = promisify(execFile)

/** Namespaces stand for two hosts, joined by a cable, and for the guests on them. The machine's own network is left alone. */
export interface WiredHosts {
  readonly names: readonly string[]
  /** Runs a program in a host's namespace, or in one of its namespaces. */
  run(host: string, line: string, inside?: string): Promise<string>
  /** What any process of the host would look with: each is another. */
  openDriver(host: string): ReturnType<typeof openLinuxBridgeDriver>
  stateDir(host: string): string
  plug(host: string, port: { readonly id: string; readonly network_id: string; readonly mac_address: string }): Promise<Guest>
  clear(): Promise<void>
}

export interface Guest {
  addresses(...cidrs: readonly string[]): Promise<void>
  run(line: string): Promise<string>
  listen(port: number): Promise<void>
  reaches(address: string, port: number): Promise<boolean>
  /** Pulls its cable out and plugs it in again. */
  replug(): Promise<void>
}

let serial = 0

export async function openHosts(names: readonly string[]): Promise<WiredHosts> {
  const undo: (() => Promise<unknown>)[] = []
  const space = new Map<string, string>()
  const dirs = new Map<string, string>()
  const unique = (kind: string) => `kn${kind}${process.pid}-${++serial}`
  const runIn = async (namespace: string, line: string) =>
    (await execute('nsenter', [`--net=/run/netns/${namespace}`, '--', ...wordsOf(line)], { timeout: 20_000 })).stdout

  async function addNamespace(namespace: string): Promise<void> {
    await execute('ip', ['netns', 'add', namespace])
    undo.push(() => execute('ip', ['netns', 'del', namespace]))
    await runIn(namespace, 'ip link set lo up')
  }

  const spaceOf = (host: string): string => space.get(host) ?? ''

  async function addHost(name: string): Promise<void> {
    const namespace = unique('h')
    await addNamespace(namespace)
    space.set(name, namespace)
    const dir = await mkdtemp(join(tmpdir(), 'kilonova-wired-'))
    await chmod(dir, 0o755)
    dirs.set(name, dir)
    // A DHCP server whose namespace somebody took away goes on without it, and no file names it any more.
    undo.push(() => execute('pkill', ['-f', `=${dir}/`]).catch(() => {}))
    undo.push(() => rm(dir, { recursive: true, force: true }))
  }

  const openDriver: WiredHosts['openDriver'] = host => {
    const index = names.indexOf(host)
    const flags = [`vxlan.local_ip=192.0.2.${index + 1}`, ...(index === 0 ? ['linux_bridge.bridge_mappings=public:br-ex'] : [])]
    const told = readConfig(networkAgentOptions, readSources({ flags })).values
    const setup = setupOf(told, { myIp: `192.0.2.${index + 1}`, stateDir: dirs.get(host) })
    const metadataDoor = { host: '127.0.0.1', port: 8775, sharedSecret: 'secret' }
    return openLinuxBridgeDriver({ setup, metadataDoor, clock: systemClock, log: silentLog, hostNamespace: spaceOf(host) })
  }

  const clear = async () => {
    const failed: unknown[] = []
    for (const step of undo.splice(0).reverse()) await step().catch(error => failed.push(error))
    if (failed.length > 0) throw new AggregateError(failed, `the hosts could not be cleared: ${failed.map(String).join('; ')}`)
  }

  try {
    for (const name of names) await addHost(name)
    const [first = '', second = ''] = names.map(spaceOf)
    await runIn(first, `ip link add under mtu 1600 type veth peer name under mtu 1600 netns ${second}`)
    for (const [index, namespace] of [first, second].entries()) {
      await runIn(namespace, `ip addr add 192.0.2.${index + 1}/24 dev under`)
      await runIn(namespace, 'ip link set under up')
    }
    // The first host is the world outside as well.
    await runIn(first, 'ip link add br-ex type bridge')
    await runIn(first, 'ip addr add 172.24.4.1/24 dev br-ex')
    await runIn(first, 'ip link set br-ex up')
    await runIn(first, 'sysctl -qw net.ipv4.ip_forward=1')
  } catch (error) {
    await clear()
    throw error
  }

  return {
    names,
    run: (host, line, inside) => runIn(inside ?? spaceOf(host), line),
    openDriver,
    stateDir: host => dirs.get(host) ?? '',
    async plug(host, port) {
      const namespace = unique('g')
      await addNamespace(namespace)
      const [tap, at] = [tapOf(port.id), spaceOf(host)]
      let given: readonly string[] = []
      const give = async () => {
        for (const cidr of given) await runIn(namespace, `ip addr add ${cidr} dev eth0${cidr.includes(':') ? ' nodad' : ''}`)
      }
      const plugIn = async () => {
        await runIn(at, `ip link add ${tap} type veth peer name eth0 address ${port.mac_address} netns ${namespace}`)
        await runIn(at, `ip link set ${tap} master ${bridgeOf(port.network_id)} up`)
        await runIn(namespace, 'ip link set eth0 up')
        await give()
      }
      await plugIn()
      const listeners: ReturnType<typeof spawn>[] = []
      undo.push(async () => listeners.map(child => child.kill('SIGKILL')))
      return {
        addresses: async (...cidrs) => {
          given = cidrs
          await give()
        },
        run: line => runIn(namespace, line),
        listen: async tcp => {
          const words = ['busybox', 'nc', '-ll', '-p', `${tcp}`, '-e', '/bin/cat']
          listeners.push(spawn('nsenter', [`--net=/run/netns/${namespace}`, '--', ...words], { stdio: 'ignore' }))
          await until(`something listens at ${tcp}`, async () => (await runIn(namespace, `ss -Hltn sport = :${tcp}`)) !== '')
        },
        reaches: (address, tcp) =>
          runIn(namespace, `busybox nc -w 2 ${address} ${tcp} -e /bin/true`).then(
            () => true,
            () => false,
          ),
        replug: async () => {
          await runIn(at, `ip link del ${tap}`).catch(() => undefined)
          await plugIn()
        },
      }
    },
    clear,
  }
}

const wordsOf = (line: string): readonly string[] => line.split(' ').filter(Boolean)

/** Waits for a condition, never for time. */
export async function until(what: string, holds: () => Promise<boolean>, limitMs = 20_000): Promise<void> {
  const begun = performance.now()
  while (!(await holds())) {
    if (performance.now() - begun > limitMs) throw new Error(`it did not come to pass that ${what}`)
    await new Promise(resolve => setTimeout(resolve, 30))
  }
}
