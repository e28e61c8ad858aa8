import type { Guest } from '@kilonova/hypervisor/contract/guest.ts'
import type { NetworkDoor } from '@kilonova/network/contract/ports.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { HypervisorClient } from '../../clients/hypervisor.ts'
import type { ImageKeeper, Images } from '../../clients/images.ts'
import type { Scheduling } from '../../scheduler/scheduler.ts'
import type { MigrationStatus, ServerMigration } from '../../server-migrations/server-migration.ts'
import type { Transaction, Write } from '../../tables.ts'
import type { Server } from '../server.ts'
import type { ServerStore } from '../store.ts'
import type { FailedMove } from './forget-failed-move.ts'
import type { Tried } from './try-elsewhere.ts'

/** What the labours of servers are done with. */
export interface TaskRooms {
  readonly store: ServerStore
  readonly write: Write
  readonly hypervisors: HypervisorClient
  /** Whether a host counts as down: it was not heard of for long, or an operator says so. */
  readonly isAway: (host: string) => Promise<boolean>
  readonly images: Images
  /** Where snapshots go; without it there are none. */
  readonly keeper?: ImageKeeper | undefined
  readonly scheduling: Scheduling
  /** On how many hosts a boot is tried. */
  readonly mostAttempts: () => number
  /** Writes down a boot that follows one which failed on its host. */
  readonly bootAgain: (tx: Transaction, wish: BootAgain, cause: Cause) => Promise<void>
  /** Writes down that a shelved server leaves its host, in the transaction that shelves it. */
  offload(tx: Transaction, input: { readonly serverId: string; readonly was: 'shelved' }, cause: Cause): Promise<void>
  /** Writes down that what a failed move kept of a server is to go, in the transaction in which the server is well again. */
  forgetMove(tx: Transaction, input: FailedMove, cause: Cause): Promise<void>
  readonly actions: ActionNotes
  readonly moves: Moves
  /** The network service, when there is one. */
  readonly network?: Pick<NetworkDoor, 'ports'> | undefined
  readonly zoneOf: (host: string) => Promise<string>
  /** What stands on the drive a guest boots with. */
  readonly driveOf: (server: Server, more: { readonly adminPassword?: string | undefined }) => Promise<Guest['configDrive']>
  /** How long a new server waits for its ports, and whether it may do without. */
  readonly plugging: () => { readonly timeoutMs: number; readonly isFatal: boolean }
  /** How long a guest may take to shut itself down. */
  readonly shutdownMs: () => number
  readonly leaveGroups: (serverId: string, cause: Cause) => Promise<void>
  readonly clock: Pick<Clock, 'now'>
  /** Where servers are kept that never found a host. */
  readonly burial: Burial
}

export interface BootAgain extends Tried {
  readonly serverId: string
  readonly adminPass?: string | undefined
}

/** Where it is noted what is done for an action, and how it ends. */
export interface ActionNotes {
  next(
    tx: Transaction,
    serverId: string,
    event: { readonly event: string; readonly host?: string | undefined },
    cause: Cause,
  ): Promise<void>
  end(tx: Transaction, serverId: string, cause: Cause, failure?: { readonly message: string; readonly host?: string }): Promise<void>
}

/** Where moves of servers are written down. */
export interface Moves {
  find(id: string, from?: Transaction['read']): Promise<ServerMigration | undefined>
  /** The one a server is on, or whose confirmation it waits for. */
  findUnfinished(serverId: string): Promise<ServerMigration | undefined>
  /** The newest of a server that stands so. */
  findOf(serverId: string, statuses: readonly MigrationStatus[], from?: Transaction['read']): Promise<ServerMigration | undefined>
  update(tx: Transaction, migration: ServerMigration, act: string): Promise<unknown>
}

export interface Burial {
  readonly store: ServerStore
  readonly write: Write
  /** Says that the server is in the cell without hosts from now on. */
  moved(serverId: string, cause: Cause): Promise<unknown>
}
