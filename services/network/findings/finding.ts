import type { Observation } from '@kilonova/network-agent/contract/observation.ts'
import type { HostWiring } from '@kilonova/network-agent/contract/wiring.ts'
import type { Cause } from '@kilonova/platform/cause.ts'

/** Something that is not as it should be, in a sentence, and what would set it right without harm. */
export interface Finding {
  readonly what: string
  readonly repair?: { readonly what: string; run(cause: Cause): Promise<void> } | undefined
}

/** One thing that must hold of networks. */
export interface Check {
  readonly name: string
  /** Throws when it cannot look. */
  look(cause: Cause): Promise<readonly Finding[]>
}

/** A host's own network, looked at and wired without its agent. */
export interface Machine {
  readonly host: string
  observe(wiring: HostWiring): Promise<Pick<Observation, 'defects'>>
  /** Afterwards it is wired like this; gives what could not be done. */
  apply(wiring: HostWiring): Promise<readonly { readonly subject: string; readonly reason: string }[]>
}

/** A port that a server is to have. */
export interface Seated {
  readonly id: string
  readonly serverId: string
}

/** A row that names another which is not there. */
export interface Stray {
  readonly id: string
  readonly names: string
}

export interface StrayAllocation {
  readonly portId: string
  readonly subnetId: string
  readonly networkId: string
  readonly ipAddress: string
}

export interface FloatingState {
  readonly id: string
  readonly address: string
  readonly status: string
  readonly fixedPortId: string | null
  readonly fixedAddress: string | null
  readonly routerId: string | null
  /** Whether the port is there, has the address, and the router is there. */
  readonly hasPort: boolean
  readonly hasAddress: boolean
  readonly hasRouter: boolean
}

export interface Usage {
  readonly projectId: string
  readonly resource: string
  readonly counted: number
  readonly noted: number
}
