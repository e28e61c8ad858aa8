import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { openMysqlOnce, openPostgresOnce } from './throw-away-door.ts'

/** A database server of our own, on 127.0.0.1, in a temporary folder. */
export interface ThrowAwayServer {
  readonly port: number
  /** URL of a database that does not exist yet; opening it creates it. */
  freshUrl(): string
  /** Says something as the server's administrator, in a database that always exists. */
  say(sql: string): Promise<void>
  /** Ends politely, as `systemctl stop` does. */
  stop(): Promise<void>
  /** Ends as power loss of the process does: kill -9. */
  kill(): Promise<void>
  /** Starts again with the same data on the same port; resolves when it answers. */
  start(): Promise<void>
  /** Stops it and deletes everything. */
  remove(): Promise<void>
}

interface Kind {
  readonly name: string
  /** Debian's package that holds the programs. */
  readonly package: string
  readonly install: (folder: string) => void
  readonly command: (folder: string, port: number) => readonly [string, ...string[]]
  readonly politely: NodeJS.Signals
  /** Ends it at once, cleaning up nothing but shared memory. */
  readonly atOnce: NodeJS.Signals
  readonly url: (port: number, database: string) => string
  readonly say: (port: number, sql: string) => Promise<void>
}

export async function throwAwayMaria(): Promise<ThrowAwayServer> {
  const install = findProgram(['mariadb-install-db'], 'mariadb-server')
  const server = findProgram(['mariadbd', 'mysqld'], 'mariadb-server')
  const user = userInfo().username
  return await throwAway({
    name: 'mariadb',
    package: 'mariadb-server',
    install: folder =>
      quietly(install, [
        '--no-defaults',
        `--datadir=${folder}/data`,
        `--user=${user}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
      ]),
    command: (folder, port) => [
      server,
      '--no-defaults',
      `--datadir=${folder}/data`,
      `--user=${user}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      `--socket=${folder}/socket`,
      `--pid-file=${folder}/pid`,
      '--innodb-buffer-pool-size=64M',
      '--innodb-log-file-size=32M',
      '--skip-name-resolve',
      // What Debian sets for compatibility; our tables must not depend on it.
      '--character-set-server=utf8mb3',
    ],
    politely: 'SIGTERM',
    atOnce: 'SIGKILL',
    url: (port, database) => `mysql+pymysql://root@127.0.0.1:${port}/${database}?charset=utf8`,
    say: openMysqlOnce,
  })
}

export async function throwAwayPostgres(): Promise<ThrowAwayServer> {
  const versions = ['18', '17', '16', '15', '14', '13'].map(version => `/usr/lib/postgresql/${version}/bin`)
  const bin = versions.find(folder => existsSync(join(folder, 'initdb')))
  if (bin === undefined) throw new Error('PostgreSQL is needed for this test: apt install postgresql')
  // It refuses to run as root; Debian's package brings a user for it.
  const asUser = userInfo().uid === 0 ? ['runuser', '-u', 'postgres', '--'] : []
  const [first = '', ...rest] = [...asUser, join(bin, 'initdb')]
  // It looks for a deadlock only after a second otherwise, and tests provoke many.
  const deadlocks = { deadlock_timeout: '50ms' }
  // In its own folder instead of /dev/shm, where a killed server would leave it behind.
  const memory = { dynamic_shared_memory_type: 'mmap' }
  const settings = {
    ...memory,
    ...deadlocks,
    listen_addresses: '127.0.0.1',
    shared_buffers: '32MB',
    max_connections: '60',
    log_min_messages: 'fatal',
  }
  return await throwAway({
    name: 'postgresql',
    package: 'postgresql',
    install: folder => {
      if (asUser.length > 0) quietly('chown', ['postgres', folder])
      quietly(first, [...rest, '-D', `${folder}/data`, '-U', 'root', '-A', 'trust', '-E', 'UTF8', '--locale=C.UTF-8', '-N'])
    },
    command: (folder, port) => [
      ...(asUser as []),
      join(bin, 'postgres'),
      '-D',
      `${folder}/data`,
      '-p',
      String(port),
      '-k',
      folder,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
    politely: 'SIGINT',
    atOnce: 'SIGQUIT',
    url: (port, database) => `postgresql+psycopg2://root@127.0.0.1:${port}/${database}`,
    say: openPostgresOnce,
  })
}

async function throwAway(kind: Kind): Promise<ThrowAwayServer> {
  const folder = mkdtempSync(join(tmpdir(), `kilonova-${kind.name}-`))
  chmodSync(folder, 0o755)
  const sweep = () => rmSync(folder, { recursive: true, force: true })
  try {
    kind.install(folder)
  } catch (error) {
    sweep()
    throw error
  }
  const port = await freePort()
  let child: ChildProcess | undefined
  let count = 0

  const end = async (signal: NodeJS.Signals) => {
    const ending = child
    if (ending === undefined) return
    child = undefined
    const pid = serverPid(ending, folder)
    if (ending.exitCode === null && ending.signalCode === null) {
      const gone = new Promise(resolve => ending.once('exit', resolve))
      if (isAlive(pid)) process.kill(pid, signal)
      await gone
    }
    // The program that changed the user may end before the server does.
    while (isAlive(pid)) await sleep(20)
  }
  const start = async () => {
    const [program, ...args] = kind.command(folder, port)
    const starting = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    starting.stderr?.on('data', data => {
      said = (said + data).slice(-2000)
    })
    child = starting
    await answers(kind, port, starting, () => said)
  }
  // The test's process may end without its last words.
  const orphan = () => child !== undefined && process.kill(serverPid(child, folder), kind.atOnce)
  process.once('exit', orphan)

  const server: ThrowAwayServer = {
    port,
    freshUrl: () => kind.url(port, `test_${process.pid}_${++count}`),
    say: sql => kind.say(port, sql),
    stop: () => end(kind.politely),
    kill: () => end('SIGKILL'),
    start,
    remove: async () => {
      await end(kind.atOnce)
      process.off('exit', orphan)
      sweep()
    },
  }
  try {
    await start()
    return server
  } catch (error) {
    await server.remove()
    throw error
  }
}

/** The server itself, which may be the child of a program that changed the user. */
function serverPid(child: ChildProcess, folder: string): number {
  for (const file of [`${folder}/pid`, `${folder}/data/postmaster.pid`]) {
    if (!existsSync(file)) continue
    const pid = Number.parseInt(readFileSync(file, 'utf8'), 10)
    if (pid > 0) return pid
  }
  if (child.pid === undefined) throw new Error('The server was never started')
  return child.pid
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

async function answers(kind: Kind, port: number, child: ChildProcess, said: () => string): Promise<void> {
  const deadline = performance.now() + 60_000
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The throw-away ${kind.name} ended (package ${kind.package}): ${said()}`)
    try {
      return await kind.say(port, 'select 1')
    } catch (error) {
      if (performance.now() > deadline) throw new Error(`The throw-away ${kind.name} does not answer: ${said()}`, { cause: error })
      await sleep(50)
    }
  }
}

function findProgram(names: readonly string[], debianPackage: string): string {
  const folders = ['/usr/sbin', '/usr/bin', '/usr/local/sbin', '/usr/local/bin', ...(process.env['PATH'] ?? '').split(':')]
  for (const name of names) {
    const found = folders.map(folder => join(folder, name)).find(existsSync)
    if (found !== undefined) return found
  }
  throw new Error(`${names[0]} is needed for this test: apt install ${debianPackage}`)
}

function quietly(program: string, args: readonly string[]): void {
  execFileSync(program, args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
    probe.once('error', reject)
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as AddressInfo
      probe.close(() => resolve(port))
    })
  })
}
