import type { Cause } from '@kilonova/platform/cause.ts'
import type { Flavor } from '../flavors/flavor.ts'

/** What somebody wants a host for. */
export interface ClaimAsk {
  /** Under whose id the host's resources are held: a server's, or a migration's. */
  readonly consumerId: string
  /** The server that is to run there; the consumer unless told. */
  readonly serverId?: string | undefined
  readonly projectId: string
  readonly userId: string
  readonly flavor: Flavor
  /** What the guest starts from; nothing for one that starts from a volume. */
  readonly image?: AskedImage | undefined
  /** The owner's hints, under Nova's names: `group`, `same_host`, `different_host`, `query`, `build_near_host_ip`, `cidr`. */
  readonly hints?: Readonly<Record<string, unknown>> | undefined
  /** The availability zone that was asked for. */
  readonly zone?: string | undefined
  /** The only host that will do; it must pass the filters. */
  readonly host?: string | undefined
  /** An operator's word, `zone:host`: the host is taken though filters speak against it. Room must be there even so. */
  readonly forcedHost?: string | undefined
  /** Hosts that will not do: the one a server leaves, or those on which it failed. */
  readonly ignoredHosts?: readonly string[] | undefined
}

export interface AskedImage {
  readonly id: string
  /** `qcow2`, `raw`, …, as the image service says it. */
  readonly diskFormat?: string | undefined
  /** `hw_*`, `os_*`, `trait:*`, … without a prefix. */
  readonly properties: Readonly<Record<string, string>>
}

export interface Claimed {
  readonly host: string
  /** The hypervisor's name on that host. */
  readonly node: string
}

/**
 * Finds hosts and holds their resources. All three may be repeated: a claim that was made is found again, what was released stays so, what was
 * moved is there.
 */
export interface Scheduling {
  /** Refuses with `NoValidHost` and a sentence its owner may read when there is no host. */
  claim(ask: ClaimAsk, cause: Cause): Promise<Claimed>
  /** Gives back all that is held under this id; nothing happens when nothing is. */
  release(consumerId: string, cause: Cause): Promise<void>
  /** What was held under one id is held under the other from now on: a resize keeps the old host under its migration's id. */
  moveClaim(from: string, to: string, cause: Cause): Promise<void>
}

/** The code of the refusal; its `extra.details` is for operators. */
export const noValidHost = 'NoValidHost'
