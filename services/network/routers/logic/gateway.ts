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
}

export type Gateway = Pick<Router, 'gwNetworkId' | 'gwPortId' | 'enableSnat' | 'gatewayIps' | 'qosPolicyId'>

/** A router's way out: a port on an external network that belongs to no project. */
export function gatewayOf({ store, ports, networks }: Rooms) {
  async function close(tx: Transaction, router: Router, beside: string | null): Promise<void> {
    if (router.gwPortId === null) return
    if (beside !== router.gwNetworkId && (await store.floatingThrough(router.id, undefined, tx.read)) > 0)
      refuseConflict(
        'RouterExternalGatewayInUseByFloatingIp',
        `Gateway cannot be updated for router ${router.id}, since a gateway to external network ${router.gwNetworkId} is required by one or more floating IPs.`,
      )
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

  return {
    close,

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
