import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { mountBelow } from './handle.ts'

/** A service at a path of a port; `''` for all of the port. */
export interface Mount {
  readonly name: string
  readonly host: string
  readonly port: number
  /** `/identity` in one-port mode, else ''. */
  readonly prefix: string
  readonly answer: RequestListener
  /** WebSockets, where the service has them. */
  upgrade?(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export interface Tls {
  /** PEM text. */
  readonly cert: string
  readonly key: string
}

export interface Listening {
  /** The port that was bound, for a mount that asked for port 0. */
  portOf(name: string): number
  /** Stops accepting, lets requests under way finish for at most `graceMs`, then cuts them. */
  close(graceMs?: number): Promise<void>
}

export interface ListenWish {
  readonly mounts: readonly Mount[]
  readonly tls?: Tls | undefined
  /** What `/healthz` says; empty means healthy. */
  health(): Promise<readonly string[]>
  /** The text of `/metrics`, in Prometheus' format; served to this machine only. */
  metrics(): Promise<string>
}

/** Binds every port the mounts name, once each. A port in use is one `PortTaken` that names it. */
export async function listen(wish: ListenWish): Promise<Listening> {
  const byAddress = Map.groupBy(wish.mounts, ({ host, port, name }) => (port === 0 ? `${host}:0:${name}` : `${host}:${port}`))
  const open: { server: Server; mounts: readonly Mount[] }[] = []
  try {
    for (const mounts of byAddress.values()) open.push({ server: await bind(mounts, wish), mounts })
  } catch (error) {
    await Promise.all(open.map(({ server }) => stop(server, 0)))
    throw error
  }
  return {
    portOf: name => {
      const found = open.find(({ mounts }) => mounts.some(mount => mount.name === name))
      if (!found) throw new Error(`nothing named ${name} is mounted`)
      return (found.server.address() as AddressInfo).port
    },
    close: async (graceMs = 5_000) => {
      await Promise.all(open.map(({ server }) => stop(server, graceMs)))
    },
  }
}

export class PortTaken extends Error {
  readonly port: number
  constructor(port: number, host: string, cause: unknown) {
    super(`port ${port} on ${host} is in use by another program`, { cause })
    this.port = port
  }
}

async function bind(mounts: readonly Mount[], wish: ListenWish): Promise<Server> {
  const [first] = mounts
  if (!first) throw new Error('nothing to mount')
  const answer = dispatcher(mounts, wish)
  const server = wish.tls ? createSecureServer({ ...wish.tls }, answer) : createServer(answer)
  server.keepAliveTimeout = 75_000
  server.requestTimeout = 0
  server.on('upgrade', (request, socket, head) => {
    const mount = find(mounts, request)
    if (mount?.upgrade) return mount.upgrade(request, socket, head)
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTaken(first.port, first.host, error) : error),
    )
    server.listen({ port: first.port, host: first.host, backlog: 1024 }, resolve)
  })
  return server
}

function dispatcher(mounts: readonly Mount[], wish: ListenWish): RequestListener {
  return (request, response) => {
    if (request.url === '/healthz') return void answerHealth(wish, response)
    if (request.url === '/metrics') return void answerMetrics(wish, request, response)
    const mount = find(mounts, request)
    if (mount) return mount.answer(request, response)
    answerRoot(mounts, response)
  }
}

/** The mount a request is for; its URL loses the prefix, which is remembered for links. */
function find(mounts: readonly Mount[], request: IncomingMessage): Mount | undefined {
  const url = request.url ?? '/'
  for (const mount of mounts) {
    if (mount.prefix === '') return mount
    if (url !== mount.prefix && !url.startsWith(`${mount.prefix}/`) && !url.startsWith(`${mount.prefix}?`)) continue
    const rest = url.slice(mount.prefix.length)
    request.url = rest.startsWith('/') ? rest : `/${rest}`
    mountBelow(request, mount.prefix)
    return mount
  }
  return undefined
}

async function answerHealth(wish: ListenWish, response: ServerResponse) {
  const complaints = await wish.health().catch(error => [String(error)])
  response.writeHead(complaints.length === 0 ? 200 : 503, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ status: complaints.length === 0 ? 'ok' : 'unhealthy', complaints }))
}

const loopback = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

async function answerMetrics(wish: ListenWish, request: IncomingMessage, response: ServerResponse) {
  if (!loopback.has(request.socket.remoteAddress ?? '')) return void response.writeHead(404).end()
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(await wish.metrics())
}

function answerRoot(mounts: readonly Mount[], response: ServerResponse) {
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      error: { code: 404, title: 'Not Found', message: `This port serves ${mounts.map(mount => mount.prefix).join(', ')}.` },
    }),
  )
}

async function stop(server: Server, graceMs: number) {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  server.closeIdleConnections()
  const cut = setTimeout(() => server.closeAllConnections(), graceMs)
  await closed
  clearTimeout(cut)
}
