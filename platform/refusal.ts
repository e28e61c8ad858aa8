/** Why a wish is refused. A closed list: each service spells every kind in its own `faults.ts`. */
export type RefusalKind =
  | 'invalid'
  | 'unauthenticated'
  | 'forbidden'
  | 'not-found'
  | 'not-allowed'
  | 'conflict'
  | 'gone'
  | 'stale'
  | 'too-large'
  | 'over-quota'
  | 'unsupported-media'
  | 'unsatisfiable-range'
  | 'not-built'
  | 'unavailable'

/**
 * A wish that is answered with no. The message is for the caller; `cause` is for the log. Any other error that reaches the door is a
 * defect: the caller gets a 500, a request id and no text.
 */
export class Refusal extends Error {
  readonly kind: RefusalKind
  /** The service's own word for this refusal where its wire format has one (`NetworkInUse`, `placement.undefined_code`). */
  readonly code: string | undefined
  /** Seconds after which trying again makes sense. */
  readonly retryAfterS: number | undefined
  /** More fields for the services whose fault body has them (Keystone's receipt, Neutron's detail). */
  readonly extra: Readonly<Record<string, unknown>>

  constructor(
    kind: RefusalKind,
    message: string,
    more: { cause?: unknown; code?: string; retryAfterS?: number; extra?: Readonly<Record<string, unknown>> } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.name = 'Refusal'
    this.kind = kind
    this.code = more.code
    this.retryAfterS = more.retryAfterS
    this.extra = more.extra ?? {}
  }
}
