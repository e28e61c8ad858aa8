/** Something that was asked of a server. */
export interface InstanceAction {
  readonly id: string
  readonly serverId: string
  readonly requestId: string
  /** Nova's word: `create`, `stop`, `confirmResize`, ... */
  readonly action: string
  readonly userId: string | null
  readonly projectId: string | null
  readonly startedAt: string
  readonly updatedAt: string
  readonly finishedAt: string | null
  /** `Error` when something of it failed. */
  readonly message: string | null
}

/** A piece of work that was done for it, under the name Nova gives it: `compute_stop_instance`. */
export interface ActionEvent {
  readonly event: string
  readonly startedAt: string
  readonly finishedAt: string | null
  readonly result: 'Success' | 'Error' | null
  readonly host: string | null
  /** Why it failed, in words its owner may read. */
  readonly details: string | null
}

/** Which action of which server: the newest of its request. */
export interface ActionKey {
  readonly serverId: string
  readonly requestId: string
}

export interface ActionFilter {
  readonly serverId: string
  readonly limit?: number | undefined
  /** The last one of the page before. */
  readonly before?: Pick<InstanceAction, 'startedAt' | 'id'> | undefined
  readonly changedSince?: string | undefined
  readonly changedBefore?: string | undefined
}
