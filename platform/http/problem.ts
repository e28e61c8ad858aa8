import type { RefusalKind } from '../refusal.ts'

/** What went wrong, before a service spells it. `no-route` and `defect` are the two that no logic throws. */
export interface Problem {
  readonly kind: RefusalKind | 'no-route' | 'no-version' | 'defect'
  readonly status: number
  readonly message: string
  readonly code: string | undefined
  readonly extra: Readonly<Record<string, unknown>>
  readonly retryAfterS: number | undefined
  readonly requestId: string
  /** The version that was agreed on, where callers choose one and it was understood. */
  readonly version?: string | undefined
}

/** How a service writes a problem on the wire. The status may be the service's own for the kind. */
export type Spelling = (problem: Problem) => {
  readonly status?: number
  readonly body: object | string
  readonly headers?: Readonly<Record<string, string>>
}

export const usualStatus: Readonly<Record<Problem['kind'], number>> = {
  invalid: 400,
  unauthenticated: 401,
  forbidden: 403,
  'not-found': 404,
  'no-route': 404,
  'not-allowed': 405,
  'no-version': 406,
  conflict: 409,
  gone: 410,
  stale: 412,
  'too-large': 413,
  'over-quota': 403,
  'unsupported-media': 415,
  'unsatisfiable-range': 416,
  defect: 500,
  'not-built': 501,
  unavailable: 503,
}
