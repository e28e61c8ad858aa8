import type { Standard } from '../../standards/standard/standard.ts'

/** A guest's port that carries the frames of other ports besides its own, told apart by tags. */
export interface Trunk extends Standard {
  readonly name: string
  readonly adminStateUp: boolean
  /** The parent: the port that the guest has. */
  readonly portId: string
  readonly status: TrunkStatus
  readonly subPorts: readonly SubPort[]
}

export type TrunkStatus = 'ACTIVE' | 'DOWN' | 'BUILD' | 'DEGRADED' | 'ERROR'

export interface SubPort {
  readonly portId: string
  readonly segmentationType: 'vlan'
  readonly segmentationId: number
}

/** What the ports inside of a trunk say that they belong to while their parent is plugged in. */
export const subPortOwner = 'trunk:subport'

export interface Plugged {
  readonly status: string
  readonly bindingVifType: string
}

/** A trunk is as good as its worst part: it works when its parent and all inside of it are plugged in. */
export function statusOf(parent: Plugged, inside: readonly Plugged[]): TrunkStatus {
  if (inside.some(({ bindingVifType }) => bindingVifType === 'binding_failed')) return 'ERROR'
  if (parent.status !== 'ACTIVE') return 'DOWN'
  return inside.every(({ status }) => status === 'ACTIVE') ? 'ACTIVE' : 'BUILD'
}
