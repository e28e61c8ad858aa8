import { given } from '@kilonova/platform/given.ts'
import { everybody, where } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { Looking, PortFollower, PortLogic } from '../../ports/logic/ports.ts'
import type { Port } from '../../ports/port/port.ts'
import { refuseBadRequest, refuseConflict, refuseInput, refuseInvalid, refuseUnknown } from '../../refusals/refusal.ts'
import { type Tools, usualLogic } from '../../standards/logic.ts'
import { type Act, mustBeAt } from '../../standards/standard/act.ts'
import { revised } from '../../standards/standard/standard.ts'
import type { SubnetLogic } from '../../subnets/logic/subnets.ts'
import type { Route, Subnet } from '../../subnets/subnet/subnet.ts'
import type { Transaction } from '../../tables.ts'
import type { GatewayWish, RouterChange, RouterWish } from '../router/attributes.ts'
import { ledBy } from '../router/gateways.ts'
import { owners, type Router, routerOwners } from '../router/router.ts'
import type { RouterStore } from '../store.ts'
import { apartOf } from './apart.ts'
import type { RouterFollower } from './gateway.ts'
import { gatewaysLogic } from './gateways.ts'
import { blockHas, type InterfaceWish, interfacesOf } from './interfaces.ts'
import { ndpOf } from './ndp.ts'

export interface Rooms extends Tools {
  readonly store: RouterStore
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly subnets: Pick<SubnetLogic, 'getIn' | 'list' | 'ofNetwork'>
  readonly ports: PortLogic
  readonly mostRoutes: number
  /** How many agents could serve a router now. */
  readonly agents: { countRouting(): Promise<number> }
  readonly others: readonly RouterFollower[]
}

