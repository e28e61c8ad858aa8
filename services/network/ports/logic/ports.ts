import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted, where } from '../../listings/listing.ts'
import { isRouterLeg } from '../../ipam/logic.ts'
import type { NetworkLogic } from '../../networks/logic.ts'
import type { Network } from '../../networks/network/network.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import { refuseConflict, refuseUnknown } from '../../refusals/refusal.ts'
import { allOrNone } from '../../standards/logic.ts'
import { type Act, mustBeAt } from '../../standards/standard/act.ts'
import { fresh, revised } from '../../standards/standard/standard.ts'
import { isAutoAddressed, type Subnet } from '../../subnets/subnet/subnet.ts'
import type { Reading, Transaction, Write } from '../../tables.ts'
import type { TagLogic } from '../../tags/logic.ts'
import type { DhcpOptionWish, PortChange, PortWish } from '../port/attributes.ts'
import type { DhcpOption, Port, PortStatus } from '../port/port.ts'
import type { PortStore } from '../store.ts'
import type { HostedTaker, PortAddresses } from './addresses.ts'
import { bindingTo, type Hosts } from './binding.ts'
import { changedGuard, type Groups, guardOf } from './security.ts'

export interface Rooms {
  readonly store: PortStore
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid' | 'bytes'>
  readonly clock: Pick<Clock, 'now'>
  readonly networks: Pick<NetworkLogic, 'getIn' | 'holdIn'>
  readonly addresses: PortAddresses
  readonly groups: Groups
  readonly hosts: Hosts
  readonly quotas: Pick<QuotaLogic, 'take' | 'give'>
  readonly tags: Pick<TagLogic, 'forget' | 'put'>
  /** The first three octets, and as many more as are said, of the MACs that are made. */
  readonly baseMac: string
  readonly mostPairs: number
  readonly others: readonly PortFollower[]
}

/** With whose eyes a port is changed. */
export type Looking = Pick<Act, 'viewer'>

/** Who has a say when a port comes, changes or goes. */
export interface PortFollower {
  /** Refuses what must not be: a port of a router by other hands, a QoS policy that is not there. */
  readonly checkPort?: (tx: Transaction, port: Port, before: Port | undefined, act: Looking) => Promise<unknown>
  /** After it was changed: what goes along with it. */
  readonly settlePort?: (tx: Transaction, port: Port, before: Port) => Promise<unknown>
  /** Refuses to let it go; not asked when its own maker takes it away. */
  readonly holdPort?: (tx: Transaction, port: Port) => Promise<unknown>
  readonly forgetPort?: (tx: Transaction, port: Port) => Promise<unknown>
}

