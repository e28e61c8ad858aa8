import type { Cause } from '@kilonova/platform/cause.ts'
import type { Viewer, Wanted } from '../../listings/listing.ts'
import { refuseStale } from '../../refusals/refusal.ts'

/** One wish of a client, besides its content. */
export interface Act {
  readonly cause: Cause
  readonly viewer: Viewer
  /** The parameters of the path that name what it is inside of: `{ policy_id }`. */
  readonly within: Within
  /** The revision the client has seen and insists on. */
  readonly revision?: number | undefined
}

export type Within = Readonly<Record<string, string>>

/** What the five usual routes of a resource are answered by. */
export interface Answering<N> {
  list(wanted: Wanted, viewer: Viewer, within: Within): Promise<readonly N[]>
  /** Refuses what is not there or not to be seen. */
  get(id: string, viewer: Viewer, within: Within): Promise<N>
  create?(wishes: readonly never[], act: Act): Promise<readonly N[]>
  update?(id: string, change: never, act: Act): Promise<N>
  delete?(id: string, act: Act): Promise<void>
}

/** Refuses when a client insists on a revision that has passed. */
export function mustBeAt({ revision }: Act, { revisionNumber }: { readonly revisionNumber: number }): void {
  if (revision !== undefined && revision !== revisionNumber)
    refuseStale('RevisionNumberConstraintFailed', `Constrained to ${revision}, but current revision is ${revisionNumber}.`)
}
