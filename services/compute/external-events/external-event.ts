/** What another service tells of a server, and what became of the telling. */
export interface ExternalEvent {
  readonly name: string
  readonly serverId: string
  readonly tag?: string | undefined
  readonly status?: string | undefined
}

export interface Outcome {
  readonly event: ExternalEvent
  /** 200 taken, 400 without its tag, 404 no such server, 422 the server is on no host. */
  readonly code: 200 | 400 | 404 | 422
}

/** Of these the tag says what it is about: a volume, a power state, a request. */
export const needsTag: ReadonlySet<string> = new Set(['volume-extended', 'power-update', 'accelerator-request-bound'])
