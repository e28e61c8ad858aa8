/** An HTTP neighbour, asked with JSON: a service of this cloud, or of another. */
export interface HttpClient {
  ask(wish: HttpWish): Promise<HttpAnswer>
  /** Server-sent events, until the signal or the end of the connection. */
  follow(wish: {
    readonly path: string
    readonly headers: Readonly<Record<string, string>>
    readonly signal: AbortSignal
  }): Promise<{ readonly status: number; readonly events: AsyncIterable<SentEvent> }>
}

export interface HttpWish {
  readonly method: string
  /** Behind the neighbour's own URL, with its query. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

export interface HttpAnswer {
  readonly status: number
  header(name: string): string | undefined
  /** Parsed JSON, or text. */
  readonly body: unknown
}

export interface SentEvent {
  readonly id: string | undefined
  readonly event: string | undefined
  readonly data: string
}

/** Calls reject when the neighbour cannot be reached or does not answer in time. Redirections are not followed: tokens stay here. */
export function httpClient({ url, timeoutMs = 30_000 }: { readonly url: string; readonly timeoutMs?: number }): HttpClient {
  const base = url.replace(/\/+$/, '')
  return {
    async ask({ method, path, headers = {}, body }) {
      const answer = await fetch(`${base}${path}`, {
        method,
        headers: { accept: 'application/json', ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
        redirect: 'manual',
        signal: AbortSignal.timeout(timeoutMs),
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      const isJson = answer.headers.get('content-type')?.includes('json') && text !== ''
      return {
        status: answer.status,
        header: name => answer.headers.get(name) ?? undefined,
        body: isJson ? (JSON.parse(text) as unknown) : text,
      }
    },

    async follow({ path, headers, signal }) {
      const answer = await fetch(`${base}${path}`, { headers: { accept: 'text/event-stream', ...headers }, redirect: 'manual', signal })
      if (answer.status !== 200) await answer.body?.cancel()
      return { status: answer.status, events: eventsIn(answer.status === 200 ? answer.body : null) }
    },
  }
}

async function* eventsIn(body: ReadableStream<Uint8Array> | null): AsyncGenerator<SentEvent> {
  if (body === null) return
  let rest = ''
  for await (const piece of body.pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + piece).replaceAll('\r\n', '\n').split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const event = eventIn(block)
      if (event) yield event
    }
  }
}

/** Nothing for a comment. */
function eventIn(block: string): SentEvent | undefined {
  const lines = block.split('\n').map(line => /^(id|event|data): ?(.*)$/s.exec(line))
  const lastOf = (name: string) => lines.findLast(line => line?.[1] === name)?.[2]
  const data = lines.flatMap(line => (line?.[1] === 'data' ? [line[2] ?? ''] : []))
  return data.length === 0 ? undefined : { id: lastOf('id'), event: lastOf('event'), data: data.join('\n') }
}