/** The rules of routers: legs on subnets that lie apart, a gateway on an external network, routes to what is connected. */
export function routerLogic({ store, networks, subnets, ports, mostRoutes, agents, others, ...tools }: Rooms) {
  const apart = apartOf({ ports, subnets })
  const interfaces = interfacesOf({ store, ports, subnets, apart, others })
  const gateways = gatewaysLogic({ store, ports, networks, subnets, apart, others })
  const ndp = ndpOf({ networks })

  const usual = usualLogic<Router, RouterWish, RouterChange>(tools, {
    store,
    counted: 'router',
    refuseUnknown: id => refuseUnknown('RouterNotFound', `Router ${id} could not be found`),
    async make(wish, standard, tx, act) {
      if (wish.ha === true) await mustSuffice()
      const router: Router = {
        ...standard,
        name: wish.name,
        adminStateUp: wish.adminStateUp,
        status: 'ACTIVE',
        ...ledBy([]),
        distributed: wish.distributed ?? false,
        ha: wish.ha ?? false,
        flavorId: wish.flavorId ?? null,
        routes: [],
        availabilityZoneHints: wish.availabilityZoneHints,
        availabilityZones: [],
        enableNdpProxy: false,
        conntrackHelpers: [],
      }
      const led = wish.externalGatewayInfo ? await gateways.set(tx, router, wish.externalGatewayInfo, act) : router
      return { ...led, enableNdpProxy: await ndp(tx, led, wish.enableNdpProxy, true) }
    },
    async change(before, change, tx, act) {
      await checkKind(before, change)
      const wish = change.externalGatewayInfo
      const led = wish === undefined ? before : await gateways.set(tx, before, wish, act)
      const { name, description, adminStateUp, distributed, ha, routes } = change
      const router = {
        ...led,
        ...given({ name, description, adminStateUp, distributed: distributed ?? undefined, ha: ha ?? undefined, routes }),
      }
      if (routes || (led !== before && router.routes.length > 0)) await mustLead(tx, router, router.routes)
      return { ...router, enableNdpProxy: await ndp(tx, router, change.enableNdpProxy, false) }
    },
    async settled(router, _, tx) {
      for (const { addRouter } of others) await addRouter?.(tx, router)
    },
    async mayGo(router, tx) {
      const legs = await ports.listIn(tx, where({ device_id: [router.id], device_owner: [owners.interface] }))
      if (legs.length > 0)
        refuseConflict('RouterInUse', `Router ${router.id} has ports still attached: ${legs.map(({ id }) => id).join(', ')}`)
      await gateways.clear(tx, router)
      for (const { forgetRouter } of others) await forgetRouter?.(tx, router)
    },
  })

  async function mustSuffice(): Promise<void> {
    const available = await agents.countRouting()
    if (available < 2)
      refuseConflict(
        'HANotEnoughAvailableAgents',
        `Not enough l3 agents available to ensure HA. Minimum required 2, available ${available}.`,
      )
  }

  /** Between one host and several a router moves only while it is down. */
  async function checkKind(before: Router, change: RouterChange): Promise<void> {
    const isMoved = change.distributed != null && change.distributed !== before.distributed
    if (isMoved && before.adminStateUp && change.adminStateUp !== false)
      refuseBadRequest(
        'router',
        change.distributed
          ? 'Cannot upgrade active router to distributed. Please set router admin_state_up to False prior to upgrade'
          : 'Cannot migrate distributed router to centralized. Please set router admin_state_up to False prior to upgrade',
      )
    if (change.ha === true && !before.ha) {
      if (before.adminStateUp && change.adminStateUp !== false)
        refuseBadRequest(
          'router',
          'Cannot change HA attribute of active routers. Please set router admin_state_up to False prior to upgrade',
        )
      await mustSuffice()
    }
  }

  /** Each route goes by a neighbour on one of the router's subnets, and not by the router itself. */
  async function mustLead(tx: Transaction, router: Router, routes: readonly Route[]): Promise<void> {
    if (routes.length > mostRoutes)
      refuseInvalid(
        'RoutesExhausted',
        `Unable to complete operation for ${router.id}. The number of routes exceeds the maximum ${mostRoutes}.`,
      )
    const legs = await interfaces.attached(tx, router.id)
    const addresses = legs.flatMap(leg => leg.fixedIps)
    const near: Subnet[] = []
    for (const id of new Set(addresses.map(ip => ip.subnetId))) near.push(await subnets.getIn(tx, id, everybody))
    for (const route of routes) {
      if (!near.some(subnet => blockHas(subnet, route.nexthop))) refuseRoute(routes, 'the nexthop is not connected with router')
      if (addresses.some(ip => ip.ipAddress === route.nexthop)) refuseRoute(routes, 'the nexthop is used by router')
    }
  }

  const changeRoutes = (id: string, act: Act, change: (before: readonly Route[]) => readonly Route[]): Promise<Router> =>
    tools.write(act.cause, async tx => {
      const before = await usual.holdIn(tx, id, act.viewer)
      mustBeAt(act, before)
      const routes = change(before.routes)
      await mustLead(tx, before, routes)
      const router = revised({ ...before, routes }, tools.clock.now())
      await store.update(tx, router)
      return router
    })

  type ChangeGateways = (tx: Transaction, router: Router, wishes: readonly GatewayWish[], act: Act) => Promise<Router>
  const changeGateways = (change: ChangeGateways) => (id: string, wishes: readonly GatewayWish[], act: Act) =>
    tools.write(act.cause, async tx => {
      const before = await usual.holdIn(tx, id, act.viewer)
      mustBeAt(act, before)
      const led = await change(tx, before, wishes, act)
      if (led.routes.length > 0) await mustLead(tx, led, led.routes)
      await store.update(tx, revised({ ...led, enableNdpProxy: await ndp(tx, led, undefined, false) }, tools.clock.now()))
      return usual.getIn(tx, id, act.viewer)
    })

  const changeLegs = <R>(id: string, act: Act, change: (tx: Transaction, router: Router) => Promise<R>): Promise<R> =>
    tools.write(act.cause, async tx => {
      await store.hold(tx, id)
      const router = await usual.getIn(tx, id, act.viewer)
      mustBeAt(act, router)
      const result = await change(tx, router)
      await store.update(tx, revised(router, tools.clock.now()))
      return result
    })

  const follower: PortFollower = {
    async holdPort(tx: Transaction, port: Port) {
      if (!routerOwners.includes(port.deviceOwner) || port.fixedIps.length === 0) return
      const isNeeded = port.deviceOwner === owners.floating || (await store.exists(port.deviceId, tx.read))
      if (isNeeded)
        refuseConflict(
          'ServicePortInUse',
          `Port ${port.id} cannot be deleted directly via the port API: has device owner ${port.deviceOwner}.`,
        )
    },
    async checkPort(tx: Transaction, port: Port, before: Port | undefined, act: Looking) {
      const isNew = before?.deviceId !== port.deviceId || before.deviceOwner !== port.deviceOwner
      if (act.viewer.seesAll || port.deviceOwner !== owners.interface || port.deviceId === '' || !isNew) return
      if (!(await store.find(port.deviceId, act.viewer, tx.read)))
        refuseConflict(
          'DeviceIDNotOwnedByTenant',
          `The following device_id ${port.deviceId} is not owned by your tenant or matches another tenants router.`,
        )
    },
  }

  return {
    ...usual,
    /** The router that leads from a subnet to an external network, which goes on doing so until the commit. */
    async between(tx: Transaction, { id, gatewayIp }: Subnet, externalNetworkId: string): Promise<string | undefined> {
      const found = await store.between(id, externalNetworkId, gatewayIp, tx.read)
      if (found !== undefined) await store.hold(tx, found)
      return found && (await store.between(id, externalNetworkId, gatewayIp, tx.read))
    },
    follower,

    addInterface: (id: string, wish: InterfaceWish, act: Act) => changeLegs(id, act, (tx, router) => interfaces.add(tx, router, wish, act)),
    removeInterface: (id: string, wish: InterfaceWish, act: Act) =>
      changeLegs(id, act, (tx, router) => interfaces.remove(tx, router, wish, act)),

    addGateways: changeGateways(gateways.add),
    updateGateways: changeGateways(gateways.replace),
    removeGateways: changeGateways(gateways.remove),

    addRoutes: (id: string, routes: readonly Route[], act: Act) =>
      changeRoutes(id, act, before => [...before, ...routes.filter(route => !before.some(one => isSame(one, route)))]),
    removeRoutes: (id: string, routes: readonly Route[], act: Act) =>
      changeRoutes(id, act, before => before.filter(one => !routes.some(route => isSame(one, route)))),

    /** What the agents say of routers they serve. */
    setStatus: (id: string, status: Router['status'], { cause }: Pick<Act, 'cause'>): Promise<void> =>
      tools.write(cause, async tx => {
        const router = await store.find(id, everybody, tx.read)
        if (router && router.status !== status) await store.update(tx, revised({ ...router, status }, tools.clock.now()))
      }),
  }
}

export type { RouterFollower } from './gateway.ts'
export type RouterLogic = ReturnType<typeof routerLogic>

const isSame = (a: Route, b: Route) => a.destination === b.destination && a.nexthop === b.nexthop

const refuseRoute = (routes: readonly Route[], reason: string): never =>
  refuseInput(
    `Invalid format for routes: [${routes.map(({ destination, nexthop }) => `{'destination': '${destination}', 'nexthop': '${nexthop}'}`).join(', ')}], ${reason}`,
    'InvalidRoutes',
  )
