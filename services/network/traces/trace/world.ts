import { versionOf } from '@kilonova/network-agent/contract/addresses.ts'
import type { WiredPort, WiredRouter, WiredSubnet } from '../../wiring/wiring/landscape.ts'
import { isOfGuest, isRouterInterface } from '../../wiring/wiring/owners.ts'
import type { Sight } from '../../wiring/wiring/sight.ts'

/** All networks as the tables have them, and who wires hosts. */
export interface World extends Sight {
  /** Hosts that an agent ever spoke for. */
  readonly agents: ReadonlyMap<string, AgentOfHost>
  /** Of networks, routers, ports and security groups. */
  readonly names: ReadonlyMap<string, string>
  /** Networks that lead out of the cloud. */
  readonly outerNetworks: ReadonlySet<string>
  readonly floatingPools: ReadonlyMap<string, FloatingAddress>
}

export interface AgentOfHost {
  readonly isAlive: boolean
  /** As people switch them off. */
  readonly isOn: boolean
  readonly silentS: number
}

/** By address: those that lead somewhere and those that do not. */
export interface FloatingAddress {
  readonly id: string
  readonly networkId: string
  readonly routerId: string | null
}

export const nameOf = (world: Pick<World, 'names'>, id: string): string => world.names.get(id) || id

export const portAt = ({ portsOfNetwork }: World, networkId: string, address: string): WiredPort | undefined =>
  (portsOfNetwork.get(networkId) ?? []).find(port => port.fixedIps.some(({ ipAddress }) => ipAddress === address))

/** The subnets a port has addresses in, of one version. */
export const subnetsOf = ({ subnets }: World, port: WiredPort, version: 4 | 6): readonly WiredSubnet[] =>
  port.fixedIps.flatMap(({ subnetId }) => {
    const subnet = subnets.get(subnetId)
    return subnet?.ipVersion === version ? [subnet] : []
  })

export const addressOf = (port: WiredPort, version: 4 | 6): string | undefined =>
  port.fixedIps.find(({ ipAddress }) => versionOf(ipAddress) === version)?.ipAddress

export const routerOf = ({ routers }: World, { deviceOwner, deviceId }: WiredPort): WiredRouter | undefined =>
  isRouterInterface(deviceOwner) || deviceOwner === 'network:router_gateway' ? routers.get(deviceId) : undefined

export const isGuest = ({ deviceOwner }: WiredPort): boolean => isOfGuest(deviceOwner)

/** What a guest is called in sentences: by its host name, where it has one. */
export const guestName = (world: World, port: WiredPort): string =>
  world.names.get(port.deviceId) || port.dnsName || world.names.get(port.id) || `port ${port.id}`
