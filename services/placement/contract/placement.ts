import type { Cause } from '@kilonova/platform/cause.ts'

/** Amounts by resource class: `{ VCPU: 1, MEMORY_MB: 512 }`. */
export type Amounts = Readonly<Record<string, number>>

/** What a provider has of one resource class, and on which terms it is given. */
export interface Stock {
  readonly total: number
  /** Kept back from everybody. */
  readonly reserved: number
  readonly minUnit: number
  readonly maxUnit: number
  readonly stepSize: number
  readonly allocationRatio: number
}

/** A provider as everybody may see it. */
export interface Provider {
  readonly uuid: string
  readonly name: string
  readonly generation: number
  readonly rootUuid: string
  readonly parentUuid: string | null
  /** By resource class. */
  readonly stock: ReadonlyMap<string, Stock & { readonly used: number }>
  readonly traits: ReadonlySet<string>
  readonly aggregates: ReadonlySet<string>
}

/** What a provider shall be from now on. */
export interface ProviderWish {
  readonly uuid: string
  readonly name: string
  /** Classes it has besides are left alone. */
  readonly stock: Readonly<Record<string, Stock>>
  /** These it shall have, of all that `ownsTrait` says yes to; others are an operator's, and stay. */
  readonly traits: readonly string[]
  ownsTrait(name: string): boolean
  readonly aggregates: readonly string[]
  ownsAggregate(uuid: string): boolean
}

/** One group of a request: the one without a suffix, or one that a single provider meets. */
export interface AskedGroup {
  readonly suffix: string
  readonly resources: Amounts
  readonly required: readonly string[]
  readonly forbidden: readonly string[]
}

export interface CandidatesAsk {
  readonly groups: readonly AskedGroup[]
  /** Of each list of aggregates at least one. */
  readonly memberOf: readonly (readonly string[])[]
  readonly notMemberOf: readonly string[]
  readonly rootRequired: readonly string[]
  readonly rootForbidden: readonly string[]
  /** Any provider of the tree it is to be met in. */
  readonly inTree?: string | undefined
  /** Groups with suffixes are met by different providers. */
  readonly isolate: boolean
  readonly limit: number
}

/** One way to meet a request. */
export interface Candidate {
  /** The root of the tree that meets it. */
  readonly rootUuid: string
  /** Amounts, by provider. */
  readonly allocations: ReadonlyMap<string, Amounts>
}

/** What a consumer holds. */
export interface Held {
  readonly consumerId: string
  readonly generation: number
  readonly projectId: string
  readonly userId: string
  readonly type: string | null
  /** Amounts, by provider. */
  readonly allocations: Readonly<Record<string, Amounts>>
}

/** All that a consumer shall hold from now on; nothing from nobody releases everything. */
export interface Hold {
  readonly consumerId: string
  readonly allocations: Readonly<Record<string, Amounts>>
  readonly projectId: string
  readonly userId: string
  /** What the writer has seen; null where there was nobody. */
  readonly generation: number | null
  readonly type: string
}

/** Placement as its neighbours call it: in one process placement itself, elsewhere a client that asks over HTTP. */
export interface PlacementRoom {
  /** Ways to meet a request, at most `limit`. */
  candidates(ask: CandidatesAsk, cause: Cause): Promise<readonly Candidate[]>
  /** All providers, or those of these ids, with what is taken of them. */
  providers(cause: Cause, uuids?: readonly string[]): Promise<readonly Provider[]>
  held(consumerIds: readonly string[], cause: Cause): Promise<readonly Held[]>
  /** Who holds something of a provider. */
  holders(providerUuid: string, cause: Cause): Promise<readonly Held[]>
  /**
   * All or none. Refuses `conflict`: with the code `placement.concurrent_update` when somebody else wrote the same meanwhile, with another
   * when there is not so much.
   */
  hold(holds: readonly Hold[], cause: Cause): Promise<void>
  /** Makes the provider, or makes it so; whether anything changed. */
  ensureProvider(wish: ProviderWish, cause: Cause): Promise<boolean>
  /** Refuses `conflict` while somebody holds something of it; harmless when there is none. */
  removeProvider(uuid: string, cause: Cause): Promise<void>
}

/** Somebody else wrote the same: look again, and try again. */
export const concurrentUpdate = 'placement.concurrent_update'
