import type { DhcpWiring } from '../contract/dhcp.ts'
import type { SecurityGroupRule, SecurityGroupWiring } from '../contract/firewall.ts'
import { bareWiring, type HostWiring, type NetworkWiring, type PortWiring } from '../contract/wiring.ts'
import type { HostSetup } from '../documents/setup.ts'

/** Ids whose first characters tell runs and things apart: devices are named after them. */
export const idOf = (kind: number, n: number, run = 0): string =>
  `${((kind << 24) + n).toString(16).padStart(8, '0')}-${run.toString(16).padStart(4, '0')}-4000-8000-${n.toString(16).padStart(12, '0')}`

export const macOf = (n: number): string =>
  `fa:16:3e:00:${(n >> 8).toString(16).padStart(2, '0')}:${(n & 255).toString(16).padStart(2, '0')}`

export const aNetwork = (n: number, more: Partial<NetworkWiring> = {}, run = 0): NetworkWiring => ({
  id: idOf(0x33, n, run),
  segment: { type: 'local' },
  mtu: 1500,
  ...more,
})

export const subnetIdOf = (network: NetworkWiring): string => `5${network.id.slice(1)}`

/** The port of a guest with address `10.0.<low byte of the network's number>.<n>`, in no group unless told. */
export function aPort(network: NetworkWiring, n: number, more: Partial<PortWiring> = {}): PortWiring {
  const third = Number.parseInt(network.id.slice(6, 8), 16)
  return {
    id: `6${network.id.slice(3, 8)}${n.toString(16).padStart(2, '0')}${network.id.slice(8)}`,
    networkId: network.id,
    macAddress: macOf(third * 256 + n),
    fixedIps: [{ subnetId: subnetIdOf(network), address: `10.0.${third}.${n}`, prefixLength: 24 }],
    deviceOwner: 'compute:nova',
    deviceId: idOf(0xda, n),
    isUp: true,
    hasPortSecurity: true,
    securityGroups: [],
    allowedAddressPairs: [],
    ...more,
  }
}

export const aRule = (more: Partial<SecurityGroupRule>): SecurityGroupRule => ({
  id: 'r',
  direction: 'ingress',
  etherType: 'IPv4',
  ...more,
})

/** Everything may go out; what may come in is told. */
export const aGroup = (n: number, rules: readonly SecurityGroupRule[] = [], run = 0): SecurityGroupWiring => ({
  id: idOf(0x59, n, run),
  isStateful: true,
  rules: [aRule({ direction: 'egress' }), aRule({ direction: 'egress', etherType: 'IPv6' }), ...rules],
})

/** DHCP for a network, served at `10.0.x.2`, for these ports. */
export function dhcpFor(
  network: NetworkWiring,
  ports: readonly PortWiring[],
  more: Partial<DhcpWiring['subnets'][number]> = {},
): DhcpWiring {
  const port = aPort(network, 2)
  const third = Number.parseInt(network.id.slice(6, 8), 16)
  return {
    networkId: network.id,
    port: { id: port.id, macAddress: port.macAddress, fixedIps: port.fixedIps },
    domain: 'openstacklocal',
    subnets: [
      {
        id: subnetIdOf(network),
        cidr: `10.0.${third}.0/24`,
        ipVersion: 4,
        isDhcpOn: true,
        gateway: `10.0.${third}.1`,
        nameServers: [],
        hostRoutes: [],
        hasRouter: false,
        dhcpAddresses: [`10.0.${third}.2`],
        ...more,
      },
    ],
    hosts: ports.map(each => ({
      portId: each.id,
      macAddress: each.macAddress,
      fixedIps: each.fixedIps,
      options: [],
    })),
  }
}

export const aWiring = (more: Partial<HostWiring> = {}): HostWiring => ({ ...bareWiring, ...more })

export const aSetup = (more: Partial<HostSetup> = {}): HostSetup => ({
  stateDir: '/var/lib/neutron',
  owner: 'kilonova:/var/lib/neutron',
  chainPrefix: 'neutron-linuxbri',
  interfaceMappings: {},
  bridgeMappings: {},
  vxlanPort: 8472,
  hasVlans: true,
  dhcp: { leaseS: 86_400, leaseMax: 16_777_216, forwarders: [], asksHostResolver: false, hasIsolatedMetadata: true, forcesMetadata: false },
  ...more,
})
