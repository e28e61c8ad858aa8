import { refuseInvalid } from '../../refusals/refusal.ts'
import type { Act } from '../../standards/standard/act.ts'
import type { Transaction } from '../../tables.ts'
import type { GatewayWish } from '../router/attributes.ts'
import { gatewaysOf, ledBy } from '../router/gateways.ts'
import type { Gateway, Router } from '../router/router.ts'
import { gatewayOf, type Rooms } from './gateway.ts'
import { matchesOf, matching } from './matching.ts'

interface Named {
  readonly wish: GatewayWish
  readonly gateway: Gateway | undefined
}

/**
 * All ways out of a router. The first is the one that routers had before there could be several: it is where the default route goes, and what
 * `external_gateway_info` says; when it goes, the next takes its place.
 */
export function gatewaysLogic(rooms: Rooms) {
  const one = gatewayOf(rooms)

  async function openAll(tx: Transaction, router: Router, wishes: readonly GatewayWish[], act: Act): Promise<Router> {
    const gateways = [...gatewaysOf(router)]
    for (const wish of wishes) gateways.push(await one.open(tx, router, wish, act))
    return { ...router, ...ledBy(gateways) }
  }

  async function closeAll(tx: Transaction, router: Router, gone: readonly Gateway[]): Promise<Router> {
    const left = gatewaysOf(router).filter(({ portId }) => !gone.some(gateway => gateway.portId === portId))
    for (const gateway of gone) await one.close(tx, router, gateway, { left })
    return { ...router, ...ledBy(left) }
  }

  /** The first gateway as it is wished: where its network stays, so does its port. */
  async function lead(tx: Transaction, router: Router, wish: GatewayWish, act: Act): Promise<Router> {
    const [first, ...rest] = gatewaysOf(router)
    if (!first) return openAll(tx, router, [wish], act)
    if (first.networkId === wish.networkId) return { ...router, ...ledBy([await one.change(tx, first, wish, act), ...rest]) }
    await one.close(tx, router, first, { left: rest, isReplaced: true })
    const bare = { ...router, ...ledBy(rest) }
    const inherited = { ...wish, qosPolicyId: wish.qosPolicyId === undefined ? first.qosPolicyId : wish.qosPolicyId }
    return { ...router, ...ledBy([await one.open(tx, bare, inherited, act), ...rest]) }
  }

  const checkAll = async (tx: Transaction, wishes: readonly GatewayWish[], act: Act): Promise<void> => {
    for (const wish of wishes) await one.check(tx, wish, act)
  }

  /** Those that match are changed, and the others made; what nobody named goes. The first named is the first. */
  async function replace(tx: Transaction, router: Router, wishes: readonly GatewayWish[], act: Act): Promise<Router> {
    const [wish, ...others] = wishes
    if (!wish) return closeAll(tx, router, gatewaysOf(router))
    await checkAll(tx, wishes, act)
    const led = isStill(router, wish, others)
      ? { ...router, ...ledBy([await one.open(tx, router, wish, act), ...gatewaysOf(router)]) }
      : await lead(tx, firstNamed(router, wish), wish, act)
    const named = others.map(other => ({ wish: other, gateway: matching(led, other, gatewaysOf(led)) }))
    const kept = new Set([led.gwPortId, ...named.map(({ gateway }) => gateway?.portId)])
    const unnamed = gatewaysOf(led).filter(({ portId }) => !kept.has(portId))
    const changed = await changeAll(tx, await closeAll(tx, led, unnamed), named, act)
    const missing = named.flatMap(one => (one.gateway ? [] : [one.wish]))
    return openAll(tx, changed, missing, act)
  }

  async function changeAll(tx: Transaction, router: Router, named: readonly Named[], act: Act): Promise<Router> {
    const extra: Gateway[] = []
    for (const gateway of router.extraGateways) {
      const found = named.find(each => each.gateway?.portId === gateway.portId)
      extra.push(found ? await one.change(tx, gateway, found.wish, act) : gateway)
    }
    return { ...router, extraGateways: extra }
  }

  return {
    /** What `external_gateway_info` says is said of the first. */
    async set(tx: Transaction, router: Router, wish: GatewayWish | null, act: Act): Promise<Router> {
      if (wish === null) return closeAll(tx, router, gatewaysOf(router).slice(0, 1))
      await one.check(tx, wish, act)
      return lead(tx, router, wish, act)
    },

    async add(tx: Transaction, router: Router, wishes: readonly GatewayWish[], act: Act): Promise<Router> {
      await checkAll(tx, wishes, act)
      return openAll(tx, router, wishes, act)
    },

    replace,

    async remove(tx: Transaction, router: Router, wishes: readonly GatewayWish[], act: Act): Promise<Router> {
      if (wishes.length === 0) return router
      if (router.gwPortId === null)
        refuseInvalid(
          'UnableToRemoveGateways',
          `Unable to remove extra gateways from a router ${router.id}: the router does not have any external gateways`,
        )
      await checkAll(tx, wishes, act)
      return closeAll(tx, router, matchesOf(router, wishes))
    },

    clear: (tx: Transaction, router: Router): Promise<Router> => closeAll(tx, router, gatewaysOf(router)),
  }
}

/** The router with the gateway that is named as its first. */
function firstNamed(router: Router, wish: GatewayWish): Router {
  const gateways = gatewaysOf(router)
  const chosen = matching(router, wish, gateways)
  return chosen ? { ...router, ...ledBy([chosen, ...gateways.filter(({ portId }) => portId !== chosen.portId)]) } : router
}

/** A new one comes first, and the one that was the first is named behind it: it goes on as it is. */
function isStill(router: Router, wish: GatewayWish, others: readonly GatewayWish[]): boolean {
  const gateways = gatewaysOf(router)
  const isNew = gateways[0] !== undefined && gateways[0].networkId !== wish.networkId && !matching(router, wish, gateways)
  return isNew && others.some(other => matching(router, other, gateways)?.portId === router.gwPortId)
}
