import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * A cloud as anybody starts one, by `./kilonova up`, in a home that goes with the test; and other people's programs, which find it by
 * what `up` wrote for them and by nothing else.
 */
export interface Cloud {
  readonly home: string
  readonly port: number
  /** What `up` printed. */
  readonly said: string
  kilonova(...words: readonly string[]): Promise<Ran>
  /** A line of a shell that has sourced `admin-openrc`: `openstack token issue`. */
  shell(line: string, dialogue?: Dialogue): Promise<Ran>
  close(): Promise<void>
}

/** What is typed after which words have come: a terminal forgets what was typed before a prompt. */
export type Dialogue = readonly (readonly [prompt: string, answer: string])[]

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

const launcher = fileURLToPath(new URL('../../kilonova', import.meta.url))

/** `services` as in `--only`; `flags` as in `--set`. Everything is on one port that is free. */
export async function startCloud({ services, flags = [] }: { services: string; flags?: readonly string[] }): Promise<Cloud> {
  const home = mkdtempSync(join(tmpdir(), 'kilonova-conformance-'))
  const port = await freePort()
  const said = ['guest_image=false', 'demo_server=false', ...flags]
  const kilonova = (...words: readonly string[]) => run(launcher, ['--home', home, ...said.flatMap(flag => ['--set', flag]), ...words])
  // The test's process may end without its last words; the cloud is a process of its own and would go on.
  const orphan = () => spawn(launcher, ['--home', home, 'down'], { stdio: 'ignore', detached: true }).unref()
  process.once('exit', orphan)
  const close = async () => {
    process.off('exit', orphan)
    await endAll()
    await kilonova('down')
    rmSync(home, { recursive: true, force: true })
  }
  const { code, out, err } = await kilonova('up', '--only', services, '--one-port', String(port), '--no-install')
  if (code !== 0) {
    await close()
    throw new Error(`The cloud did not start: ${err}`)
  }
  return {
    home,
    port,
    said: out,
    kilonova,
    shell: (line, dialogue) => run('bash', ['-c', `. ${home}/admin-openrc; ${line}`], dialogue),
    close,
  }
}

/** The rows of a table as the openstack command prints it: `| name | nova |`. */
export function fieldsOf(table: string): Readonly<Record<string, string>> {
  const rows = table.split('\n').flatMap(line => {
    const [, field, value] = /^\| (\S+) +\| (.*?) +\|$/.exec(line.trim()) ?? []
    return field === undefined || value === undefined || field === 'Field' ? [] : [[field, value] as const]
  })
  return Object.fromEntries(rows)
}

/** Everything the tests were started with, but nothing of another cloud's. */
const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(OS|KILONOVA)_/.test(name)))

/** No command of a client takes so long; one that waits for an answer nobody gives would stay for ever. */
const patienceMs = 120_000
const running = new Set<ChildProcess>()

/** Each in a group of its own, which goes with the test even when the test did not wait for its end. */
export function run(program: string, args: readonly string[], dialogue: Dialogue = []): Promise<Ran> {
  const { promise, resolve, reject } = Promise.withResolvers<Ran>()
  const child = spawn(program, args, { env: { ...environment, LC_ALL: 'C.UTF-8' }, detached: true })
  running.add(child)
  const impatient = setTimeout(() => end(child), patienceMs)
  const said = { out: '', err: '' }
  const ahead = [...dialogue]
  let heard = 0
  child.stdout.setEncoding('utf8').on('data', text => {
    said.out += text
    const [next] = ahead
    const at = next === undefined ? -1 : said.out.indexOf(next[0], heard)
    if (next === undefined || at < 0) return
    heard = at + next[0].length
    ahead.shift()
    child.stdin.write(next[1])
  })
  child.stderr.setEncoding('utf8').on('data', text => (said.err += text))
  child.stdin.on('error', () => {}) // It may have ended before it read everything.
  child.once('error', reject)
  child.once('close', code => {
    clearTimeout(impatient)
    running.delete(child)
    resolve({ code: code ?? 1, ...said })
  })
  if (dialogue.length === 0) child.stdin.end()
  return promise
}

function end({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

async function endAll(): Promise<void> {
  const gone = [...running].map(child => new Promise(resolve => child.once('close', resolve)))
  for (const child of running) end(child)
  await Promise.all(gone)
}

process.once('exit', () => {
  for (const child of running) end(child)
})

const freePort = () =>
  new Promise<number>(done => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => done(typeof address === 'object' && address ? address.port : 0))
    })
  })
