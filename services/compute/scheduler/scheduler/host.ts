import type { HostFacts } from '@kilonova/hypervisor/contract/host.ts'
import type { Provider } from '@kilonova/placement/contract/placement.ts'
import type { Aggregate } from '../../aggregates/aggregate.ts'

/** A host as the database knows it. */
export interface Host {
  /** Of its nova-compute; the id of its provider in placement too. */
  readonly id: string
  readonly host: string
  readonly isDisabled: boolean
  readonly disabledReason: string | null
  readonly isForcedDown: boolean
  readonly seenAt: string
  /** The same in milliseconds since 1970. */
  readonly seenMs: number
  readonly facts: HostFacts
  readonly aggregates: readonly Aggregate[]
  /** By id. */
  readonly servers: ReadonlyMap<string, HostedServer>
  /** How many starts failed since one succeeded. */
  readonly failedBuilds: number
}

/** As much of a server as says how busy its host is. */
export interface HostedServer {
  readonly id: string
  readonly host: string | null
  readonly projectId: string
  readonly vmState: string
  readonly taskState: string | null
  readonly launchedAt: string | null
}

/** A host with what is left of it. */
export interface HostState extends Host {
  readonly isUp: boolean
  readonly provider: Provider
}

// biome-ignore format: words
const busyStates = new Set([
  'rebuilding', 'rebuild_spawning', 'resize_prep', 'resize_migrating', 'image_snapshot', 'image_snapshot_pending', 'image_pending_upload',
  'image_uploading', 'image_backup', 'migrating', 'rescuing', 'shelving', 'unshelving', 'shelving_image_uploading',
])

/** How many servers keep the disks of a host busy: they are made, moved or copied. */
export function ioOpsOf({ servers }: Pick<Host, 'servers'>): number {
  let count = 0
  for (const { vmState, taskState } of servers.values())
    if (vmState === 'building' || (taskState !== null && busyStates.has(taskState))) count++
  return count
}

/** What is left of a class of resources, when it is given as often as it may be. */
export function freeOf({ provider }: Pick<HostState, 'provider'>, resourceClass: string): number {
  const stock = provider.stock.get(resourceClass)
  return stock ? (stock.total - stock.reserved) * stock.allocationRatio - stock.used : 0
}

/** All values that the aggregates of a host give a key; one aggregate may list several with commas. */
export function metadataOf({ aggregates }: Pick<Host, 'aggregates'>): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>()
  for (const { metadata } of aggregates)
    for (const [key, value] of Object.entries(metadata)) {
      const values = found.get(key) ?? new Set()
      for (const one of value.split(',')) values.add(one.trim())
      found.set(key, values)
    }
  return found
}
