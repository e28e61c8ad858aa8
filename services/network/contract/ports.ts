import type { Cause } from '@kilonova/platform/cause.ts'

/**
 * What compute asks of the network: ports for a server, their binding to a host, and everything a guest or an API view shows of them. In one
 * process it is an object; ids are chosen by neither side twice, so each call may be repeated.
 */
export interface NetworkDoor {
  readonly ports: ServerPorts
  /** Compute follows this to learn that others deleted ports of its servers: kind `network.server_port`, act `lost`. */
  readonly changes: ChangesOfNetwork
}

export interface ChangesOfNetwork {
  head(): Promise<number>
  onCommit(run: (head: number) => void): () => void
  follow(
    since: number,
    only: { readonly kinds: readonly string[]; readonly signal: AbortSignal },
  ): AsyncIterable<{ readonly id: string; readonly act: string; readonly after?: object | undefined }>
}

/** The kind of a change that says what became of a server's port, whose id it has. */
export const serverPortKind = 'network.server_port'
export interface LostPort {
  readonly serverId: string
}

export interface ServerPorts {
  /** Looks at the request without writing: refuses networks, ports and addresses that cannot be had, and says what is to be made. */
  check(server: ServerOfPorts, wanted: RequestedNetworks): Promise<CheckedNetworks>
  /** Makes or takes over the ports a server asks for, in their order. Repeating it gives the same ports. */
  allocateForServer(server: ServerOfPorts, wanted: RequestedNetworks, cause: Cause): Promise<readonly ServerPort[]>
  /** Says on which host the ports are plugged in; they become ACTIVE when the host's agent has wired them. */
  bind(portIds: readonly string[], host: string, cause: Cause): Promise<readonly ServerPort[]>
  unbind(portIds: readonly string[], cause: Cause): Promise<void>
  /**
   * Resolves as soon as all of these ports that can be wired are, or have gone, and gives back those that are not by the deadline. Ports that
   * nobody plugs in are not waited for: unbound ones, and those that are switched off.
   */
  awaitWired(portIds: readonly string[], deadlineMs: number): Promise<readonly string[]>
  /** One more port for a server that runs already. `ticket` names the wish: asking again with it gives the same port. */
  add(server: ServerOfPorts, wanted: RequestedNetwork, ticket: string, cause: Cause): Promise<ServerPort>
  /** Takes back what was given for a ticket. Harmless when nothing was, and when somebody has let go of it since. */
  takeBack(serverId: string, ticket: string, cause: Cause): Promise<void>
  /** Deletes the ports made for a server and lets go of those it only used. `portIds` narrows it to some. */
  deleteFor(serverId: string, cause: Cause, portIds?: readonly string[]): Promise<void>
  /** The ports of each of these servers, in the order they were asked for. One query, however many servers. */
  ofServers(serverIds: readonly string[]): Promise<ReadonlyMap<string, readonly ServerPort[]>>
  /** Those of these ports that are there no more. */
  gone(portIds: readonly string[]): Promise<readonly string[]>
}

export interface ServerOfPorts {
  readonly id: string
  readonly projectId: string
  /** The host name the guest gets, for DNS. */
  readonly name: string
  readonly availabilityZone: string
  /** Names or ids of security groups for the ports that are made; the project's default group when there are none. */
  readonly securityGroups: readonly string[]
  /** Who asks rules the cloud: it may name networks and ports that its project does not see. */
  readonly seesAll?: boolean | undefined
  /** Who asks may plug a server into a network that leads out and is not shared. */
  readonly mayUseExternal?: boolean | undefined
}

/** `any`: the project's only network, where it has one; `auto`: else the automatically made one; `none`: no network at all. */
export type RequestedNetworks = 'any' | 'auto' | 'none' | readonly RequestedNetwork[]

export interface CheckedNetworks {
  /** Which network was meant, where none was named. */
  readonly resolved: readonly RequestedNetwork[]
  readonly newPorts: number
  /** As many more ports as the project may have. */
  readonly freePorts: number
}

export interface RequestedNetwork {
  readonly networkId?: string | undefined
  readonly portId?: string | undefined
  readonly fixedIp?: string | undefined
  /** Marks the device for the guest (virtual device role tagging). */
  readonly tag?: string | undefined
}

/** A port as compute, the hypervisor and the metadata service need it. */
export interface ServerPort {
  readonly id: string
  readonly serverId: string
  readonly projectId: string
  readonly networkId: string
  readonly networkName: string
  readonly macAddress: string
  readonly mtu: number
  readonly status: 'ACTIVE' | 'DOWN' | 'BUILD' | 'ERROR'
  readonly isUp: boolean
  readonly host: string
  readonly vnicType: string
  /** `bridge` when it is bound, `unbound`, or `binding_failed`. */
  readonly vifType: string
  readonly tapName: string
  readonly bridgeName: string
  /** The port existed before the server and outlives it. */
  readonly isPreserved: boolean
  readonly hasPortSecurity: boolean
  readonly addresses: readonly PortAddress[]
  readonly securityGroups: readonly { readonly id: string; readonly name: string }[]
  readonly tag: string | undefined
}

export interface PortAddress {
  readonly address: string
  readonly version: 4 | 6
  readonly subnet: SubnetFacts
  readonly floating: readonly string[]
}

export interface SubnetFacts {
  readonly id: string
  readonly cidr: string
  readonly version: 4 | 6
  readonly gateway: string | null
  readonly dns: readonly string[]
  readonly routes: readonly { readonly destination: string; readonly nexthop: string }[]
  readonly hasDhcp: boolean
  readonly ipv6AddressMode: string | null
}
