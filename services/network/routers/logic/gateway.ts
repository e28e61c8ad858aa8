import { everybody } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { PortLogic } from '../../ports/logic/ports.ts'
import { bareWish } from '../../ports/port/attributes.ts'
import type { Port } from '../../ports/port/port.ts'
import { refuseBadRequest, refuseConflict } from '../../refusals/refusal.ts'
import type { Act } from '../../standards/standard/act.ts'
import type { SubnetLogic } from '../../subnets/logic/subnets.ts'
import type { Transaction } from '../../tables.ts'
import type { GatewayWish } from '../router/attributes.ts'
import { type Gateway, owners, type Router } from '../router/router.ts'
import type { RouterStore } from '../store.ts'
import type { Apart } from './apart.ts'

export interface Rooms {
  readonly store: RouterStore
  readonly ports: Pick<PortLogic, 'getIn' | 'createIn' | 'updateIn' | 'deleteIn'>
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly subnets: Pick<SubnetLogic, 'ofNetwork'>
  readonly apart: Apart
  readonly others: readonly Pick<RouterFollower, 'closeGateway' | 'checkGateway'>[]
}

/** Who has a say when a router comes or goes, or loses what it is connected with. */
export interface RouterFollower {
  readonly addRouter?: (tx: Transaction, router: Router) => Promise<unknown>
  readonly forgetRouter?: (tx: Transaction, router: Router) => Promise<unknown>
  /** Refuses what is wished of a gateway. */
  readonly checkGateway?: (tx: Transaction, wish: GatewayWish, act: Act) => Promise<unknown>
  /** Refuses to let the first gateway go. */
  readonly closeGateway?: (tx: Transaction, router: Router) => Promise<unknown>
  /** Refuses to let a leg go. */
  readonly removeLeg?: (tx: Transaction, router: Router, subnetId: string) => Promise<unknown>
}

interface Closing {
  /** Those that stay. */
  readonly left: readonly Gateway[]
  /** Another is wished for in its place. */
  readonly isReplaced?: boolean
}

/** One of a router's ways out: a port on an external network that belongs to no project. */
export function gatewayOf({ store, ports, networks, subnets, apart, others }: Rooms) {
  /** Says whether a gateway can be as it is wished. */
  async function check(tx: Transaction, wish: GatewayWish, act: Act): Promise<void> {
    const network = await networks.getIn(tx, wish.networkId, act.viewer)
    if (!network.routerExternal) refuseBadRequest('router', `Network ${wish.networkId} is not an external network`)
    if (network.subnets.length === 0 && wish.externalFixedIps) refuseBadRequest('router', `No subnet on network ${wish.networkId}`)
    const wanted = (wish.externalFixedIps ?? []).flatMap(({ ipAddress }) => ipAddress ?? [])
    if (wanted.length > 0) {
      const nexthops = (await subnets.ofNetwork(tx, network.id)).map(({ gatewayIp }) => gatewayIp)
      const taken = wanted.find(address => nexthops.includes(address))
      if (taken !== undefined) refuseBadRequest('router', `External IP ${taken} is the same as the gateway IP`)
    }
    for (const { checkGateway } of others) await checkGateway?.(tx, wish, act)
  }

  async function open(tx: Transaction, router: Router, wish: GatewayWish, act: Act): Promise<Gateway> {
    await apart.gateway(tx, router, wish.networkId)
    const fresh = bareWish({
      networkId: wish.networkId,
      projectId: '',
      deviceId: router.id,
      deviceOwner: owners.gateway,
      ...(wish.externalFixedIps ? { fixedIps: wish.externalFixedIps } : {}),
    })
    const port = await ports.createIn(tx, fresh, { ...act, viewer: everybody })
    return { ...at(port), enableSnat: wish.enableSnat ?? true, qosPolicyId: wish.qosPolicyId ?? null }
  }

  /** The port stays where only addresses, or the rules of translation, change. */
  async function change(tx: Transaction, gateway: Gateway, wish: GatewayWish, act: Act): Promise<Gateway> {
    const before = await ports.getIn(tx, gateway.portId, everybody)
    const port = wish.externalFixedIps?.length
      ? await ports.updateIn(tx, before, { fixedIps: wish.externalFixedIps }, { ...act, viewer: everybody })
      : before
    const qosPolicyId = wish.qosPolicyId === undefined ? gateway.qosPolicyId : wish.qosPolicyId
    return { ...at(port), enableSnat: wish.enableSnat ?? gateway.enableSnat, qosPolicyId }
  }

  /** Floating addresses are served by whatever gateway is on their network, the rest by the first. */
  async function close(tx: Transaction, router: Router, { portId, networkId }: Gateway, { left, isReplaced }: Closing): Promise<void> {
    const isNeeded = !left.some(other => other.networkId === networkId)
    if (isNeeded && (await store.floatingThrough(router.id, { networkId }, tx.read)) > 0)
      refuseConflict(
        'RouterExternalGatewayInUseByFloatingIp',
        `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${networkId} is required by one or more floating IPs.`,
      )
    if (portId === router.gwPortId && !isReplaced) for (const { closeGateway } of others) await closeGateway?.(tx, router)
    await ports.deleteIn(tx, await ports.getIn(tx, portId, everybody))
  }

  return { check, open, change, close }
}

const at = ({ id, networkId, fixedIps }: Port) => ({ portId: id, networkId, ips: fixedIps })
