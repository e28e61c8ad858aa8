import type { ClaimAsk } from '../scheduler.ts'
import type { HostState } from './host.ts'

/** The group whose servers shall be together or apart. */
export interface AskedGroup {
  readonly id: string
  readonly policy: string
  readonly rules: Readonly<Record<string, number>>
  /** Where the other members are, or will be: how many of them on each host. */
  readonly members: ReadonlyMap<string, number>
}

/** What hosts are judged by. */
export interface Request extends ClaimAsk {
  readonly group?: AskedGroup | undefined
  /** Where the servers are that hints speak of. */
  readonly namedHosts: ReadonlyMap<string, string>
}

/**
 * What speaks against a host. The kinds are what an owner is told, summed up and without names; `says` is for operators, with numbers.
 */
export interface Objection {
  /** The filter's name, or the class of resources that is short. */
  readonly from: string
  readonly kind: ObjectionKind
  readonly says: string
}

// biome-ignore format: words
export type ObjectionKind =
  | 'memory' | 'processors' | 'disk' | 'resource' | 'trait' | 'disabled' | 'down' | 'zone' | 'isolated' | 'aggregate' | 'apart' | 'together'
  | 'image' | 'capabilities' | 'hint' | 'busy' | 'crowded' | 'named' | 'topology' | 'devices' | 'rule' | 'taken' | 'absent'

/** One rule that hosts must pass, under Nova's name. */
export interface Filter {
  readonly name: string
  /** Nothing speaks against the host, or the first thing that does. */
  objection(host: HostState, request: Request): Omit<Objection, 'from'> | undefined
}

/** One measure by which hosts are ranked, under Nova's name. */
export interface Weigher {
  readonly name: string
  /** The option that says how much it counts; an aggregate's metadata of this name says it for its hosts. */
  readonly option: string
  readonly multiplier: number
  /** Nothing below counts; without it the smallest weight is the floor. */
  readonly floor?: number | undefined
  weigh(host: HostState, request: Request): number
}

/** What plug-ins add; the configuration enables them by name. */
export interface AddedRules {
  readonly filters: readonly Filter[]
  readonly weighers: readonly Weigher[]
}

export interface Ranked {
  readonly host: HostState
  readonly weight: number
}
export interface Refused {
  readonly host: string
  readonly objection: Objection
}
