import type { Cause } from '../cause.ts'

/** What one write means, in the words of the domain. Offset, time and cause are added when the transaction is committed. */
export interface Change {
  /** Service and resource: `identity.project`. */
  readonly kind: string
  readonly id: string
  /** `created`, `updated`, `deleted` or another past participle of the domain: `attached`, `resized`. */
  readonly act: string
  /** Whose it is, which is who may see it in the stream. */
  readonly projectId?: string | undefined
  readonly domainId?: string | undefined
  readonly userId?: string | undefined
  /**
   * The public fields as they are after the change. It is shown to whoever may see the resource and is kept for a long time, so it
   * never holds a secret: no password hash, key, token or trust's credential. Nothing strips it: the writer chooses the fields by name.
   */
  readonly after?: object | undefined
}

export interface LoggedChange extends Change {
  /** Dense in commit order, from 1: a reader that has seen n has seen all below. */
  readonly offset: number
  /** ISO 8601 in UTC, by the clock of the process that wrote it; not necessarily rising with the offset. */
  readonly at: string
  readonly cause: Cause
}

/** Which changes a reader wants; all that are named must fit. */
export interface ChangeFilter {
  readonly projectId?: string | undefined
  readonly domainId?: string | undefined
  readonly kinds?: readonly string[] | undefined
  readonly id?: string | undefined
}

export interface ReadOptions extends ChangeFilter {
  /** At most so many, default 256, at most 1000. */
  readonly limit?: number | undefined
}

export interface FollowOptions extends ChangeFilter {
  readonly signal?: AbortSignal | undefined
}

/** The change log of one database, for reading. Writing to it is part of every transaction. */
export interface ChangeLog {
  /**
   * The changes after offset `since`, oldest first. With a filter the last of a full page is where to read on; a page that is not full
   * reached the head. Refusal('gone') when changes after `since` have been pruned: read the resources anew, then from `head()`.
   */
  read(since: number, options?: ReadOptions): Promise<readonly LoggedChange[]>
  /** The offset of the latest change; 0 before the first. */
  head(): Promise<number>
  /** The smallest offset still kept; `head() + 1` when none is. */
  oldest(): Promise<number>
  /**
   * The changes after `since`, then waits for more, until the signal is aborted (the iteration then ends) or the loop is left. Reads only
   * when asked for the next, in bounded batches, so a slow consumer holds nothing back and fills no memory. A database that is away is
   * waited for. Refusal('gone') as with `read`.
   */
  follow(since: number, options?: FollowOptions): AsyncIterable<LoggedChange>
  /** Another process has committed (the bus says so): followers look now and not at their next slow look. */
  nudge(): void
  /** Calls `run` with the new head after each commit of this process that changed something. Returns the way to stop it. */
  onCommit(run: (head: number) => void): () => void
  /** Forgets changes older than `keepMs` and beyond the latest `keepCount`; returns how many. For a reconciler. */
  prune(limits: { readonly keepMs?: number | undefined; readonly keepCount?: number | undefined }): Promise<number>
}
