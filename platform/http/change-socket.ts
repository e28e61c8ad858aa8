import { type IncomingMessage, STATUS_CODES } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ChangeLog } from '../changes/change.ts'
import { Refusal } from '../refusal.ts'
import { first, mountingOf } from './own-address.ts'
import { type ChangeRules, changesFor, changeView, streamWish } from './change-stream.ts'
import { readQuery } from './read-query.ts'
import type { Service } from './service.ts'
import { integer, object, maybe, text } from './shape.ts'
import { NoRoute, problemOf } from './spell.ts'
import { validator } from './validate.ts'

/** What the upgrade needs of a service's door. */
type Doorway = Pick<Service, 'authenticate' | 'policy' | 'spell' | 'chance' | 'log'>

export interface ChangeSocketWish extends Doorway {
  /** `/v3/changes`: where the same log is served as server-sent events. */
  readonly path: string
  readonly changes: ChangeLog
  readonly rules: ChangeRules
}

/** What a client names besides its token, so that the token is not what the server repeats. */
const protocol = 'kilonova.changes'
const tokenPrefix = 'token.'

/**
 * The change log over a WebSocket, one JSON text a change, for `Mount.upgrade`. Takes the same query as the server-sent events. The token
 * comes as `X-Auth-Token` or, from browsers, which cannot set headers here, as a subprotocol beside the one that is spoken:
 * `new WebSocket(url, ['kilonova.changes', 'token.gAAAA…'])`. What is refused before is answered in HTTP, in the service's dialect; later the
 * socket is closed with 4410 when the log was pruned beyond the reader, 1001 when the process stops, 1011 after a defect.
 */
export const upgradeToChanges = (wish: ChangeSocketWish) => (request: IncomingMessage, socket: Duplex, head: Buffer) =>
  void welcome(wish, request).then(
    stream => sockets.handleUpgrade(request, socket, head, opened => pump(wish, opened, stream, mountingOf(request).closing)),
    (error: unknown) => turnAway(wish, socket, error),
  )

const sockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: 4096,
  handleProtocols: offered => (offered.has(protocol) ? protocol : ([...offered][0] ?? false)),
})

const queryShape = object(
  { since: maybe(integer({ min: 0 })), kind: maybe(text()), id: maybe(text()), project_id: maybe(text()) },
  { extra: 'keep' },
)
const check = validator(() => queryShape.schema, 'query')

async function welcome({ authenticate, policy, chance, path, changes, rules }: ChangeSocketWish, request: IncomingMessage) {
  const url = new URL(request.url ?? '/', 'http://localhost')
  if (url.pathname !== path) throw new NoRoute()
  const caller = await authenticate({ method: 'GET', path, token: tokenOf(request), requestId: `req-${chance.uuid()}` })
  if (!caller) throw new Refusal('unauthenticated', 'The request you have made requires authentication.')
  const may = (rule: string, target = {}) => policy.check(rule, caller, target)
  if (!may(rules.own, { project_id: caller.projectId }))
    throw new Refusal('forbidden', `You are not authorized to perform the requested action: ${rules.own}.`, {
      extra: { policy: rules.own },
    })
  const query = readQuery(queryShape.schema, Object.fromEntries(url.searchParams))
  const wrong = check(query)
  if (wrong) throw wrong
  return streamWish(changes, { query, caller, may, rules })
}

function tokenOf({ headers }: IncomingMessage): string | undefined {
  const offered = (headers['sec-websocket-protocol'] ?? '').split(',').map(one => one.trim())
  return first(headers['x-auth-token']) ?? offered.find(one => one.startsWith(tokenPrefix))?.slice(tokenPrefix.length)
}

function turnAway({ spell, chance, log }: Doorway, socket: Duplex, error: unknown) {
  const requestId = `req-${chance.uuid()}`
  const problem = problemOf(error, requestId)
  if (problem.kind === 'defect') log.error('a WebSocket failed by a defect of ours', { request_id: requestId, error })
  const { status = problem.status, body, headers = {} } = spell(problem)
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const all = {
    ...headers,
    'x-openstack-request-id': requestId,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  socket.end([`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? 'Error'}`, 'connection: close', ...lines, '', text].join('\r\n'))
}

type Wished = Awaited<ReturnType<typeof streamWish>>

function pump({ changes, log }: ChangeSocketWish, socket: WebSocket, wish: Wished, closing: AbortSignal) {
  const gone = new AbortController()
  const leave = () => gone.abort(new Error('the client went away'))
  const end = () => {
    socket.close(1001, 'the service stops')
    leave()
  }
  socket.on('close', leave).on('error', leave)
  closing.addEventListener('abort', end)
  gone.signal.addEventListener('abort', () => closing.removeEventListener('abort', end))
  if (closing.aborted) return end()
  send(socket, changes, { ...wish, signal: gone.signal }).catch((error: unknown) => {
    if (gone.signal.aborted) return
    if (error instanceof Refusal) return socket.close(error.kind === 'gone' ? 4410 : 4503, error.message.slice(0, 120))
    log.error('a WebSocket failed by a defect of ours', { error })
    socket.close(1011)
  })
}

/** Waits for each text to leave before the next is read, so that a slow client fills no memory. */
async function send(socket: WebSocket, changes: ChangeLog, wish: Parameters<typeof changesFor>[1]) {
  for await (const change of changesFor(changes, wish))
    await new Promise<void>((resolve, reject) =>
      socket.send(JSON.stringify(changeView(change)), error => (error ? reject(error) : resolve())),
    )
}
