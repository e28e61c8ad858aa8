/** A policy file that some service is to fetch; identity keeps it and does not read it. */
export interface PolicyDocument {
  readonly id: string
  /** Its media type: `application/json`. */
  readonly type: string
  readonly blob: string
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}
