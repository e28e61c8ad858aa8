import { overlap } from '../../addresses/address.ts'
import { everybody, where } from '../../listings/listing.ts'
import type { PortLogic } from '../../ports/logic/ports.ts'
import { bareWish } from '../../ports/port/attributes.ts'
import type { Port } from '../../ports/port/port.ts'
import { refuseBadRequest, refuseConflict, refuseInvalid, refuseUnknown } from '../../refusals/refusal.ts'
import type { Act } from '../../standards/standard/act.ts'
import type { SubnetLogic } from '../../subnets/logic/subnets.ts'
import { blockOf, type Subnet } from '../../subnets/subnet/subnet.ts'
import type { Transaction } from '../../tables.ts'
import { owners, type Router } from '../router/router.ts'
import type { RouterStore } from '../store.ts'
import type { Apart } from './apart.ts'
import type { RouterFollower } from './gateway.ts'

export interface Rooms {
  readonly store: RouterStore
  readonly ports: Pick<PortLogic, 'getIn' | 'listIn' | 'createIn' | 'updateIn' | 'deleteIn'>
  readonly subnets: Pick<SubnetLogic, 'getIn'>
  readonly apart: Apart
  readonly others: readonly Pick<RouterFollower, 'removeLeg'>[]
}

/** What a client says of an interface: the subnet it shall lead to, or the port it shall be. */
export interface InterfaceWish {
  readonly subnetId?: string | undefined
  readonly portId?: string | undefined
}

export interface Interface {
  readonly port: Port
  readonly subnetIds: readonly string[]
}

