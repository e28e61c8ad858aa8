import type { NetworkDoor } from '@kilonova/network/contract/ports.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Refusal } from '@kilonova/platform/refusal.ts'
import type { TaskRecord } from '@kilonova/platform/tasks/record.ts'
import type { Tasks } from '@kilonova/platform/tasks/tasks.ts'
import type { CellLogic } from '../../cells/logic.ts'
import type { HypervisorClient } from '../../clients/hypervisor.ts'
import type { ImageKeeper, Images } from '../../clients/images.ts'
import type { FlavorLogic } from '../../flavors/logic.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import type { InstanceActionLogic } from '../../instance-actions/logic.ts'
import type { KeypairLogic } from '../../keypairs/logic.ts'
import type { ServerGroupLogic } from '../../server-groups/logic.ts'
import type { ServerMigrationLogic } from '../../server-migrations/logic.ts'
import type { ServiceLogic } from '../../services/logic.ts'
import type { Tables, Write } from '../../tables.ts'
import type { ServerStore } from '../store.ts'

export interface Rooms {
  readonly cells: CellLogic<ServerCell>
  readonly flavors: FlavorLogic
  readonly images: Images
  /** What projects may have; without it, anything. */
  readonly quotas: QuotaLogic
  /** Where snapshots go; without it there are none. */
  readonly keeper?: ImageKeeper | undefined
  readonly moves: ServerMigrationLogic
  readonly keypairs: Pick<KeypairLogic, 'get'>
  /** The network service, when there is one. */
  readonly network?: Pick<NetworkDoor, 'ports'> | undefined
  /** Told when it cannot be asked for the cables of so many servers. */
  readonly unheard: (error: Refusal, servers: number) => void
  readonly groups: Pick<ServerGroupLogic, 'get' | 'join' | 'leave' | 'listOf'>
  readonly services: Pick<ServiceLogic, 'list' | 'isUp' | 'computesOn'>
  /** The zones in which servers may be made now. */
  readonly zones: () => Promise<readonly string[]>
  readonly actions: InstanceActionLogic
  readonly hypervisors: HypervisorClient
  /** Work is written down in the transaction that grants the wish. */
  readonly record: Tasks<Tables>['record']
  /** A labour as it ended, for answers that are owed at once. */
  readonly outcomeOf: (taskId: string) => Promise<Pick<TaskRecord, 'state' | 'saved' | 'fault'>>
  /** As the operator says it now. */
  readonly settings: () => ServerSettings
  /** What a host is called before those who may not know its name. */
  readonly digest: (text: string) => string
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid' | 'bytes'>
}

/** Where the servers of one cell are kept. */
export interface ServerCell {
  readonly store: ServerStore
  readonly write: Write
}

/** What an operator says about the lives of servers. */
export interface ServerSettings {
  readonly passwordLength: number
  readonly showsPasswords: boolean
  readonly forcesConfigDrive: boolean
  /** How long a guest may take to shut itself down. */
  readonly shutdownMs: number
  /** How long a server may take until it runs. */
  readonly buildMs: number
  /** After which a rescued server is given its own disk again; 0: never. */
  readonly rescueMs: number
  /** How long a deleted server can be brought back; 0: not at all. */
  readonly reclaimMs: number
  /** How long a shelved server stays on its host: 0 leaves it at once, a negative number keeps it there. */
  readonly offloadMs: number
  /** Where hosts put copies of disks on their way to the image service. */
  readonly snapshotDir: string
  readonly resizesToSameHost: boolean
  /** After which a resize is confirmed by itself; 0: never. */
  readonly confirmMs: number
}
