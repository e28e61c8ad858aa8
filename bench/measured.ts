import { type ChildProcess, fork } from 'node:child_process'
import { Agent, type IncomingHttpHeaders, request, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/**
 * CPU per request, of a server in a process of its own that reports its own CPU time: a figure that stays put on a machine on which
 * requests per second do not.
 */
export interface Asked {
  readonly method?: string
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly expect: number
}

export interface Measured {
  ask(asked: Asked): Promise<IncomingHttpHeaders>
  /** Microseconds of the server's CPU per request, over `count` requests by `clients` at once. */
  cpuPerRequest(asked: Asked, load: { count: number; clients: number }): Promise<number>
  /** Has the server do something of its own, by a word its file understands. */
  tell(word: string): Promise<unknown>
  stop(): void
}

/** In the child: serves, and answers `cpu` and the words of `tricks`. */
export function serveMeasured(server: Server, tricks: Readonly<Record<string, () => Promise<unknown>>> = {}) {
  server.keepAliveTimeout = 600_000
  server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
  process.on('message', (word: string) => {
    if (word === 'cpu') process.send?.(process.cpuUsage())
    else void tricks[word]?.().then(said => process.send?.(said ?? {}))
  })
}

/** Starts `file --serve which` and waits until it serves. */
export async function startMeasured(file: string, which: string): Promise<Measured> {
  const child = fork(file, ['--serve', which])
  const { port } = await heard<{ port: number }>(child)
  const agent = new Agent({ keepAlive: true, maxSockets: 64 })
  const ask = ({ method = 'GET', path, headers = {}, body, expect }: Asked) =>
    new Promise<IncomingHttpHeaders>((resolve, reject) => {
      const length = body === undefined ? {} : { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(body)) }
      const sent = request({ agent, port, host: '127.0.0.1', method, path, headers: { ...length, ...headers } }, answered => {
        if (answered.statusCode !== expect) reject(new Error(`${which}: ${method} ${path} answered ${answered.statusCode}`))
        answered.resume()
        answered.on('end', () => resolve(answered.headers))
      })
      sent.on('error', reject)
      sent.end(body)
    })
  const tell = async (word: string) => {
    child.send(word)
    return heard(child)
  }
  const run = async (asked: Asked, count: number, clients: number) => {
    let left = count
    await Promise.all(
      Array.from({ length: clients }, async () => {
        while (left-- > 0) await ask(asked)
      }),
    )
  }
  return {
    ask,
    tell,
    async cpuPerRequest(asked, { count, clients }) {
      await run(asked, Math.ceil(count / 5), clients)
      const before = (await tell('cpu')) as NodeJS.CpuUsage
      await run(asked, count, clients)
      const after = (await tell('cpu')) as NodeJS.CpuUsage
      return (after.user + after.system - before.user - before.system) / count
    },
    stop: () => {
      agent.destroy()
      child.kill()
    },
  }
}

const heard = <T>(child: ChildProcess): Promise<T> => new Promise(resolve => child.once('message', message => resolve(message as T)))

/** `--requests 1000` on the command line. */
export const numberSaid = (name: string, usual: number): number => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? usual : Number(process.argv[at + 1])
}

/** The same bytes by bare `node:http`: what any route costs at least. */
export const line = (what: string, us: number, bare: number) =>
  `${what.padEnd(46)} ${us.toFixed(1).padStart(8)} µs of CPU per request, ${(us / bare).toFixed(2)} times bare node:http`
