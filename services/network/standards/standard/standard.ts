/** What every resource of the network service has. */
export interface Standard {
  readonly id: string
  readonly projectId: string
  readonly description: string
  /** Rises with every change; a client may make a change depend on it. */
  readonly revisionNumber: number
  readonly createdAt: string
  readonly updatedAt: string
  readonly tags: readonly string[]
}

/** As the API writes moments: to the second. */
export const momentOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`

/** The standard part of a thing that is new. */
export const fresh = (id: string, projectId: string, nowMs: number, description = ''): Standard => ({
  id,
  projectId,
  description,
  revisionNumber: 0,
  createdAt: momentOf(nowMs),
  updatedAt: momentOf(nowMs),
  tags: [],
})

/** The same thing after one more change. */
export const revised = <N extends Pick<Standard, 'revisionNumber' | 'updatedAt'>>(thing: N, nowMs: number): N => ({
  ...thing,
  revisionNumber: thing.revisionNumber + 1,
  updatedAt: momentOf(nowMs),
})
