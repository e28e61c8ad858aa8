/** What a consumer takes from a provider of one resource class. */
export interface Allocation {
  readonly consumerUuid: string
  readonly providerUuid: string
  readonly resourceClass: string
  readonly used: number
  readonly changedAt: number
}

/** Who takes: a server, a volume. It is there exactly as long as it has allocations. */
export interface Consumer {
  readonly uuid: string
  /** Rises with every change of its allocations; a writer names the one it has seen, or null where there was nobody. */
  readonly generation: number
  readonly projectId: string
  readonly userId: string
  /** INSTANCE, MIGRATION; null when none was ever told. */
  readonly type: string | null
}

/** Amounts by resource class. */
export type Amounts = Readonly<Record<string, number>>

/** All that a consumer shall have from now on; nothing from nobody releases everything. */
export interface Claim {
  readonly consumerUuid: string
  /** Amounts by resource class, by provider. */
  readonly allocations: Readonly<Record<string, Amounts>>
  readonly projectId: string
  readonly userId: string
  /** What the writer has seen; left out, nobody asks (before 1.28). */
  readonly generation?: number | null | undefined
  readonly type?: string | undefined
}

/** How a consumer without a type is called. */
export const unknownType = 'unknown'
