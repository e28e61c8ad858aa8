import type { ChangeLog } from '../changes/change.ts'
import { serverSentEvents } from './change-stream.ts'
import { Answer, type declarations, type Endpoint } from './endpoint.ts'
import { optional } from './fields.ts'
import { integer, text } from './shape.ts'

/** The two policy rules that guard a service's change log: a project's own changes, and everybody's. */
export interface ChangeRules {
  readonly own: string
  readonly all: string
}

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
      const resumed = Number(door.headers['last-event-id'])
      const since = query.since ?? (Number.isInteger(resumed) && resumed >= 0 ? resumed : await log.head())
      const projectId = may(rules.all) ? query.project_id : (caller.projectId ?? '')
      const stream = serverSentEvents(log, {
        since,
        projectId,
        kinds: query.kind === undefined ? undefined : [query.kind],
        id: query.id,
        signal: door.signal,
      })
      return new Answer<void>({ stream, headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' } })
    },
  })
}
