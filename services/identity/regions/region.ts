/** A place where the cloud runs; regions form a forest. Endpoints belong to one. */
export interface Region {
  /** Chosen by the client or 32 hexadecimal digits. */
  readonly id: string
  readonly description: string
  readonly parentRegionId: string | null
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}
