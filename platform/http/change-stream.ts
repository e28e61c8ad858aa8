import { Readable } from 'node:stream'
import type { ChangeLog, LoggedChange } from '../changes/change.ts'
import type { Caller } from '../policy/caller.ts'
import { Refusal } from '../refusal.ts'
import type { May } from './endpoint.ts'

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
  /** Ends the stream: the client went away, or the process is about to stop. */
  readonly signal: AbortSignal
}

/** The two policy rules that guard a service's change log: a project's own changes, and everybody's. */
export interface ChangeRules {
  readonly own: string
  readonly all: string
}

/** What a client asks of the log, over either wire. */
export interface ChangeQuery {
  readonly since?: number | undefined
  readonly kind?: string | undefined
  readonly id?: string | undefined
  readonly project_id?: string | undefined
}

/**
 * What a caller gets to see, from where. A browser that lost its stream asks for the same URL again with `Last-Event-ID`, which is newer
 * than the `since` in it. Refusal('gone') when the log no longer reaches back so far: read the resources anew, then from the head.
 */
export async function streamWish(
  log: ChangeLog,
  asked: { query: ChangeQuery; lastEventId?: string | undefined; caller: Caller; may: May; rules: ChangeRules },
): Promise<Omit<StreamWish, 'signal'>> {
  const { query, lastEventId, caller, may, rules } = asked
  const resumed = lastEventId !== undefined && /^\d{1,15}$/.test(lastEventId) ? Number(lastEventId) : undefined
  const since = resumed ?? query.since ?? (await log.head())
  if (since > (await log.head())) throw new Refusal('invalid', 'The log has no such offset yet.')
  await log.read(since, { limit: 1 })
  return {
    since,
    // A caller without a project owns no changes: no project's id is empty.
    projectId: may(rules.all) ? query.project_id : (caller.projectId ?? ''),
    kinds: query.kind === undefined ? undefined : [query.kind],
    id: query.id,
  }
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

/** The changes a wish names, until its signal. */
export async function* changesFor(log: ChangeLog, { since, projectId, kinds, id, signal }: StreamWish): AsyncGenerator<LoggedChange> {
  try {
    yield* log.follow(since, {
      signal,
      ...(projectId === undefined ? {} : { projectId }),
      ...(kinds === undefined ? {} : { kinds }),
      ...(id === undefined ? {} : { id }),
    })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * Server-sent events: `id` is the offset, so a browser's own reconnect resumes by `Last-Event-ID`. A client too slow for what the log keeps
 * is let go; when it asks again it hears that what it wants is gone.
 */
export function serverSentEvents(log: ChangeLog, wish: StreamWish): Readable {
  async function* events() {
    yield ': the change log follows\n\n'
    try {
      for await (const change of changesFor(log, wish))
        yield `id: ${change.offset}\nevent: ${change.kind}.${change.act}\ndata: ${JSON.stringify(changeView(change))}\n\n`
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
    }
  }
  return Readable.from(events())
}
