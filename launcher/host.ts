import { spawn } from 'node:child_process'
import { lookup } from 'node:dns/promises'
import { accessSync, constants, existsSync, readdirSync, readFileSync, readlinkSync, statfsSync, statSync } from 'node:fs'
import { connect } from 'node:net'
import { cpus, totalmem } from 'node:os'

/** This machine, as far as the launcher looks at it. Handed in, so that tests can put a broken machine in its place. */
export interface Host {
  readonly isRoot: boolean
  readonly nodeVersion: string
  /** The text of a file; nothing when it is not there or may not be read. */
  readText(path: string): string | undefined
  readLink(path: string): string | undefined
  list(dir: string): readonly string[]
  exists(path: string): boolean
  stat(path: string): { readonly mode: number; readonly uid: number; readonly gid: number; readonly modifiedMs: number } | undefined
  /** Whether a file can be made at this path, or in the nearest directory above it that exists. */
  mayWrite(path: string): boolean
  freeBytes(path: string): number | undefined
  readonly memoryBytes: number
  readonly processors: number
  /** Runs a program by its argument vector; code 127 when there is no such program. */
  run(program: string, args: readonly string[], wish?: { timeoutMs?: number; show?: boolean }): Promise<Ran>
  /** Nothing when the port answers, otherwise why not. */
  connect(host: string, port: number, timeoutMs: number): Promise<string | undefined>
  /** Nothing when the name resolves, otherwise why not. */
  resolve(name: string): Promise<string | undefined>
}

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export const thisHost: Host = {
  isRoot: process.getuid?.() === 0,
  nodeVersion: process.versions.node,
  readText: path => orNothing(() => readFileSync(path, 'utf8')),
  readLink: path => orNothing(() => readlinkSync(path)),
  list: dir => orNothing(() => readdirSync(dir)) ?? [],
  exists: existsSync,
  stat: path =>
    orNothing(() => {
      const { mode, uid, gid, mtimeMs } = statSync(path)
      return { mode: mode & 0o777, uid, gid, modifiedMs: mtimeMs }
    }),
  mayWrite: path => {
    let place = path
    while (!existsSync(place) && place !== '/') place = place.replace(/\/[^/]*$/, '') || '/'
    return orNothing(() => accessSync(place, constants.W_OK) ?? true) ?? false
  },
  freeBytes: path => {
    let place = path
    while (!existsSync(place) && place !== '/') place = place.replace(/\/[^/]*$/, '') || '/'
    return orNothing(() => {
      const { bavail, bsize } = statfsSync(place)
      return bavail * bsize
    })
  },
  memoryBytes: totalmem(),
  processors: cpus().length,
  run,
  connect: (host, port, timeoutMs) =>
    new Promise(done => {
      const socket = connect({ host, port, timeout: timeoutMs })
      const end = (why?: string) => {
        socket.destroy()
        done(why)
      }
      socket.once('connect', () => end())
      socket.once('timeout', () => end(`no answer within ${timeoutMs} ms`))
      socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
    }),
  resolve: name =>
    lookup(name).then(
      () => undefined,
      (error: NodeJS.ErrnoException) => error.code ?? error.message,
    ),
}

function run(
  program: string,
  args: readonly string[],
  { timeoutMs = 30_000, show = false }: { timeoutMs?: number; show?: boolean } = {},
): Promise<Ran> {
  return new Promise(done => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: timeoutMs,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    })
    let [out, err] = ['', '']
    child.stdout.on('data', chunk => {
      out += chunk
      if (show) process.stderr.write(chunk)
    })
    child.stderr.on('data', chunk => {
      err += chunk
      if (show) process.stderr.write(chunk)
    })
    child.once('error', (error: NodeJS.ErrnoException) => done({ code: error.code === 'ENOENT' ? 127 : 126, out, err: error.message }))
    child.once('close', (code, signal) => done({ code: code ?? (signal === null ? 1 : 124), out, err }))
  })
}

function orNothing<T>(look: () => T): T | undefined {
  try {
    return look()
  } catch {
    return undefined
  }
}