/** The rules of ports: MACs and addresses are had by one alone, and what guards a port is decided where it is made. */
export function portLogic(rooms: Rooms) {
  const { store, write, clock, networks, addresses, groups, hosts, quotas, tags, mostPairs, others } = rooms
  const get = async (id: string, viewer: Viewer, from?: Reading): Promise<Port> =>
    (await store.find(id, viewer, from)) ?? refuseUnknown('PortNotFound', `Port ${id} could not be found.`)

  async function createIn(tx: Transaction, wish: PortWish, act: Act): Promise<Port> {
    const network = await networks.holdIn(tx, wish.networkId, act.viewer)
    const [id, projectId] = [rooms.chance.uuid(), wish.projectId ?? '']
    await quotas.take(tx, projectId, 'port')
    const macAddress = wish.macAddress ? await freeMac(tx, network, wish.macAddress) : newMac(rooms.chance, rooms.baseMac)
    const taker = { portId: id, networkId: network.id, macAddress, deviceOwner: wish.deviceOwner, host: wish.bindingHostId ?? '' }
    const { allocations: fixedIps, ipAllocation } = await addresses.take(tx, taker, wish.fixedIps)
    const guard = await guardOf(
      wish,
      { network, macAddress, hasAddress: fixedIps.length > 0 },
      { tx, viewer: act.viewer, groups, mostPairs },
    )
    const binding = await bindingTo(wish.bindingHostId ?? '', { bindingVnicType: wish.bindingVnicType ?? 'normal' }, network, { tx, hosts })
    const port: Port = {
      ...fresh(id, projectId, clock.now(), wish.description),
      name: wish.name,
      networkId: network.id,
      networkProjectId: network.projectId,
      macAddress,
      adminStateUp: wish.adminStateUp,
      status: 'DOWN',
      deviceId: wish.deviceId,
      deviceOwner: wish.deviceOwner,
      ...guard,
      extraDhcpOpts: optionsAfter([], wish.extraDhcpOpts ?? []),
      fixedIps,
      ...binding,
      bindingVnicType: wish.bindingVnicType ?? 'normal',
      bindingProfile: wish.bindingProfile ?? {},
      qosPolicyId: wish.qosPolicyId,
      qosNetworkPolicyId: network.qosPolicyId,
      deviceProfile: wish.deviceProfile,
      numaAffinityPolicy: wish.numaAffinityPolicy ?? null,
      dnsName: wish.dnsName,
      trunk: null,
      promises: null,
      ipAllocation,
      propagateUplinkStatus: wish.propagateUplinkStatus,
    }
    for (const { checkPort } of others) await checkPort?.(tx, port, undefined, act)
    await store.insert(tx, [port])
    await store.writeGroups(tx, id, port.securityGroups, true)
    if (wish.tags?.length) await tags.put(tx, id, wish.tags)
    const hasMore = wish.tags?.length || (port.qosPolicyId ?? port.qosNetworkPolicyId) !== null
    return hasMore ? get(id, everybody, tx.read) : port
  }

  async function freeMac(tx: Transaction, network: Network, macAddress: string): Promise<string> {
    if (await store.macIsTaken(network.id, macAddress, tx.read))
      refuseConflict('MacAddressInUse', `Unable to complete operation for network ${network.id}. The mac address ${macAddress} is in use.`)
    return macAddress
  }

  async function updateIn(tx: Transaction, before: Port, change: PortChange, act: Looking): Promise<Port> {
    const network = await networks.getIn(tx, before.networkId, everybody)
    const macAddress = await changedMac(tx, before, change, network)
    const guard = await changedGuard(before, change, { tx, viewer: act.viewer, groups, mostPairs })
    const deviceOwner = change.deviceOwner ?? before.deviceOwner
    const host = change.bindingHostId ?? before.bindingHostId
    const taker = { portId: before.id, networkId: before.networkId, macAddress, deviceOwner, host }
    const wishes = change.fixedIps ?? (macAddress === before.macAddress ? undefined : before.fixedIps)
    const vnic = change.bindingVnicType ?? before.bindingVnicType
    const isRebound =
      change.bindingHostId !== undefined && (change.bindingHostId !== before.bindingHostId || before.bindingVifType !== 'bridge')
    const binding = isRebound ? await bindingTo(change.bindingHostId ?? '', { bindingVnicType: vnic }, network, { tx, hosts }) : {}
    const { name, description, adminStateUp, deviceId, qosPolicyId, numaAffinityPolicy, dnsName } = change
    const draft: Port = {
      ...before,
      ...given({ name, description, adminStateUp, deviceId, qosPolicyId, numaAffinityPolicy, dnsName }),
      ...guard,
      ...binding,
      // Whoever was plugged in elsewhere is not any more.
      ...(isRebound ? { status: 'DOWN' as const } : {}),
      macAddress,
      deviceOwner,
      bindingVnicType: vnic,
      bindingProfile: change.bindingProfile === undefined ? before.bindingProfile : (change.bindingProfile ?? {}),
      extraDhcpOpts: change.extraDhcpOpts ? optionsAfter(before.extraDhcpOpts, change.extraDhcpOpts) : before.extraDhcpOpts,
    }
    for (const { checkPort } of others) await checkPort?.(tx, { ...draft, fixedIps: wishedIps(wishes, before) }, before, act)
    const placed = await addressesAfter(tx, before, wishes, taker)
    const port = revised({ ...draft, ...placed }, clock.now())
    await store.update(tx, port)
    if (change.securityGroups) await store.writeGroups(tx, port.id, port.securityGroups)
    for (const { settlePort } of others) await settlePort?.(tx, port, before)
    return qosPolicyId === undefined ? port : get(port.id, everybody, tx.read)
  }

  /** What was put off is done when the host is known; what is there must be good for a new one. */
  async function addressesAfter(tx: Transaction, before: Port, wishes: PortChange['fixedIps'], taker: HostedTaker): Promise<Addressed> {
    const { ipAllocation } = before
    if (wishes) return { fixedIps: await addresses.change(tx, before, wishes, taker), ipAllocation: 'immediate' }
    if (taker.host === '' || taker.host === before.bindingHostId) return { fixedIps: before.fixedIps, ipAllocation }
    if (ipAllocation !== 'deferred' || before.fixedIps.length > 0) {
      await addresses.mustSuitHost(tx, before, taker)
      return { fixedIps: before.fixedIps, ipAllocation }
    }
    const taken = await addresses.take(tx, taker, undefined)
    return { fixedIps: taken.allocations, ipAllocation: taken.ipAllocation }
  }

  async function changedMac(tx: Transaction, before: Port, change: PortChange, network: Network): Promise<string> {
    if (change.macAddress === undefined || change.macAddress === before.macAddress) return before.macAddress
    if (before.bindingVifType === 'bridge')
      refuseConflict(
        'PortBound',
        `Unable to complete operation on port ${before.id}, port is already bound, port type: ${before.bindingVifType}, old_mac ${before.macAddress}, new_mac ${change.macAddress}.`,
      )
    return change.macAddress === '' ? newMac(rooms.chance, rooms.baseMac) : freeMac(tx, network, change.macAddress)
  }

  async function deleteIn(tx: Transaction, port: Port): Promise<void> {
    for (const { forgetPort } of others) await forgetPort?.(tx, port)
    await addresses.giveBackAll(tx, [port.id])
    await store.writeGroups(tx, port.id, [])
    await tags.forget(tx, port.id)
    await store.delete(tx, port)
    await quotas.give(tx, port.projectId, 'port')
  }

  return {
    get: (id: string, viewer: Viewer) => get(id, viewer),
    getIn: (tx: Transaction, id: string, viewer: Viewer) => get(id, viewer, tx.read),
    /** The same, and it stays until the commit: for what leads to it. */
    async holdIn(tx: Transaction, id: string, viewer: Viewer): Promise<Port> {
      await store.hold(tx, id)
      return get(id, viewer, tx.read)
    },
    find: store.find,
    list: (wanted: Wanted, viewer: Viewer): Promise<readonly Port[]> => store.list(wanted, viewer),
    listIn: (tx: Transaction, wanted: Wanted): Promise<readonly Port[]> => store.list(wanted, everybody, tx.read),
    createIn,
    updateIn,
    deleteIn,

    create: allOrNone(write, createIn),

    update: (id: string, change: PortChange, act: Act): Promise<Port> =>
      write(act.cause, async tx => {
        await store.hold(tx, id)
        const before = await get(id, act.viewer, tx.read)
        mustBeAt(act, before)
        return updateIn(tx, before, change, act)
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => {
        await store.hold(tx, id)
        const port = await get(id, act.viewer, tx.read)
        mustBeAt(act, port)
        for (const { holdPort } of others) await holdPort?.(tx, port)
        await deleteIn(tx, port)
      }),

    /** The ports that the network's own DHCP has on it go with it. */
    async forgetNetwork(tx: Transaction, network: Network): Promise<void> {
      const own = { network_id: [network.id], device_owner: ['network:dhcp', 'network:distributed'] }
      for (const port of await store.list({ filters: own, sort: [] }, everybody, tx.read)) await deleteIn(tx, port)
    },

    /** Where guests make their own address, those that are there already make one too. */
    async addSubnet(tx: Transaction, subnet: Subnet): Promise<void> {
      if (!isAutoAddressed(subnet)) return
      const { id, networkId, serviceTypes } = subnet
      const isMeant = (owner: string) => !isRouterLeg(owner) && (serviceTypes.length === 0 || serviceTypes.some(type => type === owner))
      for (const port of await store.list(where({ network_id: [networkId] }), everybody, tx.read)) {
        if (!isMeant(port.deviceOwner)) continue
        const { macAddress, deviceOwner } = port
        const { ipAddress } = await addresses.takeAuto(tx, subnet, { portId: port.id, networkId, macAddress, deviceOwner })
        await store.update(tx, revised({ ...port, fixedIps: [...port.fixedIps, { subnetId: id, ipAddress }] }, clock.now()))
      }
    },

    /** The addresses that ports have of a subnet go with it. */
    async dropSubnet(tx: Transaction, { id }: Subnet): Promise<void> {
      for (const port of await store.list(where({ fixed_ips: [`subnet_id=${id}`] }), everybody, tx.read)) {
        const fixedIps = port.fixedIps.filter(({ subnetId }) => subnetId !== id)
        await store.update(tx, revised({ ...port, fixedIps }, clock.now()))
      }
    },

    /** What the agents say of ports they have plugged in, or that are gone. */
    setStatus: (ids: readonly string[], status: PortStatus, act: Pick<Act, 'cause'>): Promise<void> =>
      write(act.cause, async tx => {
        const found = ids.length === 0 ? [] : await store.list({ filters: { id: ids }, sort: [] }, everybody, tx.read)
        for (const before of found.filter(port => port.status !== status)) {
          const port = revised({ ...before, status }, clock.now())
          await store.update(tx, port)
          for (const { settlePort } of others) await settlePort?.(tx, port, before)
        }
      }),
  }
}

type Addressed = Pick<Port, 'fixedIps' | 'ipAllocation'>

export type PortLogic = ReturnType<typeof portLogic>

const wishedIps = (
  wishes: readonly { readonly subnetId?: string | undefined; readonly ipAddress?: string | undefined }[] | undefined,
  before: Port,
) => (wishes === undefined ? before.fixedIps : wishes.map(({ subnetId = '', ipAddress = '' }) => ({ subnetId, ipAddress })))

/** Octets of the base that are zero at its end are drawn; the first three are always the base's. */
function newMac(chance: Pick<Chance, 'bytes'>, base: string): string {
  const fixed = base.split(':')
  const kept = fixed[3] !== undefined && fixed[3] !== '00' ? 4 : 3
  const drawn = [...chance.bytes(6 - kept)].map(octet => octet.toString(16).padStart(2, '0'))
  return [...fixed.slice(0, kept), ...drawn].join(':')
}

/** Options are told apart by name and family; one without a value goes. */
function optionsAfter(before: readonly DhcpOption[], wishes: readonly DhcpOptionWish[]): readonly DhcpOption[] {
  const options = new Map(before.map(option => [`${option.name}/${option.ipVersion}`, option]))
  for (const { name, value, ipVersion } of wishes) {
    if (value === null) options.delete(`${name}/${ipVersion}`)
    else options.set(`${name}/${ipVersion}`, { name, value, ipVersion })
  }
  return [...options.values()]
}
