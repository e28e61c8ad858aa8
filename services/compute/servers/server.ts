import type { Flavor } from '../flavors/flavor.ts'
import type { TaskState, VmState } from './states.ts'

export interface Server {
  readonly id: string
  /** Makes the name on the host. */
  readonly number: number
  readonly name: string
  readonly description: string | null
  readonly projectId: string
  readonly userId: string
  readonly imageId: string
  /** As it was when the server was made: a flavor that is deleted later changes nothing here. */
  readonly flavor: Flavor
  readonly metadata: Readonly<Record<string, string>>
  readonly vmState: VmState
  readonly taskState: TaskState | null
  readonly powerState: 'nostate' | 'running' | 'paused' | 'shutdown' | 'crashed' | 'suspended'
  readonly host: string | null
  readonly fault: Fault | null
  /** ISO 8601 in UTC. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly launchedAt: string | null
  readonly terminatedAt: string | null
  readonly isDeleted: boolean
}

/** Why a server is in ERROR: which step failed where, in words its owner may read. */
export interface Fault {
  readonly code: number
  readonly message: string
  /** The step and the host, for those who run the cloud. */
  readonly details: string
  readonly createdAt: string
}
