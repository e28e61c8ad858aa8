/** A process on a host that does one part of the network's work, as people know it from Neutron. */
export interface Agent {
  readonly id: string
  readonly agentType: AgentType
  readonly binaryName: string
  readonly topic: string
  readonly host: string
  readonly availabilityZone: string
  readonly adminStateUp: boolean
  readonly description: string | null
  readonly createdAt: string
  readonly startedAt: string
  readonly heartbeatTimestamp: string
  readonly heartbeatMs: number
  readonly configurations: Readonly<Record<string, unknown>>
  readonly resourcesSynced: boolean | null
  readonly load: number
}

export const agentTypes = {
  bridge: 'Linux bridge agent',
  dhcp: 'DHCP agent',
  routing: 'L3 agent',
  metadata: 'Metadata agent',
} as const
export type AgentType = (typeof agentTypes)[keyof typeof agentTypes]

/** What is known of each kind of agent before it says anything. */
export const kinds: Readonly<Record<AgentType, { readonly binary: string; readonly topic: string; readonly hasZone: boolean }>> = {
  'Linux bridge agent': { binary: 'neutron-linuxbridge-agent', topic: 'N/A', hasZone: false },
  'DHCP agent': { binary: 'neutron-dhcp-agent', topic: 'dhcp_agent', hasZone: true },
  'L3 agent': { binary: 'neutron-l3-agent', topic: 'l3_agent', hasZone: true },
  'Metadata agent': { binary: 'neutron-metadata-agent', topic: 'N/A', hasZone: false },
}

/** What a host says regularly of the agents on it. */
export interface Beat {
  readonly host: string
  /** ISO time. */
  readonly startedAt: string
  readonly availabilityZone?: string | undefined
  readonly configurations: Readonly<Partial<Record<AgentType, Readonly<Record<string, unknown>>>>>
  readonly load?: Readonly<Partial<Record<AgentType, number>>>
}

/** As agents' times have always been written: without a zone. */
export const agentTime = (iso: string): string => iso.slice(0, 19).replace('T', ' ')
