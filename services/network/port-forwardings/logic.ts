import { given } from '@kilonova/platform/given.ts'
import type { FloatingipLogic } from '../floatingips/logic.ts'
import { everybody, type Viewer, type Wanted, where } from '../listings/listing.ts'
import type { PortFollower, PortLogic } from '../ports/logic/ports.ts'
import { refuseBadRequest, refuseConflict, refuseUnknown } from '../refusals/refusal.ts'
import type { RouterLogic } from '../routers/logic/routers.ts'
import type { Tools } from '../standards/logic.ts'
import { type Act, mustBeAt, type Within } from '../standards/standard/act.ts'
import { fresh, revised } from '../standards/standard/standard.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import type { Transaction } from '../tables.ts'
import type { PortForwarding, PortForwardingChange, PortForwardingWish } from './port-forwarding/port-forwarding.ts'
import type { PortForwardingStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: PortForwardingStore
  readonly floatingips: FloatingipLogic
  readonly ports: Pick<PortLogic, 'holdIn'>
  readonly subnets: Pick<SubnetLogic, 'getIn'>
  readonly routers: Pick<RouterLogic, 'between'>
}

/** The rules of port forwardings: each outer port leads to one place, each inner one is led to once. */
export function portForwardingLogic({ store, floatingips, ports, subnets, routers, write, chance, clock }: Rooms) {
  const idOf = (within: Within) => within['floatingip_id'] ?? ''
  const unknown = (id: string): never => refuseUnknown('PortForwardingNotFound', `Port Forwarding ${id} could not be found.`)
  const list = async (wanted: Wanted, viewer: Viewer, within: Within): Promise<readonly PortForwarding[]> => {
    await floatingips.get(idOf(within), viewer)
    return store.list({ ...wanted, filters: { ...wanted.filters, floatingip_id: [idOf(within)] } }, everybody)
  }
  const get = async (id: string, viewer: Viewer, within: Within, tx?: Transaction): Promise<PortForwarding> => {
    const found = await store.find(id, everybody, tx?.read)
    await (tx ? floatingips.getIn(tx, idOf(within), viewer) : floatingips.get(idOf(within), viewer))
    return found?.floatingipId === idOf(within) ? found : unknown(id)
  }

  /** Where it leads, and through which router. */
  async function checked(tx: Transaction, one: PortForwarding, act: Act): Promise<string> {
    const floatingip = await floatingips.holdIn(tx, one.floatingipId, act.viewer)
    if (floatingip.fixedPortId !== null)
      refuseConflict('FipInUseByPort', `Floating IP ${floatingip.id} is associated with port ${floatingip.fixedPortId}.`)
    const port = await ports.holdIn(tx, one.internalPortId, act.viewer)
    const inside = port.fixedIps.find(({ ipAddress }) => ipAddress === one.internalIpAddress)
    if (!inside)
      return refuseBadRequest(
        'port_forwarding',
        `Requested internal IP address ${one.internalIpAddress} is not assigned to internal port ${port.id}`,
      )
    const subnet = await subnets.getIn(tx, inside.subnetId, everybody)
    const routerId = await routers.between(tx, subnet, floatingip.floatingNetworkId)
    if (routerId === undefined)
      return refuseBadRequest(
        'port_forwarding',
        `External network ${floatingip.floatingNetworkId} is not reachable from subnet ${subnet.id}`,
      )
    if (floatingip.routerId !== null && floatingip.routerId !== routerId)
      refuseConflict('FloatingIPPortForwardingConflict', `Floating IP ${floatingip.id} is bound to router ${floatingip.routerId}.`)
    await mustBeFree(tx, one)
    await floatingips.leadThrough(tx, floatingip, routerId)
    return routerId
  }

  async function mustBeFree(tx: Transaction, one: PortForwarding): Promise<void> {
    const beside = await store.list(where({ floatingip_id: [one.floatingipId] }), everybody, tx.read)
    const outer = beside.find(other => other.id !== one.id && other.externalPort === one.externalPort && other.protocol === one.protocol)
    if (outer)
      refuseTaken(
        `A duplicate port forwarding entry with same attributes already exists, conflicting values are {'floatingip_id': '${one.floatingipId}', 'external_port': ${one.externalPort}, 'protocol': '${one.protocol}'}`,
      )
    const same = where({
      internal_port_id: [one.internalPortId],
      internal_ip_address: [one.internalIpAddress],
      internal_port: [one.internalPort],
      protocol: [one.protocol],
    })
    const inner = (await store.list(same, everybody, tx.read)).find(other => other.id !== one.id)
    if (inner)
      refuseTaken(
        `A duplicate port forwarding entry with same attributes already exists, conflicting values are {'internal_port_id': '${one.internalPortId}', 'internal_ip_address': '${one.internalIpAddress}', 'internal_port': ${one.internalPort}, 'protocol': '${one.protocol}'}`,
      )
  }

  async function discard(tx: Transaction, one: PortForwarding): Promise<void> {
    await store.delete(tx, one)
    if ((await store.countOf(one.floatingipId, tx.read)) > 0) return
    const floatingip = await floatingips.getIn(tx, one.floatingipId, everybody)
    await floatingips.leadThrough(tx, floatingip, null)
  }

  const follower: PortFollower = {
    async forgetPort(tx, port) {
      for (const one of await store.list(where({ internal_port_id: [port.id] }), everybody, tx.read)) await discard(tx, one)
    },
  }

  return {
    follower,
    list,
    get: (id: string, viewer: Viewer, within: Within) => get(id, viewer, within),

    create: (wishes: readonly PortForwardingWish[], act: Act): Promise<readonly PortForwarding[]> =>
      write(act.cause, async tx => {
        const made: PortForwarding[] = []
        for (const { description, externalPort, internalPort, internalIpAddress, internalPortId, protocol } of wishes) {
          const owner = await floatingips.getIn(tx, idOf(act.within), act.viewer)
          const standard = fresh(chance.uuid(), owner.projectId, clock.now(), description)
          const one = { ...standard, floatingipId: owner.id, protocol, externalPort, internalPort, internalPortId, internalIpAddress }
          await checked(tx, one, act)
          await store.insert(tx, [one])
          made.push(one)
        }
        return made
      }),

    update: (id: string, change: PortForwardingChange, act: Act): Promise<PortForwarding> =>
      write(act.cause, async tx => {
        const before = await get(id, act.viewer, act.within, tx)
        mustBeAt(act, before)
        const { projectId: _, ...fields } = change
        const one = revised({ ...before, ...given(fields) } as PortForwarding, clock.now())
        await checked(tx, one, act)
        await store.update(tx, one)
        return one
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        const one = await get(id, act.viewer, act.within, tx)
        mustBeAt(act, one)
        await discard(tx, one)
      }),
  }
}

export type PortForwardingLogic = ReturnType<typeof portForwardingLogic>

const refuseTaken = (message: string): never => refuseBadRequest('port_forwarding', message)
