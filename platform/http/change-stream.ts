import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import type { ChangeLog, LoggedChange } from '../changes/change.ts'
import { Refusal } from '../refusal.ts'

/**
 * A service's change log as a stream that a client may leave and take up again: `since` is the last offset it has seen. Nothing is
 * missing and nothing comes twice, because offsets are dense in commit order. Scoped to one project unless the caller may see all.
 */
export interface StreamWish {
  readonly since: number
  /** Only changes of this project's resources; all when undefined. */
  readonly projectId: string | undefined
  readonly kinds: readonly string[] | undefined
  readonly id: string | undefined
  readonly signal: AbortSignal
}

/** One change on the wire. */
export const changeView = ({ offset, at, kind, id, act, projectId, domainId, userId, cause, after }: LoggedChange) => ({
  offset,
  at,
  kind,
  id,
  act,
  project_id: projectId ?? null,
  domain_id: domainId ?? null,
  user_id: userId ?? null,
  by: {
    request_id: cause.requestId,
    global_request_id: cause.globalRequestId ?? null,
    user_id: cause.userId ?? null,
    project_id: cause.projectId ?? null,
    why: cause.why,
  },
  after: after ?? null,
})

/** Server-sent events: `id` is the offset, so a browser's own reconnect resumes by `Last-Event-ID`. */
export function serverSentEvents(log: ChangeLog, wish: StreamWish): Readable {
  async function* events() {
    yield ': the change log follows\n\n'
    for await (const change of log.follow(wish.since, optionsOf(wish)))
      yield `id: ${change.offset}\nevent: ${change.kind}.${change.act}\ndata: ${JSON.stringify(changeView(change))}\n\n`
  }
  return Readable.from(quietWhenAborted(events(), wish.signal))
}

const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: 4096 })

/** The same over a WebSocket, one JSON text a change. A refusal closes it with 4000 + the HTTP status. */
export function webSocketOfChanges(
  log: ChangeLog,
  wish: Omit<StreamWish, 'signal'>,
  upgrade: { request: IncomingMessage; socket: Duplex; head: Buffer },
) {
  sockets.handleUpgrade(upgrade.request, upgrade.socket, upgrade.head, socket => {
    const gone = new AbortController()
    socket.on('close', () => gone.abort(new Error('the client went away')))
    socket.on('error', () => gone.abort(new Error('the client went away')))
    const send = (text: string) => new Promise<void>((resolve, reject) => socket.send(text, error => (error ? reject(error) : resolve())))
    const pump = async () => {
      for await (const change of log.follow(wish.since, optionsOf({ ...wish, signal: gone.signal })))
        await send(JSON.stringify(changeView(change)))
    }
    pump().catch((error: unknown) => {
      if (gone.signal.aborted) return
      socket.close(
        error instanceof Refusal && error.kind === 'gone' ? 4410 : 1011,
        error instanceof Refusal ? error.message.slice(0, 120) : '',
      )
    })
  })
}

const optionsOf = ({ projectId, kinds, id, signal }: StreamWish) => ({
  signal,
  ...(projectId === undefined ? {} : { projectId }),
  ...(kinds === undefined ? {} : { kinds }),
  ...(id === undefined ? {} : { id }),
})

async function* quietWhenAborted<T>(source: AsyncIterable<T>, signal: AbortSignal) {
  try {
    yield* source
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
