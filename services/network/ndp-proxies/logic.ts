import { given } from '@kilonova/platform/given.ts'
import { everybody, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import type { PortFollower, PortLogic } from '../ports/logic/ports.ts'
import type { Port } from '../ports/port/port.ts'
import { refuseBadRequest, refuseConflict, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import type { RouterFollower, RouterLogic } from '../routers/logic/routers.ts'
import type { Router } from '../routers/router/router.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { Act } from '../standards/standard/act.ts'
import type { Transaction } from '../tables.ts'
import type { NdpProxy, NdpProxyChange, NdpProxyWish } from './ndp-proxy/ndp-proxy.ts'
import type { NdpProxyStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: NdpProxyStore
  readonly ports: Pick<PortLogic, 'getIn' | 'listIn'>
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly routers: Pick<RouterLogic, 'getIn'>
}

/** The rules of NDP proxies: an address inside and the world outside are of one address scope, and a router connects them. */
export function ndpProxyLogic({ store, ports, networks, routers, ...tools }: Rooms) {
  const usual = usualLogic<NdpProxy, NdpProxyWish, NdpProxyChange>(tools, {
    store,
    refuseUnknown: id => refuseUnknown('NDPProxyNotFound', `Ndp proxy ${id} could not be found.`),
    async make({ name, routerId, portId, ipAddress }, standard, tx, act) {
      const port = await ports.getIn(tx, portId, act.viewer)
      const legs = await ports.listIn(tx, where({ device_id: [routerId], network_id: [port.networkId] }))
      if (legs.length === 0) refuseUnreachable(portId, routerId)
      const router = await routers.getIn(tx, routerId, act.viewer)
      if (!router.enableNdpProxy)
        refuseConflict(
          'RouterNDPProxyNotEnable',
          `The enable_ndp_proxy parameter of router ${routerId} must be set as True while create ndp proxy entry on it.`,
        )
      const found = addressOf(port, legs, { routerId, ipAddress })
      await mustShareScope(tx, router, port, act)
      await mustBeNew(tx, routerId, found)
      return { ...standard, name, routerId, portId, ipAddress: found }
    },
    change: (before, { name, description }) => ({ ...before, ...given({ name, description }) }),
  })

  async function mustShareScope(tx: Transaction, { gwNetworkId }: Router, port: Port, { viewer }: Act): Promise<void> {
    const outside = gwNetworkId === null ? null : (await networks.getIn(tx, gwNetworkId, everybody)).ipv6AddressScope
    const inside = (await networks.getIn(tx, port.networkId, viewer)).ipv6AddressScope
    if (outside !== inside)
      refuseConflict(
        'AddressScopeConflict',
        `The IPv6 address scope ${outside} of external network conflict with internal network's IPv6 address scope ${inside}.`,
      )
  }

  async function mustBeNew(tx: Transaction, routerId: string, ipAddress: string): Promise<void> {
    if ((await store.count({ router_id: [routerId], ip_address: [ipAddress] }, tx.read)) > 0)
      refuseConflict('NeutronDbObjectDuplicateEntry', `Router ${routerId} is an ndp proxy of ${ipAddress} already.`)
  }

  const portFollower: PortFollower = {
    async checkPort(tx, port, before) {
      if (before === undefined || port.fixedIps.some(({ ipAddress }) => ipAddress === '')) return
      const kept = new Set(port.fixedIps.map(({ ipAddress }) => ipAddress))
      const own = await store.list(where({ port_id: [port.id] }), everybody, tx.read)
      for (const proxy of own) if (!kept.has(proxy.ipAddress)) await store.delete(tx, proxy)
    },
    async forgetPort(tx, port) {
      for (const proxy of await store.list(where({ port_id: [port.id] }), everybody, tx.read)) await store.delete(tx, proxy)
    },
  }

  const routerFollower: RouterFollower = {
    async closeGateway(tx, router) {
      if ((await store.count({ router_id: [router.id] }, tx.read)) > 0)
        refuseConflict(
          'RouterGatewayInUseByNDPProxy',
          `Unable to unset external gateway of router ${router.id}, There are one or more ndp proxies still in use on the router.`,
        )
    },
    async removeLeg(tx, router, subnetId) {
      const own = await store.list(where({ router_id: [router.id] }), everybody, tx.read)
      const served = own.length === 0 ? [] : await ports.listIn(tx, where({ id: own.map(({ portId }) => portId) }))
      const isOnSubnet = ({ portId, ipAddress }: NdpProxy) =>
        served.some(({ id, fixedIps }) => id === portId && fixedIps.some(ip => ip.ipAddress === ipAddress && ip.subnetId === subnetId))
      if (own.some(isOnSubnet))
        refuseConflict(
          'RouterInterfaceInUseByNDPProxy',
          `Unable to remove subnet ${subnetId} from router ${router.id}, There are one or more ndp proxies still in use on the subnet.`,
        )
    },
  }

  return { ...usual, portFollower, routerFollower }
}

export type NdpProxyLogic = ReturnType<typeof ndpProxyLogic>

const refuseUnreachable = (portId: string, routerId: string): never =>
  refuseConflict('PortUnreachableRouter', `The port ${portId} cannot reach the router ${routerId} by IPv6 subnet.`)

interface Asked {
  readonly routerId: string
  readonly ipAddress?: string | null | undefined
}

/** The address of the port that is meant: one on a subnet the router has a leg on. */
function addressOf(port: Port, legs: readonly Port[], { routerId, ipAddress }: Asked): string {
  const sixes = (one: Port) => one.fixedIps.filter(ip => ip.ipAddress.includes(':'))
  if (sixes(port).length === 0) return refuseBadRequest('ndp_proxy', `Requested port ${port.id} must allocate one IPv6 address at least`)
  const near = new Set(legs.flatMap(sixes).map(({ subnetId }) => subnetId))
  if (!ipAddress) return sixes(port).find(({ subnetId }) => near.has(subnetId))?.ipAddress ?? refuseUnreachable(port.id, routerId)
  const meant = sixes(port).find(one => one.ipAddress === ipAddress)
  const refuse = (reason: string): never => refuseInvalid('InvalidAddress', `The address ${ipAddress} is invalid, reason: ${reason}.`)
  if (!meant) return refuse(`This address not belong to the port ${port.id}`)
  return near.has(meant.subnetId) ? ipAddress : refuse(`This address cannot reach the router ${routerId}`)
}
