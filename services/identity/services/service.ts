/** Something the cloud serves (`compute`, `image`); its endpoints say where. */
export interface Service {
  readonly id: string
  /** What clients look for in the catalog: `compute`. */
  readonly type: string
  /** What people call it: `nova`; '' when nobody said. */
  readonly name: string
  readonly description: string | null
  /** One that is off is in nobody's catalog. */
  readonly enabled: boolean
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}
