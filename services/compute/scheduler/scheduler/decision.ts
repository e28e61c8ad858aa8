import type { Objection } from './request.ts'

/** Why a server is on its host, or on none: kept for a while, for operators. */
export interface Decision {
  readonly id: string
  readonly serverId: string
  readonly projectId: string
  readonly requestId: string
  readonly at: string
  /** Nothing when there was none. */
  readonly host: string | null
  /** What its owner was told when there was none. */
  readonly says: string | null
  /** The best first. */
  readonly ranked: readonly { readonly host: string; readonly weight: number }[]
  readonly refused: readonly ({ readonly host: string } & Objection)[]
}
