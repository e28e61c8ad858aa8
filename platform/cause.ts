/**
 * Who asked for a piece of work, and why. It travels with a request through the bus, into tasks and into the change log, so that each
 * change can be traced to the caller that wanted it.
 */
export interface Cause {
  /** `req-` and a UUID: one HTTP request, or one run of a reconciler. */
  readonly requestId: string
  /** The id a client gave to a chain of requests (`X-OpenStack-Request-ID`), if any. */
  readonly globalRequestId?: string | undefined
  readonly userId?: string | undefined
  readonly projectId?: string | undefined
  readonly domainId?: string | undefined
  /** The act, in the words of the API (`POST /v3/projects`) or the name of a task or reconciler. */
  readonly why: string
}
