import { given } from '@kilonova/platform/given.ts'
import { everybody, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import type { Network } from '../networks/network/network.ts'
import type { PortFollower, PortLogic } from '../ports/logic/ports.ts'
import { bareWish } from '../ports/port/attributes.ts'
import { isTrusted, type Port } from '../ports/port/port.ts'
import { refuseBadRequest, refuseConflict, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import type { RouterLogic } from '../routers/logic/routers.ts'
import { owners } from '../routers/router/router.ts'
import { type Tools, usualLogic } from '../standards/logic.ts'
import type { Act } from '../standards/standard/act.ts'
import { revised } from '../standards/standard/standard.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import type { Transaction } from '../tables.ts'
import type { Floatingip, FloatingipChange, FloatingipWish } from './floatingip/floatingip.ts'
import type { FloatingipStore } from './store.ts'

export interface Rooms extends Tools {
  readonly store: FloatingipStore
  readonly networks: Pick<NetworkLogic, 'getIn'>
  readonly subnets: Pick<SubnetLogic, 'getIn' | 'ofNetwork'>
  readonly ports: PortLogic
  readonly routers: Pick<RouterLogic, 'between'>
  readonly policies: { mustExist(tx: Transaction, id: string | null | undefined, viewer: Act['viewer']): Promise<unknown> }
  /** Ports of it that lead to several places inside, if it has any: then it leads as a whole to none. */
  readonly forwardings: { countOf(tx: Transaction, floatingipId: string): Promise<number> }
}

type Target = Pick<Floatingip, 'fixedPortId' | 'fixedIpAddress' | 'routerId'>
const nowhere: Target = { fixedPortId: null, fixedIpAddress: null, routerId: null }

/** The rules of floating addresses: held outside by a port of nobody's, leading inside through a router that connects both. */
export function floatingipLogic({ store, networks, subnets, ports, routers, forwardings, policies, ...tools }: Rooms) {
  async function outside(tx: Transaction, wish: FloatingipWish, act: Act): Promise<Port> {
    const network = await networks.getIn(tx, wish.floatingNetworkId, act.viewer)
    if (!network.routerExternal) refuseBadRequest('floatingip', `Network ${network.id} is not a valid external network`)
    const there = await subnets.ofNetwork(tx, network.id)
    if (!there.some(({ ipVersion }) => ipVersion === 4))
      refuseBadRequest('floatingip', `Network ${network.id} does not contain any IPv4 subnet`)
    const named = { subnetId: wish.subnetId ?? undefined, ipAddress: wish.floatingIpAddress ?? undefined }
    const first = there.find(({ ipVersion }) => ipVersion === 4)
    const fixedIps = [given(named.subnetId || named.ipAddress ? named : { subnetId: first?.id })]
    const port = bareWish({ networkId: network.id, projectId: '', deviceId: 'PENDING', deviceOwner: owners.floating, fixedIps })
    return ports.createIn(tx, port, { ...act, viewer: everybody })
  }

  async function targetOf(
    tx: Transaction,
    floatingip: Floatingip,
    wish: { readonly portId?: string | null | undefined; readonly fixedIpAddress?: string | null | undefined },
    act: Act,
  ): Promise<Target> {
    if (!wish.portId) {
      if (wish.fixedIpAddress) refuseBadRequest('floatingip', 'fixed_ip_address cannot be specified without a port_id')
      return nowhere
    }
    const port = await ports.holdIn(tx, wish.portId, act.viewer)
    if (!act.viewer.seesAll && port.projectId !== floatingip.projectId)
      refuseBadRequest(
        'floatingip',
        `Cannot process floating IP association with Port ${port.id}, since that port is owned by a different tenant`,
      )
    if (isTrusted(port.deviceOwner)) refuseBadRequest('floatingip', `Port ${port.id} is unable to be assigned a floating IP`)
    const inside = insideOf(port, wish.fixedIpAddress ?? undefined)
    const subnet = await subnets.getIn(tx, inside.subnetId, everybody)
    const routerId = await routers.between(tx, subnet, floatingip.floatingNetworkId)
    if (routerId === undefined)
      return refuseUnknown(
        'ExternalGatewayForFloatingIPNotFound',
        `External network ${floatingip.floatingNetworkId} is not reachable from subnet ${subnet.id}.  Therefore, cannot associate Port ${port.id} with a Floating IP.`,
      )
    const other = await store.at(port.id, inside.ipAddress, floatingip.floatingNetworkId, tx.read)
    if (other !== undefined && other !== floatingip.id)
      refuseConflict(
        'FloatingIPPortAlreadyAssociated',
        `Cannot associate floating IP ${floatingip.floatingIpAddress} (${floatingip.id}) with port ${port.id} using fixed IP ${inside.ipAddress}, as that fixed IP already has a floating IP on external network ${floatingip.floatingNetworkId}.`,
      )
    return { fixedPortId: port.id, fixedIpAddress: inside.ipAddress, routerId }
  }

  const usual = usualLogic<Floatingip, FloatingipWish, FloatingipChange>(tools, {
    store,
    counted: 'floatingip',
    refuseUnknown: id => refuseUnknown('FloatingIPNotFound', `Floating IP ${id} could not be found`),
    async make(wish, standard, tx, act) {
      await policies.mustExist(tx, wish.qosPolicyId, act.viewer)
      const port = await outside(tx, wish, act)
      const floatingIpAddress = port.fixedIps.find(({ ipAddress }) => ipAddress.includes('.'))?.ipAddress
      if (floatingIpAddress === undefined)
        refuseInvalid('ExternalIpAddressExhausted', `Unable to find any IP address on external network ${wish.floatingNetworkId}.`)
      const floatingip: Floatingip = {
        ...standard,
        floatingIpAddress: floatingIpAddress ?? '',
        floatingNetworkId: wish.floatingNetworkId,
        floatingPortId: port.id,
        ...nowhere,
        status: 'DOWN',
        qosPolicyId: wish.qosPolicyId,
        portDetails: null,
        portForwardings: [],
        qosNetworkPolicyId: null,
      }
      await ports.updateIn(tx, port, { deviceId: floatingip.id }, { ...act, viewer: everybody })
      return { ...floatingip, ...(await targetOf(tx, floatingip, wish, act)) }
    },
    async change(before, change, tx, act) {
      const { description, qosPolicyId } = change
      if (qosPolicyId !== before.qosPolicyId) await policies.mustExist(tx, qosPolicyId, act.viewer)
      const changed = { ...before, ...given({ description, qosPolicyId }) }
      if (change.portId === undefined && change.fixedIpAddress === undefined) return changed
      const portId = change.portId === undefined ? before.fixedPortId : change.portId
      if (portId !== null && (await forwardings.countOf(tx, before.id)) > 0)
        refuseConflict('FipInUseByPortForwarding', `Floating IP ${before.id} in use by Port Forwarding resources.`)
      const target = await targetOf(tx, before, { portId, fixedIpAddress: change.fixedIpAddress }, act)
      return { ...changed, ...target, status: target.fixedPortId === before.fixedPortId ? before.status : 'DOWN' }
    },
    async mayGo(floatingip, tx) {
      if ((await forwardings.countOf(tx, floatingip.id)) > 0)
        refuseConflict('FipInUseByPortForwarding', `Floating IP ${floatingip.id} in use by Port Forwarding resources.`)
      const [port] = await ports.listIn(tx, where({ id: [floatingip.floatingPortId] }))
      if (port) await ports.deleteIn(tx, port)
    },
  })

  const release = async (tx: Transaction, leading: readonly Floatingip[]) => {
    for (const floatingip of leading)
      await store.update(tx, revised({ ...floatingip, ...nowhere, status: 'DOWN' as const }, tools.clock.now()))
  }

  const follower: PortFollower = {
    /** An address that a port gives up leads nowhere. */
    async checkPort(tx, port, before) {
      if (before === undefined) return
      const leading = await store.list(where({ port_id: [port.id] }), everybody, tx.read)
      const kept = new Set(port.fixedIps.map(({ ipAddress }) => ipAddress))
      const isChosen = port.fixedIps.some(({ ipAddress }) => ipAddress === '')
      if (!isChosen)
        await release(
          tx,
          leading.filter(({ fixedIpAddress }) => !kept.has(fixedIpAddress ?? '')),
        )
    },
    forgetPort: async (tx, port) => release(tx, await store.list(where({ port_id: [port.id] }), everybody, tx.read)),
  }

  return {
    ...usual,
    follower,

    /** Floating addresses that lead nowhere do not hold their network back. */
    async leaveNetwork(tx: Transaction, network: Network, act: Act): Promise<void> {
      const idle = where({ floating_network_id: [network.id], port_id: [null], router_id: [null] })
      for (const floatingip of await store.list(idle, everybody, tx.read)) await usual.deleteIn(tx, floatingip, act)
    },

    /** For port forwardings, which lead through the router that reaches their ports. */
    leadThrough: async (tx: Transaction, floatingip: Floatingip, routerId: string | null) => {
      if (floatingip.routerId !== routerId) await store.update(tx, revised({ ...floatingip, routerId }, tools.clock.now()))
    },

    /** What the agents say of addresses they serve. */
    setStatus: (ids: readonly string[], status: Floatingip['status'], { cause }: Pick<Act, 'cause'>): Promise<void> =>
      tools.write(cause, async tx => {
        const found = ids.length === 0 ? [] : await store.list(where({ id: ids }), everybody, tx.read)
        for (const one of found) if (one.status !== status) await store.update(tx, revised({ ...one, status }, tools.clock.now()))
      }),
  }
}

export type FloatingipLogic = ReturnType<typeof floatingipLogic>

/** The address inside that is meant: the one that is named, or the only one there is. */
function insideOf(port: Port, named: string | undefined) {
  if (named !== undefined) {
    if (named.includes(':'))
      refuseBadRequest('floatingip', `Cannot process floating IP association with ${named}, since that is not an IPv4 address`)
    return (
      port.fixedIps.find(({ ipAddress }) => ipAddress === named) ??
      refuseBadRequest('floatingip', `Port ${port.id} does not have fixed ip ${named}`)
    )
  }
  const [only, another] = port.fixedIps.filter(({ ipAddress }) => ipAddress.includes('.'))
  if (!only) return refuseBadRequest('floatingip', `Cannot add floating IP to port ${port.id} that has no fixed IPv4 addresses`)
  if (another)
    refuseBadRequest(
      'floatingip',
      `Port ${port.id} has multiple fixed IPv4 addresses.  Must provide a specific IPv4 address when assigning a floating IP`,
    )
  return only
}
