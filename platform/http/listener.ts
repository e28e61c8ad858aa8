import { setMaxListeners } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener, type Server, type ServerResponse } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { mountBelow } from './own-address.ts'

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
  const open: Bound[] = []
  try {
    for (const mounts of byAddress.values()) open.push(await bind(mounts, wish))
  } catch (error) {
    await Promise.all(open.map(one => stop(one, 0)))
    throw error
  }
  return {
    portOf: name => {
      const found = open.find(({ mounts }) => mounts.some(mount => mount.name === name))
      if (!found) throw new Error(`nothing named ${name} is mounted`)
      return (found.server.address() as AddressInfo).port
    },
    close: async (graceMs = 5_000) => {
      await Promise.all(open.map(one => stop(one, graceMs)))
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

interface Bound {
  readonly server: Server
  readonly mounts: readonly Mount[]
  /** Tells endless answers that the end has come. */
  readonly closing: AbortController
  /** Connections that became WebSockets: the server itself no longer knows them. */
  readonly upgraded: Set<Duplex>
}

async function bind(mounts: readonly Mount[], wish: ListenWish): Promise<Bound> {
  const [first] = mounts
  if (!first) throw new Error('nothing to mount')
  const closing = new AbortController()
  const upgraded = new Set<Duplex>()
  setMaxListeners(0, closing.signal)
  const answer = dispatcher(mounts, wish, closing.signal)
  const server = wish.tls ? createSecureServer({ ...wish.tls }, answer) : createServer(answer)
  server.keepAliveTimeout = 75_000
  server.requestTimeout = 0
  server.on('clientError', sayWhatCame)
  server.on('upgrade', (request, socket, head) => {
    upgraded.add(socket)
    socket.on('close', () => upgraded.delete(socket))
    // Whoever takes the socket hears of its end by `close`; an error that nobody listens to would end the process.
    socket.on('error', () => socket.destroy())
    const mount = find(mounts, request, closing.signal)
    if (mount?.upgrade) return mount.upgrade(request, socket, head)
    socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortTaken(first.port, first.host, error) : error),
    )
    server.listen({ port: first.port, host: first.host, backlog: 1024 }, resolve)
  })
  return { server, mounts, closing, upgraded }
}

/** What cannot be read as a request, or ends before all of it has come: whoever is still there hears why. */
function sayWhatCame({ code }: NodeJS.ErrnoException, socket: Duplex): void {
  if (!socket.writable || code === 'ECONNRESET') return void socket.destroy()
  const [status, message] =
    code === 'HPE_HEADER_OVERFLOW'
      ? ['431 Request Header Fields Too Large', 'The headers of the request are too large.']
      : code === 'HPE_INVALID_EOF_STATE'
        ? ['400 Bad Request', 'The connection ended before all of the request had come: fewer bytes than Content-Length promised.']
        : ['400 Bad Request', 'This is no HTTP request.']
  const body = JSON.stringify({ message, code: status, title: status.slice(4) })
  const head = ['Connection: close', 'Content-Type: application/json', `Content-Length: ${Buffer.byteLength(body)}`]
  socket.end(`HTTP/1.1 ${status}\r\n${head.join('\r\n')}\r\n\r\n${body}`, () => socket.destroy())
}

function dispatcher(mounts: readonly Mount[], wish: ListenWish, closing: AbortSignal): RequestListener {
  return (request, response) => {
    const path = request.url?.split('?')[0]
    if (path === '/healthz') return void answerHealth(wish, response)
    if (path === '/metrics') return void answerMetrics(wish, request, response)
    const mount = find(mounts, request, closing)
    if (mount) return mount.answer(request, response)
    answerRoot(mounts, response)
  }
}

/** The mount a request is for; its URL loses the prefix, which is remembered for links. */
function find(mounts: readonly Mount[], request: IncomingMessage, closing: AbortSignal): Mount | undefined {
  const url = request.url ?? '/'
  for (const mount of mounts) {
    const { prefix } = mount
    if (prefix === '') {
      mountBelow(request, { prefix, closing })
      return mount
    }
    if (url !== prefix && !url.startsWith(`${prefix}/`) && !url.startsWith(`${prefix}?`)) continue
    const rest = url.slice(prefix.length)
    request.url = rest.startsWith('/') ? rest : `/${rest}`
    mountBelow(request, { prefix, closing })
    return mount
  }
  return undefined
}

async function answerHealth(wish: ListenWish, response: ServerResponse) {
  const complaints = await wish.health().catch(() => ['the look itself failed'])
  response.writeHead(complaints.length === 0 ? 200 : 503, { 'content-type': 'application/json' })
  response.end(JSON.stringify({ status: complaints.length === 0 ? 'ok' : 'unhealthy', complaints }))
}

export const isThisMachine = (address = '') => address === '::1' || /^(::ffff:)?127\./.test(address)

async function answerMetrics(wish: ListenWish, request: IncomingMessage, response: ServerResponse) {
  if (!isThisMachine(request.socket.remoteAddress)) return void response.writeHead(404).end()
  const text = await wish.metrics().catch(() => undefined)
  if (text === undefined) return void response.writeHead(500).end()
  response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4' }).end(text)
}

function answerRoot(mounts: readonly Mount[], response: ServerResponse) {
  response.writeHead(404, { 'content-type': 'application/json' })
  response.end(
    JSON.stringify({
      error: { code: 404, title: 'Not Found', message: `This port serves ${mounts.map(mount => mount.prefix).join(', ')}.` },
    }),
  )
}

async function stop({ server, closing, upgraded }: Bound, graceMs: number) {
  const closed = new Promise<void>(resolve => server.close(() => resolve()))
  closing.abort(new Error('the process is about to stop'))
  server.closeIdleConnections()
  // A connection kept alive is idle only once its last answer is out, and nothing tells of that moment.
  const sweep = setInterval(() => server.closeIdleConnections(), 20)
  const cut = setTimeout(() => {
    server.closeAllConnections()
    for (const socket of upgraded) socket.destroy()
  }, graceMs)
  await closed
  clearTimeout(cut)
  clearInterval(sweep)
}
