import type { ChangeLog } from '../changes/change.ts'
import { type ChangeRules, serverSentEvents, streamWish } from './change-stream.ts'
import { Answer, type declarations, type Endpoint } from './endpoint.ts'
import { optional } from './fields.ts'
import { integer, text } from './shape.ts'

/** `GET <path>`: the service's change log as server-sent events, resumable by `since` or `Last-Event-ID`. */
export function changeEndpoint(
  path: string,
  { endpoint, query }: Pick<ReturnType<typeof declarations>, 'endpoint' | 'query'>,
  log: ChangeLog,
  rules: ChangeRules,
): Endpoint {
  return endpoint(`GET ${path}`, {
    summary: 'Follow the changes of the caller’s project, or of all, as they happen',
    policy: rules.own,
    query: query({ since: optional(integer({ min: 0 })), kind: optional(text()), id: optional(text()), project_id: optional(text()) }),
    status: 200,
    target: ({ caller }) => ({ project_id: caller.projectId }),
    async run({ caller, query, door, may }) {
      const lastEventId = [door.headers['last-event-id']].flat()[0]
      const wish = await streamWish(log, { query, lastEventId, caller, may, rules })
      const signal = AbortSignal.any([door.signal, door.closing])
      const headers = { 'content-type': 'text/event-stream', 'cache-control': 'no-store', 'x-accel-buffering': 'no' }
      return new Answer<void>({ stream: serverSentEvents(log, { ...wish, signal }), headers })
    },
  })
}
