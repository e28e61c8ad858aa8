import type { Amounts } from '../allocations/allocation.ts'
import type { Conditions } from '../requests/request.ts'

/** What is asked for together. The group without a suffix may be met by several providers of a tree, every other by one provider. */
export interface Group extends Conditions {
  readonly suffix: string
  readonly resources: Amounts
  /** Any provider of the tree it is to be met in. */
  readonly inTree: string | undefined
}

export interface CandidatesWish {
  readonly groups: readonly Group[]
  readonly limit: number | undefined
  /** Whether groups with suffixes are met by different providers. */
  readonly isolate: boolean
  /** What the root of the tree is, and is not. */
  readonly rootRequired: readonly string[]
  readonly rootForbidden: readonly string[]
  /** Groups whose providers are all below, or are, one of them. */
  readonly sameSubtrees: readonly (readonly string[])[]
  /** Whether the caller knows trees (1.29): otherwise no two providers of one tree are used together. */
  readonly knowsTrees: boolean
}

/** One way to meet a request whole. */
export interface Candidate {
  /** Amounts by resource class, by provider. */
  readonly allocations: ReadonlyMap<string, Amounts>
  /** The providers that meet each group, by suffix. */
  readonly mappings: Readonly<Record<string, readonly string[]>>
}
