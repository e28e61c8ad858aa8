import type { Standard } from '../../standards/standard/standard.ts'

/** Where a device is plugged into a network: its MAC, its addresses, who may talk to it, and on which host it is. */
export interface Port extends Standard {
  readonly name: string
  readonly networkId: string
  readonly networkProjectId: string
  readonly macAddress: string
  readonly adminStateUp: boolean
  readonly status: PortStatus
  readonly deviceId: string
  readonly deviceOwner: string
  readonly portSecurityEnabled: boolean
  readonly allowedAddressPairs: readonly AddressPair[]
  readonly extraDhcpOpts: readonly DhcpOption[]
  readonly fixedIps: readonly FixedIp[]
  readonly securityGroups: readonly string[]
  readonly bindingHostId: string
  readonly bindingVnicType: VnicType
  readonly bindingProfile: Readonly<Record<string, unknown>>
  readonly bindingVifType: VifType
  readonly bindingVifDetails: Readonly<Record<string, unknown>>
  readonly qosPolicyId: string | null
  /** The policy of its network, which holds where it has none of its own. */
  readonly qosNetworkPolicyId: string | null
  readonly deviceProfile: string | null
  readonly numaAffinityPolicy: string | null
  readonly dnsName: string
  readonly ipAllocation: IpAllocation
  /** Whether the guest is told when the host loses its way out. */
  readonly propagateUplinkStatus: boolean
  /** What its QoS policy promises, and of which physical network; nothing when nothing is promised. */
  readonly promises: Promises | null
  /** The trunk it is the parent of, with the ports inside. */
  readonly trunk: PortTrunk | null
}

/** `deferred`: where its addresses come from depends on the host, which is not known yet. */
export type IpAllocation = 'immediate' | 'deferred' | 'none'

/** What a port is promised at least. */
export interface Promises {
  readonly physicalNetwork: string | null
  readonly rules: readonly {
    readonly id: string
    readonly type: 'minimum_bandwidth' | 'minimum_packet_rate'
    readonly direction: string
    readonly amount: number
  }[]
}

export interface PortTrunk {
  readonly trunkId: string
  readonly subPorts: readonly {
    readonly portId: string
    readonly segmentationType: string
    readonly segmentationId: number
    readonly macAddress: string
  }[]
}

export type PortStatus = 'ACTIVE' | 'DOWN' | 'BUILD' | 'ERROR' | 'N/A'
export type VifType = 'bridge' | 'unbound' | 'binding_failed'

export interface FixedIp {
  readonly subnetId: string
  readonly ipAddress: string
}

/** Another address, or another MAC too, that the device may use as its own. */
export interface AddressPair {
  readonly ipAddress: string
  readonly macAddress: string
}

export interface DhcpOption {
  readonly name: string
  readonly value: string
  readonly ipVersion: 4 | 6
}

/** The cloud's own devices: no security groups, no anti-spoofing. */
export const isTrusted = (deviceOwner: string): boolean => deviceOwner.startsWith('network:')

export const tapNameOf = (portId: string): string => `tap${portId.slice(0, 11)}`

export const vnicTypes = [
  'normal',
  'direct',
  'macvtap',
  'baremetal',
  'direct-physical',
  'virtio-forwarder',
  'smart-nic',
  'vdpa',
  'accelerator-direct',
  'accelerator-direct-physical',
  'remote-managed',
] as const
export type VnicType = (typeof vnicTypes)[number]
