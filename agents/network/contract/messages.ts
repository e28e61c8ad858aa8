import { announce, ask, look } from '@kilonova/platform/bus/message.ts'
import type { Observation, ProbeAnswer, ProbeWish } from './observation.ts'
import type { HostWiring } from './wiring.ts'

/** Where the network agent of a host answers: `network.node1`. */
export const networkAgentOf = (host: string): string => `network.${host}`

/**
 * Afterwards the host is wired like this. `full` stands for the whole; what it does not name goes. A change replaces and removes by id, and
 * is refused with `stale` when the agent's last revision is not `since`: tell it the whole, then.
 */
export interface WiringWish {
  readonly revision: number
  readonly full?: HostWiring | undefined
  readonly change?: WiringChange | undefined
}

export interface WiringChange {
  readonly since: number
  readonly put: Partial<HostWiring>
  readonly gone: { readonly [List in keyof HostWiring]?: readonly string[] }
}

export interface WiringDone {
  readonly revision: number
  /** Of the ports told: those whose cable is plugged in here. */
  readonly portsUp: readonly string[]
  /** What could not be done, a sentence each; the rest was done. */
  readonly troubles: readonly WiringTrouble[]
  /** How many changes the host needed; 0: it was so already. */
  readonly changes: number
}

export interface WiringTrouble {
  /** The network, port, router or DHCP server that it concerns. */
  readonly subject: string
  readonly reason: string
}

export const applyWiring = ask<WiringWish, WiringDone>('network.applyWiring', 1)

export interface ObserveWish {
  /** Only what these ids are about; all unless some are named. */
  readonly subjects?: readonly string[] | undefined
  /** Of the namespaces only these are looked into; all unless some are named. */
  readonly namespaces?: readonly string[] | undefined
  /** What the host is compared with; what it was told last unless told. */
  readonly wiring?: HostWiring | undefined
}

/** What the host is really like. */
export const observe = look<ObserveWish, Observation>('network.observe', 1)

/** Sends something from a namespace of the agent's and says what came back. */
export const probe = ask<ProbeWish, ProbeAnswer>('network.probe', 1)

/** A port's cable was plugged in, or pulled out. */
export interface PortNews {
  readonly host: string
  readonly portId: string
}
export const portUp = announce<PortNews>('network.portUp', 1)
export const portDown = announce<PortNews>('network.portDown', 1)

/** Said regularly: that the agent lives, what it can do, and how far it has come. */
export interface Heartbeat {
  readonly host: string
  /** When the agent began, ISO time, UTC. */
  readonly startedAt: string
  /** The last revision applied; nothing before the first, when the whole is to be told. */
  readonly revision?: number | undefined
  readonly facts: AgentFacts
  readonly counts: {
    readonly ports: number
    readonly networks: number
    readonly dhcpServers: number
    readonly routers: number
    readonly floatingIps: number
  }
}

export interface AgentFacts {
  readonly driver: string
  /** Physical network to interface, as configured. */
  readonly interfaceMappings: Readonly<Record<string, string>>
  readonly bridgeMappings: Readonly<Record<string, string>>
  readonly tunnelIp?: string | undefined
  readonly segmentTypes: readonly ('local' | 'flat' | 'vlan' | 'vxlan')[]
  readonly hasIsolatedMetadata: boolean
  /** What the operator should know, in sentences. */
  readonly warnings: readonly string[]
}

export const heartbeat = announce<Heartbeat>('network.heartbeat', 1)
