import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { TopologyLogic } from '../../auto-topologies/logic.ts'
import type { ServerOfPorts } from '../../contract/ports.ts'
import { everybody, type Viewer } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { PortLogic } from '../../ports/logic/ports.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import type { SecurityGroupLogic } from '../../security-groups/logic/groups.ts'
import type { Act } from '../../standards/standard/act.ts'
import type { SubnetLogic } from '../../subnets/logic/subnets.ts'
import type { Write } from '../../tables.ts'
import type { SeatStore } from '../store.ts'

export interface Rooms {
  readonly store: SeatStore
  readonly write: Write
  readonly changes: {
    head(): Promise<number>
    follow(since: number, only: { readonly kinds: readonly string[]; readonly signal: AbortSignal }): AsyncIterable<PortChange>
  }
  readonly clock: Pick<Clock, 'after'>
  readonly networks: Pick<NetworkLogic, 'list'>
  readonly subnets: Pick<SubnetLogic, 'list'>
  readonly ports: PortLogic
  readonly securityGroups: Pick<SecurityGroupLogic, 'groups'>
  /** Makes a network for a project that has none. */
  readonly topologies: Pick<TopologyLogic, 'check' | 'ensure'>
  readonly quotas: Pick<QuotaLogic, 'limitsOf' | 'usageOf'>
}

interface PortChange {
  readonly id: string
  readonly act: string
  readonly after?: object | undefined
}

export const ownerOf = ({ projectId }: ServerOfPorts): Viewer => ({ seesAll: false, projectId })
export const viewerOf = (server: ServerOfPorts): Viewer => (server.seesAll ? everybody : ownerOf(server))
export const elevated = (cause: Cause): Act => ({ cause, viewer: everybody, within: {} })
