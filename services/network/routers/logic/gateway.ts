import { everybody } from '../../listings/listing.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { PortLogic } from '../../ports/logic/ports.ts'
import { bareWish } from '../../ports/port/attributes.ts'
import { refuseBadRequest, refuseConflict } from '../../refusals/refusal.ts'
import type { Act } from '../../standards/standard/act.ts'
import type { Transaction } from '../../tables.ts'
import type { GatewayWish } from '../router/attributes.ts'
import { owners, type Router } from '../router/router.ts'
import type { RouterStore } from '../store.ts'

export interface Rooms {
  readonly store: RouterStore
  readonly ports: Pick<PortLogic, 'getIn' | 'createIn' | 'updateIn' | 'deleteIn'>
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly others: readonly Pick<RouterFollower, 'closeGateway'>[]
}

/** Who has a say when a router comes or goes, or loses what it is connected with. */
export interface RouterFollower {
  readonly addRouter?: (tx: Transaction, router: Router) => Promise<unknown>
  readonly forgetRouter?: (tx: Transaction, router: Router) => Promise<unknown>
  /** Refuses to let the gateway go. */
  readonly closeGateway?: (tx: Transaction, router: Router) => Promise<unknown>
  /** Refuses to let a leg go. */
  readonly removeLeg?: (tx: Transaction, router: Router, subnetId: string) => Promise<unknown>
}

export type Gateway = Pick<Router, 'gwNetworkId' | 'gwPortId' | 'enableSnat' | 'gatewayIps' | 'qosPolicyId'>

/** A router's way out: a port on an external network that belongs to no project. */
export function gatewayOf({ store, ports, networks, others }: Rooms) {
  async function close(tx: Transaction, router: Router, beside: string | null): Promise<void> {
    if (router.gwPortId === null) return
    if (beside !== router.gwNetworkId && (await store.floatingThrough(router.id, undefined, tx.read)) > 0)
      refuseConflict(
        'RouterExternalGatewayInUseByFloatingIp',
        `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${router.gwNetworkId} is required by one or more floating IPs.`,
      )
    if (beside === null) for (const { closeGateway } of others) await closeGateway?.(tx, router)
    await ports.deleteIn(tx, await ports.getIn(tx, router.gwPortId, everybody))
  }

  async function open(tx: Transaction, router: Router, wish: GatewayWish, act: Act) {
    const network = await networks.getIn(tx, wish.networkId, act.viewer)
    if (!network.routerExternal) refuseBadRequest('router', `Network ${wish.networkId} is not an external network`)
    if (network.subnets.length === 0 && wish.externalFixedIps) refuseBadRequest('router', `No subnet on network ${wish.networkId}`)
    const gateway = bareWish({
      networkId: network.id,
      projectId: '',
      deviceId: router.id,
      deviceOwner: owners.gateway,
      ...(wish.externalFixedIps ? { fixedIps: wish.externalFixedIps } : {}),
    })
    return ports.createIn(tx, gateway, { ...act, viewer: everybody })
  }

  /** Answering for addresses inside needs a way out by IPv6, on a network whose addresses are of a scope. */
  async function mustReachSix(tx: Transaction, router: Router, reason: (networkId: string | null) => string): Promise<void> {
    const network = router.gwNetworkId === null ? undefined : await networks.getIn(tx, router.gwNetworkId, everybody)
    const reaches = network?.ipv6AddressScope && router.gatewayIps.some(({ ipAddress }) => ipAddress.includes(':'))
    if (!reaches) refuseConflict('RouterGatewayNotValid', `Can not enable ndp proxy on router ${router.id}, ${reason(router.gwNetworkId)}.`)
  }

  return {
    close,

    /** Whether the router may answer for addresses inside, after what was wished. */
    async ndpOf(tx: Transaction, router: Router, wish: boolean | null | undefined, isNew: boolean): Promise<boolean> {
      if (wish !== true) return router.gwNetworkId !== null && (wish ?? router.enableNdpProxy)
      await mustReachSix(tx, router, networkId => (isNew ? whyNot(networkId) : changedWhyNot))
      return true
    },

    /** The gateway a router has from now on; the port stays where only the rules of translation change. */
    async set(tx: Transaction, router: Router, wish: GatewayWish | null, act: Act): Promise<Gateway> {
      if (wish === null) {
        await close(tx, router, null)
        return { gwNetworkId: null, gwPortId: null, enableSnat: true, gatewayIps: [], qosPolicyId: null }
      }
      const enableSnat = wish.enableSnat ?? (router.gwNetworkId === wish.networkId ? router.enableSnat : true)
      const qosPolicyId = wish.qosPolicyId === undefined ? router.qosPolicyId : wish.qosPolicyId
      if (router.gwPortId !== null && router.gwNetworkId === wish.networkId) {
        const before = await ports.getIn(tx, router.gwPortId, everybody)
        const port = wish.externalFixedIps
          ? await ports.updateIn(tx, before, { fixedIps: wish.externalFixedIps }, { ...act, viewer: everybody })
          : before
        return { gwNetworkId: wish.networkId, gwPortId: port.id, enableSnat, gatewayIps: port.fixedIps, qosPolicyId }
      }
      await close(tx, router, wish.networkId)
      const port = await open(tx, router, wish, act)
      return { gwNetworkId: wish.networkId, gwPortId: port.id, enableSnat, gatewayIps: port.fixedIps, qosPolicyId }
    },
  }
}

const changedWhyNot = 'The router has no external gateway or the external gateway port has no IPv6 address or IPv6 address scope'
const whyNot = (networkId: string | null) =>
  networkId === null
    ? 'The request body not contain external gateway information'
    : `The external network ${networkId} don't support IPv6 ndp proxy, the network has no IPv6 subnets or has no IPv6 address scope`
