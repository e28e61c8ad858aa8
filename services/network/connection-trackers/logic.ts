import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted, where } from '../listings/listing.ts'
import { refuseBadRequest, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import type { RouterFollower, RouterLogic } from '../routers/logic/routers.ts'
import type { Tools } from '../standards/logic.ts'
import { type Act, mustBeAt, type Within } from '../standards/standard/act.ts'
import { fresh, revised } from '../standards/standard/standard.ts'
import type { Transaction } from '../tables.ts'
import type { ConntrackHelper, ConntrackHelperChange, ConntrackHelperWish } from './connection-tracker/connection-tracker.ts'
import type { ConntrackHelperStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: ConntrackHelperStore
  readonly routers: Pick<RouterLogic, 'get' | 'getIn'>
  /** Which helpers may be asked for, each with the protocols it understands. */
  readonly allowed: ReadonlyMap<string, readonly string[]>
}

/** The rules of conntrack helpers: those the operator allows, each once in a router. */
export function conntrackHelperLogic({ store, routers, allowed, write, chance, clock }: Rooms) {
  const idOf = (within: Within) => within['router_id'] ?? ''

  const list = async (wanted: Wanted, viewer: Viewer, within: Within): Promise<readonly ConntrackHelper[]> => {
    await routers.get(idOf(within), viewer)
    return store.list({ ...wanted, filters: { ...wanted.filters, router_id: [idOf(within)] } }, everybody)
  }

  const get = async (id: string, viewer: Viewer, within: Within, tx?: Transaction): Promise<ConntrackHelper> => {
    await (tx ? routers.getIn(tx, idOf(within), viewer) : routers.get(idOf(within), viewer))
    const found = await store.find(id, everybody, tx?.read)
    return found?.routerId === idOf(within) ? found : refuseUnknown('ConntrackHelperNotFound', `Conntrack Helper ${id} could not be found.`)
  }

  function mustBeAllowed({ helper, protocol }: ConntrackHelper): void {
    const protocols = allowed.get(helper)
    if (!protocols) return void refuseInvalid('ConntrackHelperNotAllowed', `Conntrack Helper ${helper} is not allowed.`)
    if (!protocols.includes(protocol))
      refuseInvalid(
        'InvalidProtocolForHelper',
        `Conntrack Helper ${helper} does not support: ${protocol}. Supported protocols are: ${protocols.join(', ')}`,
      )
  }

  async function mustBeNew(tx: Transaction, { id, routerId, protocol, port, helper }: ConntrackHelper): Promise<void> {
    const same = where({ router_id: [routerId], protocol: [protocol], port: [port], helper: [helper] })
    if ((await store.list(same, everybody, tx.read)).some(one => one.id !== id))
      refuseBadRequest(
        'conntrack_helper',
        `A duplicate conntrack helper entry with same attributes already exists, conflicting values are {'router_id': '${routerId}', 'protocol': '${protocol}', 'port': ${port}, 'helper': '${helper}'}`,
      )
  }

  const forgetRouter: RouterFollower['forgetRouter'] = async (tx, router) => {
    for (const one of await store.list(where({ router_id: [router.id] }), everybody, tx.read)) await store.delete(tx, one)
  }

  return {
    follower: { forgetRouter },
    list,
    get: (id: string, viewer: Viewer, within: Within) => get(id, viewer, within),

    create: (wishes: readonly ConntrackHelperWish[], act: Act): Promise<readonly ConntrackHelper[]> =>
      write(act.cause, async tx => {
        const router = await routers.getIn(tx, idOf(act.within), act.viewer)
        const made: ConntrackHelper[] = []
        for (const { protocol, port, helper } of wishes) {
          const one = { ...fresh(chance.uuid(), router.projectId, clock.now()), routerId: router.id, protocol, port, helper }
          mustBeAllowed(one)
          await mustBeNew(tx, one)
          await store.insert(tx, [one])
          made.push(one)
        }
        return made
      }),

    update: (id: string, { protocol, port, helper }: ConntrackHelperChange, act: Act): Promise<ConntrackHelper> =>
      write(act.cause, async tx => {
        const before = await get(id, act.viewer, act.within, tx)
        mustBeAt(act, before)
        const one = revised({ ...before, ...given({ protocol, port, helper }) }, clock.now())
        mustBeAllowed(one)
        await mustBeNew(tx, one)
        await store.update(tx, one)
        return one
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => void (await store.delete(tx, await get(id, act.viewer, act.within, tx)))),
  }
}

export type ConntrackHelperLogic = ReturnType<typeof conntrackHelperLogic>
