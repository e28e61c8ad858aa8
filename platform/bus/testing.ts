import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A RabbitMQ of one's own: on loopback, with its own port mapper, in a folder that goes with it. */
export interface ThrowAwayRabbit {
  readonly port: number
  readonly url: string
  /** As an operator stops it. */
  stop(): Promise<void>
  /** As a power cut does. */
  kill(): Promise<void>
  start(): Promise<void>
  remove(): Promise<void>
}

const program = '/usr/lib/rabbitmq/bin/rabbitmq-server'
const startPatienceMs = 90_000

export async function startThrowAwayRabbit(): Promise<ThrowAwayRabbit> {
  if (!existsSync(program)) throw new Error('RabbitMQ is not installed: install the package rabbitmq-server')
  const home = await mkdtemp(join(tmpdir(), 'kilonova-rabbit-'))
  const [port, distPort, epmdPort] = [await freePort(), await freePort(), await freePort()]
  const node = `kilonova-${port}@localhost`
  await writeFile(join(home, 'rabbitmq.conf'), `listeners.tcp.default = 127.0.0.1:${port}\nloopback_users.guest = true\n`)
  await writeFile(join(home, 'enabled_plugins'), '[].\n')
  const env = {
    PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
    LANG: 'C.UTF-8',
    HOME: home,
    RABBITMQ_NODENAME: node,
    RABBITMQ_NODE_IP_ADDRESS: '127.0.0.1',
    RABBITMQ_NODE_PORT: String(port),
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: join(home, 'mnesia'),
    RABBITMQ_LOG_BASE: join(home, 'log'),
    RABBITMQ_CONFIG_FILE: join(home, 'rabbitmq.conf'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(home, 'enabled_plugins'),
    RABBITMQ_PID_FILE: join(home, 'pid'),
    RABBITMQ_CONF_ENV_FILE: join(home, 'none'),
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +sbwt none',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(epmdPort),
  }

  /** The port mapper runs as a child, so that nothing of ours stays behind. */
  const epmd = spawn('epmd', ['-port', String(epmdPort), '-address', '127.0.0.1'], { env, stdio: 'ignore' })
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    const child = spawn(program, [], { env, cwd: home, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
    server = child
    let output = ''
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', chunk => (output = (output + chunk).slice(-4_000)))
    const gaveUpAt = Date.now() + startPatienceMs
    while (!output.includes('completed with')) {
      if (child.exitCode !== null || Date.now() > gaveUpAt) throw new Error(`RabbitMQ did not start:\n${output}`)
      await pause(50)
    }
    while (!(await listens(port))) await pause(20)
  }

  async function end(signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
    const child = server
    if (!child) return
    const hasEnded = child.exitCode !== null || child.signalCode !== null
    const gone = hasEnded ? undefined : new Promise(resolve => child.once('exit', resolve))
    // What the script began may outlive it.
    const beam = Number(await readFile(join(home, 'pid'), 'utf8').catch(() => '0'))
    if (signal === 'SIGKILL' && child.pid && !hasEnded) process.kill(-child.pid, signal)
    if (beam && isAlive(beam)) process.kill(beam, signal)
    await gone
    while (beam && isAlive(beam)) await pause(20)
  }

  async function remove(): Promise<void> {
    await end('SIGKILL')
    const gone = new Promise(resolve => epmd.once('exit', resolve))
    if (epmd.kill('SIGKILL')) await gone
    await rm(home, { recursive: true, force: true })
  }

  try {
    await start()
  } catch (error) {
    await remove()
    throw error
  }
  return {
    port,
    url: `rabbit://guest:guest@127.0.0.1:${port}/`,
    start,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
    remove,
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0))
    })
  })
}

function listens(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
