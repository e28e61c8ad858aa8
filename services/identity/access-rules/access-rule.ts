/** One kind of request that an application credential may be used for. */
export interface AccessRule {
  readonly id: string
  readonly userId: string
  /** A service's type: `compute`. */
  readonly service: string
  /** With `*` and `{name}` for a segment and `**` for any number of them. */
  readonly path: string
  readonly method: string
}
