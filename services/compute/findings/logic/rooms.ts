import type { GuestState } from '@kilonova/hypervisor/contract/guest.ts'
import type { PlacementRoom } from '@kilonova/placement/contract/placement.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { CellName } from '../../cells/cell.ts'
import type { InstanceActionLogic } from '../../instance-actions/logic.ts'
import type { HealingLogic } from '../../scheduler/logic/healing.ts'
import type { Server } from '../../servers/server.ts'
import type { Transaction, Write } from '../../tables.ts'
import type { Known } from '../finding.ts'
import type { CellFindings, MappingFindings } from '../store.ts'

/** What the checks look at, and repair by. */
export interface Rooms {
  readonly cells: Readonly<Record<CellName, CellRooms>>
  readonly mappings: MappingFindings & { move(serverId: string, cell: CellName, cause: Cause): Promise<unknown> }
  readonly placement: Pick<PlacementRoom, 'providers' | 'held'>
  readonly healing: Pick<HealingLogic, 'heal'>
  /** The hosts whose guests can be looked at from here. */
  readonly machines: readonly Machine[]
  readonly clock: Pick<Clock, 'now'>
}

export interface CellRooms {
  readonly found: CellFindings
  readonly write: Write
  readonly servers: {
    findUnchecked(id: string, from?: Transaction['read']): Promise<Server | undefined>
    listOnHost(host: string): Promise<readonly Server[]>
    update(tx: Transaction, server: Server, act: string): Promise<unknown>
  }
  readonly actions: Pick<InstanceActionLogic, 'end'>
}

/** A host as a check sees it. */
export interface Machine {
  readonly host: string
  /** Only those of our own names. Refuses `unavailable` when the hypervisor does not answer. */
  guests(): Promise<readonly GuestState[]>
  /** The names in the directory of guests' files. */
  directories(): Promise<readonly string[]>
  /** Takes a guest and its files away. */
  destroy(uuid: string): Promise<void>
  /** Takes away what is kept of a guest for a resize, and nothing else. */
  dropKept(uuid: string): Promise<void>
}

/** What all checks of one look are made over: read once. */
export interface Scene {
  readonly servers: readonly Known[]
  readonly byId: ReadonlyMap<string, Known>
  /** Those on which somebody is at work, or will be. */
  readonly busy: ReadonlySet<string>
}

export async function sceneOf({ cells: { cell1, cell0 } }: Rooms): Promise<Scene> {
  const tasks = [...(await cell1.found.openTasks()), ...(await cell0.found.openTasks())]
  const servers = [...(await cell1.found.servers()), ...(await cell0.found.servers())]
  const busy = new Set(tasks.map(({ subject }) => subject))
  return { servers, byId: new Map(servers.map(one => [one.id, one])), busy }
}

/** A server as findings name it. */
export const nameOf = ({ id, name }: Pick<Known, 'id' | 'name'>) => `server ${name} (${id})`