/** A router's legs: ports of its own or taken over, on subnets that lie apart. */
export function interfacesOf({ store, ports, subnets, apart, others }: Rooms) {
  const attached = (tx: Transaction, routerId: string) =>
    ports.listIn(tx, where({ device_id: [routerId], device_owner: [owners.interface, owners.gateway] }))

  async function bySubnet(tx: Transaction, router: Router, subnetId: string, act: Act): Promise<Interface> {
    const subnet = await subnets.getIn(tx, subnetId, act.viewer)
    if (subnet.gatewayIp === null) return refuseBadRequest('router', 'Subnet for router interface must have a gateway IP')
    await apart.leg(tx, router, [subnet])
    const fixedIp = { subnetId: subnet.id, ipAddress: subnet.gatewayIp }
    const leg = subnet.ipVersion === 6 ? await sixLegOn(tx, router, subnet.networkId) : undefined
    const elevated = { ...act, viewer: everybody }
    if (leg) return { port: await ports.updateIn(tx, leg, { fixedIps: [...leg.fixedIps, fixedIp] }, elevated), subnetIds: [subnet.id] }
    const wish = bareWish({
      networkId: subnet.networkId,
      projectId: router.projectId,
      fixedIps: [fixedIp],
      deviceId: router.id,
      deviceOwner: owners.interface,
    })
    return { port: await ports.createIn(tx, wish, elevated), subnetIds: [subnet.id] }
  }

  /** A leg on this network that has IPv6 already: further prefixes of the network go there. */
  async function sixLegOn(tx: Transaction, router: Router, networkId: string): Promise<Port | undefined> {
    const legs = await ports.listIn(tx, where({ device_id: [router.id], device_owner: [owners.interface], network_id: [networkId] }))
    return legs.find(leg => leg.fixedIps.some(({ ipAddress }) => ipAddress.includes(':')))
  }

  async function byPort(tx: Transaction, router: Router, portId: string, act: Act): Promise<Interface> {
    const port = await ports.getIn(tx, portId, act.viewer)
    if (port.deviceId !== '')
      refuseConflict(
        'PortInUse',
        `Unable to complete operation on port ${port.id} for network ${port.networkId}. Port already has an attached device ${port.deviceId}.`,
      )
    if (port.fixedIps.length === 0) refuseBadRequest('router', 'Router port must have at least one fixed IP')
    const found: Subnet[] = []
    for (const { subnetId } of port.fixedIps) found.push(await subnets.getIn(tx, subnetId, everybody))
    const version4 = found.filter(({ ipVersion }) => ipVersion === 4)
    if (version4.length > 1) refuseBadRequest('router', 'Cannot have multiple IPv4 subnets on router port')
    await apart.leg(tx, router, found)
    const taken = await ports.updateIn(
      tx,
      port,
      { deviceId: router.id, deviceOwner: owners.interface, securityGroups: [], portSecurityEnabled: false },
      { ...act, viewer: everybody },
    )
    return { port: taken, subnetIds: found.map(({ id }) => id) }
  }

  async function mustNotBeNeeded(tx: Transaction, router: Router, subnetId: string): Promise<void> {
    for (const { removeLeg } of others) await removeLeg?.(tx, router, subnetId)
    const subnet = await subnets.getIn(tx, subnetId, everybody)
    if (router.routes.some(({ nexthop }) => blockHas(subnet, nexthop)))
      refuseConflict(
        'RouterInterfaceInUseByRoute',
        `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more routes.`,
      )
    if ((await store.floatingThrough(router.id, { subnetId }, tx.read)) > 0)
      refuseConflict(
        'RouterInterfaceInUseByFloatingIP',
        `Router interface for subnet ${subnetId} on router ${router.id} cannot be deleted, as it is required by one or more floating IPs.`,
      )
  }

  return {
    attached,

    add: (tx: Transaction, router: Router, { subnetId, portId }: InterfaceWish, act: Act): Promise<Interface> => {
      if (portId !== undefined && subnetId !== undefined) return refuseBadRequest('router', 'Cannot specify both subnet-id and port-id')
      if (portId !== undefined) return byPort(tx, router, portId, act)
      return subnetId === undefined
        ? refuseBadRequest('router', 'Either subnet_id or port_id must be specified')
        : bySubnet(tx, router, subnetId, act)
    },

    async remove(tx: Transaction, router: Router, { subnetId, portId }: InterfaceWish, act: Act): Promise<Interface> {
      if (portId === undefined && subnetId === undefined) return refuseBadRequest('router', 'Either subnet_id or port_id must be specified')
      const legs = await ports.listIn(tx, where({ device_id: [router.id], device_owner: [owners.interface] }))
      const onSubnet = (port: Port) => port.fixedIps.some(ip => ip.subnetId === subnetId)
      const leg = portId === undefined ? legs.find(onSubnet) : legs.find(({ id }) => id === portId)
      if (!leg && portId !== undefined)
        return refuseUnknown('RouterInterfaceNotFound', `Router ${router.id} does not have an interface with id ${portId}`)
      if (!leg) {
        await subnets.getIn(tx, subnetId ?? '', act.viewer)
        return refuseUnknown('RouterInterfaceNotFoundForSubnet', `Router ${router.id} has no interface on subnet ${subnetId}`)
      }
      if (portId !== undefined && subnetId !== undefined && !onSubnet(leg))
        refuseInvalid('SubnetMismatchForPort', `Subnet on port ${portId} does not match the requested subnet ${subnetId}.`)
      const gone = portId === undefined && subnetId !== undefined ? [subnetId] : leg.fixedIps.map(ip => ip.subnetId)
      for (const id of gone) await mustNotBeNeeded(tx, router, id)
      const left = leg.fixedIps.filter(ip => !gone.includes(ip.subnetId))
      if (left.length > 0) await ports.updateIn(tx, leg, { fixedIps: left }, { ...act, viewer: everybody })
      else await ports.deleteIn(tx, leg)
      return { port: leg, subnetIds: gone }
    },
  }
}

export const blockHas = (subnet: Pick<Subnet, 'cidr'>, text: string): boolean => {
  const block = blockOf(subnet)
  const other = blockOf({ cidr: text })
  return overlap(block, other)
}
