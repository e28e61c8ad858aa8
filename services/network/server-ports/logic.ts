import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { RequestedNetwork, RequestedNetworks, ServerOfPorts, ServerPort, ServerPorts } from '../contract/ports.ts'
import type { TopologyLogic } from '../auto-topologies/logic.ts'
import { all, everybody, type Viewer, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import { bridgeNameOf, type Network } from '../networks/network/network.ts'
import type { PortFollower, PortLogic } from '../ports/logic/ports.ts'
import { bareWish } from '../ports/port/attributes.ts'
import { type Port, tapNameOf } from '../ports/port/port.ts'
import type { QuotaLogic } from '../quotas/logic.ts'
import { refuseConflict, refuseForbidden, refuseInvalid, refuseUnknown } from '../refusals/refusal.ts'
import type { SecurityGroupLogic } from '../security-groups/logic/groups.ts'
import type { Act } from '../standards/standard/act.ts'
import type { SubnetLogic } from '../subnets/logic/subnets.ts'
import type { Subnet } from '../subnets/subnet/subnet.ts'
import type { Transaction, Write } from '../tables.ts'
import type { Seat } from './server-port.ts'
import type { SeatStore } from './store.ts'

export interface Rooms {
  readonly store: SeatStore
  readonly write: Write
  readonly changes: {
    head(): Promise<number>
    follow(since: number, only: { readonly kinds: readonly string[]; readonly signal: AbortSignal }): AsyncIterable<PortChange>
  }
  readonly clock: Pick<Clock, 'after'>
  readonly networks: Pick<NetworkLogic, 'list'>
  readonly subnets: Pick<SubnetLogic, 'list'>
  readonly ports: PortLogic
  readonly securityGroups: Pick<SecurityGroupLogic, 'groups'>
  /** Makes a network for a project that has none. */
  readonly topologies: Pick<TopologyLogic, 'check' | 'ensure'>
  readonly quotas: Pick<QuotaLogic, 'limitsOf' | 'usageOf'>
}

interface PortChange {
  readonly id: string
  readonly act: string
  readonly after?: object | undefined
}

/** Ports for servers, as compute asks for them. Each call may be repeated: what is there already is given again. */
export function serverPortLogic({ store, write, changes, clock, networks, subnets, ports, securityGroups, topologies, quotas }: Rooms) {
  const ownerOf = ({ projectId }: ServerOfPorts): Viewer => ({ seesAll: false, projectId })
  const viewerOf = (server: ServerOfPorts): Viewer => (server.seesAll ? everybody : ownerOf(server))
  const elevated = (cause: Cause): Act => ({ cause, viewer: everybody, within: {} })

  /** The networks a project may plug servers into when it names none: those with subnets that do not lead out. */
  async function usable(viewer: Viewer): Promise<readonly Network[]> {
    const seen = await networks.list(all, viewer)
    return seen.filter(
      network => network.adminStateUp && (network.projectId === viewer.projectId || network.shared) && network.subnets.length > 0,
    )
  }

  /** Networks by name. Nothing stands for the one that is still to be made. */
  async function wishesOf(server: ServerOfPorts, wanted: RequestedNetworks): Promise<readonly RequestedNetwork[] | undefined> {
    if (wanted === 'none') return []
    if (wanted !== 'any' && wanted !== 'auto') return wanted
    const [only, another] = await usable(ownerOf(server))
    if (another) refuseConflict('NetworkAmbiguous', 'Multiple possible networks found, use a Network ID to be more specific.')
    if (only) return [{ networkId: only.id }]
    return wanted === 'any' ? [] : undefined
  }

  const unmade = (projectId: string) => (error: unknown) => {
    if (!(error instanceof Refusal) || error.code !== 'AutoAllocationFailure') throw error
    return refuseInvalid('UnableToAutoAllocateNetwork', `Unable to automatically allocate a network for project ${projectId}`)
  }

  /** Nova's order: ports and addresses as they are named, then what the networks lack, then all those at once that are not there. */
  async function mustSuit(server: ServerOfPorts, wishes: readonly RequestedNetwork[]): Promise<void> {
    const viewer = viewerOf(server)
    for (const { portId, networkId, fixedIp } of wishes) {
      if (portId !== undefined) await portMustSuit(server, portId, viewer)
      else if (fixedIp !== undefined) await mustBeFree(networkId ?? '', fixedIp)
    }
    const ids = [...new Set(wishes.flatMap(({ portId, networkId }) => (portId === undefined ? [networkId ?? ''] : [])))]
    const found = ids.length === 0 ? [] : await networks.list(where({ id: ids }), viewer)
    for (const { id, subnets: inside, portSecurityEnabled } of found)
      if (inside.length === 0 && portSecurityEnabled)
        refuseInvalid('NetworkRequiresSubnet', `Network ${id} requires a subnet in order to boot instances on.`)
    const missing = ids.filter(id => !found.some(network => network.id === id))
    if (missing.length > 0) refuseUnknown('NetworkNotFound', `Network ${missing.join(', ')} could not be found.`)
    for (const { id, routerExternal, shared } of found)
      if (routerExternal && !shared && !server.mayUseExternal)
        refuseForbidden('ExternalNetworkAttachForbidden', `It is not allowed to create an interface on external network ${id}`)
  }

  async function portMustSuit(server: ServerOfPorts, portId: string, viewer: Viewer): Promise<void> {
    const port = await ports.find(portId, viewer)
    if (!port) return refuseUnknown('PortNotFound', `Port id ${portId} could not be found.`)
    if (port.projectId !== server.projectId) refuseInvalid('PortNotUsable', `Port ${portId} not usable for instance ${server.id}.`)
    if (port.deviceId !== '') refuseConflict('PortInUse', `Port ${portId} is still in use.`)
    if (port.fixedIps.length === 0 && port.portSecurityEnabled)
      refuseInvalid('PortRequiresFixedIP', `Port ${portId} requires a FixedIP in order to be used.`)
  }

  async function freePortsOf({ projectId }: ServerOfPorts): Promise<number> {
    const limit = (await quotas.limitsOf(projectId))['port'] ?? -1
    return limit < 0 ? Number.POSITIVE_INFINITY : limit - ((await quotas.usageOf(projectId)).get('port') ?? 0)
  }

  async function mustBeFree(networkId: string, fixedIp: string): Promise<void> {
    const taken = await ports.list(where({ network_id: [networkId], fixed_ips: [`ip_address=${fixedIp}`] }), everybody)
    if (taken.length > 0)
      refuseInvalid('FixedIpAlreadyInUse', `Fixed IP address ${fixedIp} is already in use on instance ${taken[0]?.deviceId}.`)
  }

  /** Groups by name or id; a name that two groups have says nothing. */
  async function groupsOf(server: ServerOfPorts): Promise<readonly string[] | undefined> {
    if (server.securityGroups.length === 0) return undefined
    const own = await securityGroups.groups.list(all, ownerOf(server))
    return server.securityGroups.map(word => {
      const byId = own.find(group => group.id === word)
      const named = own.filter(group => group.name === word && group.projectId === server.projectId)
      if (!byId && named.length > 1)
        refuseConflict('NoUniqueMatch', `Multiple security_group matches found for name '${word}', use an ID to be more specific.`)
      return (byId ?? named[0])?.id ?? refuseInvalid('SecurityGroupNotFound', `Unable to find security_group with name or id '${word}'`)
    })
  }

  async function seat(
    tx: Transaction,
    server: ServerOfPorts,
    wish: RequestedNetwork,
    more: { position: number; groups: readonly string[] | undefined; ticket?: string; cause: Cause },
  ) {
    const kept = { serverId: server.id, position: more.position, tag: wish.tag ?? null, ticket: more.ticket ?? null }
    const owner = { deviceId: server.id, deviceOwner: `compute:${server.availabilityZone}` }
    const act = elevated(more.cause)
    if (wish.portId !== undefined) {
      const port = await ports.getIn(tx, wish.portId, viewerOf(server))
      if (port.deviceId !== '') refuseConflict('PortInUse', `Port ${port.id} is still in use.`)
      await ports.updateIn(tx, port, owner, act)
      return store.insert(tx, { ...kept, portId: port.id, isPreserved: true })
    }
    const made = await ports.createIn(
      tx,
      bareWish({
        networkId: wish.networkId ?? '',
        projectId: server.projectId,
        ...owner,
        ...(wish.fixedIp === undefined ? {} : { fixedIps: [{ ipAddress: wish.fixedIp }] }),
        ...(more.groups === undefined ? {} : { securityGroups: more.groups }),
      }),
      { ...act, viewer: viewerOf(server) },
    )
    return store.insert(tx, { ...kept, portId: made.id, isPreserved: false })
  }

  async function shown(seats: readonly Seat[], found: readonly Port[]): Promise<readonly ServerPort[]> {
    const ids = found.map(({ id }) => id)
    const networkIds = [...new Set(found.map(({ networkId }) => networkId))]
    const nets = networkIds.length === 0 ? [] : await networks.list(where({ id: networkIds }), everybody)
    const subs = networkIds.length === 0 ? [] : await subnets.list(where({ network_id: networkIds }), everybody)
    const floating = await store.floatingOf(ids)
    const names = await store.groupNames([...new Set(found.flatMap(({ securityGroups: groups }) => groups))])
    return seats.flatMap(one => {
      const port = found.find(({ id }) => id === one.portId)
      const network = port && nets.find(({ id }) => id === port.networkId)
      return port && network ? [viewOf(port, one, { network, subs, floating, names })] : []
    })
  }

  /** What a server has, besides its seats: ports that were given to it by hand are its too. */
  async function ofServers(serverIds: readonly string[]): Promise<ReadonlyMap<string, readonly ServerPort[]>> {
    if (serverIds.length === 0) return new Map()
    const seats = await store.ofServers(serverIds)
    const found = (await ports.list(where({ device_id: serverIds }), everybody)).filter(({ deviceOwner }) =>
      deviceOwner.startsWith('compute:'),
    )
    const seated = new Set(seats.map(({ portId }) => portId))
    const beside = found
      .filter(({ id }) => !seated.has(id))
      .map(({ id, deviceId }) => ({ portId: id, serverId: deviceId, position: seats.length, tag: null, isPreserved: true, ticket: null }))
    const views = await shown([...seats, ...beside], found)
    return Map.groupBy(views, view => view.serverId)
  }

  const ofPorts = async (portIds: readonly string[]): Promise<readonly ServerPort[]> => {
    const found = portIds.length === 0 ? [] : await ports.list(where({ id: portIds }), everybody)
    const views = [...(await ofServers([...new Set(found.map(({ deviceId }) => deviceId))])).values()].flat()
    return portIds.flatMap(id => views.find(view => view.id === id) ?? [])
  }

  const rebind = (portIds: readonly string[], host: string, cause: Cause): Promise<void> =>
    write(cause, async tx => {
      for (const id of portIds) {
        const port = await ports.getIn(tx, id, everybody)
        if (port.bindingHostId !== host || (host !== '' && port.bindingVifType !== 'bridge'))
          await ports.updateIn(tx, port, { bindingHostId: host }, elevated(cause))
      }
    })

  /** Ports that were made for the server go; those that it only used are free again. */
  async function letGo(tx: Transaction, serverId: string, cause: Cause, portIds?: readonly string[]): Promise<void> {
    const seats = await store.ofServers([serverId], tx.read)
    const found = await ports.listIn(tx, where({ device_id: [serverId] }))
    const mine = found.filter(({ id }) => portIds === undefined || portIds.includes(id))
    // First, so that nobody is told to let go of what is let go here.
    await store.delete(
      tx,
      mine.map(({ id }) => id),
    )
    for (const port of mine) {
      const made = seats.some(({ portId, isPreserved }) => portId === port.id && !isPreserved)
      if (made) await ports.deleteIn(tx, port)
      else await ports.updateIn(tx, port, { deviceId: '', deviceOwner: '', bindingHostId: '' }, elevated(cause))
    }
  }

  /** A port that goes by other hands while a server has it. */
  async function forgetPort(tx: Transaction, { id, projectId }: Port): Promise<void> {
    const seated = await store.ofPort(id, tx.read)
    if (seated) await store.lose(tx, seated, projectId)
  }

  const contract: ServerPorts = {
    async check(server, wanted) {
      const { projectId } = server
      const wishes = await wishesOf(server, wanted)
      if (!wishes) await topologies.check(projectId, ownerOf(server)).catch(unmade(projectId))
      await mustSuit(server, wishes ?? [])
      await groupsOf(server)
      const newPorts = !wishes ? 1 : wishes.filter(({ portId }) => portId === undefined).length
      return { resolved: wishes ?? [], newPorts, freePorts: await freePortsOf(server) }
    },

    async allocateForServer(server, wanted, cause) {
      const { projectId } = server
      // Which network was meant where none was named may be another question by now: it was answered when the port was made.
      const before = typeof wanted === 'string' ? (await ofServers([server.id])).get(server.id) : undefined
      if (before) return before
      const wishes = (await wishesOf(server, wanted)) ?? [
        { networkId: (await topologies.ensure(projectId, elevated(cause)).catch(unmade(projectId))).id },
      ]
      const groups = await groupsOf(server)
      await write(cause, async tx => {
        const there = await store.ofServers([server.id], tx.read)
        for (const [i, wish] of wishes.entries())
          if (!there.some(({ position }) => position === i)) await seat(tx, server, wish, { position: i, groups, cause })
      })
      return (await ofServers([server.id])).get(server.id) ?? []
    },

    async bind(portIds, host, cause) {
      await rebind(portIds, host, cause)
      return ofPorts(portIds)
    },

    unbind: (portIds, cause) => rebind(portIds, '', cause),

    async awaitWired(portIds, deadlineMs) {
      const ended = new AbortController()
      const timer = clock.after(deadlineMs, () => ended.abort())
      try {
        const since = await changes.head()
        const found = portIds.length === 0 ? [] : await ports.list(where({ id: portIds }), everybody)
        const open = new Set(found.filter(isAwaited).map(({ id }) => id))
        if (open.size === 0) return []
        for await (const change of changes.follow(since, { signal: ended.signal, kinds: ['network.port'] })) {
          if (change.act === 'deleted' || !isAwaited(change.after as Port)) open.delete(change.id)
          if (open.size === 0) break
        }
        return [...open]
      } finally {
        timer.stop()
        ended.abort()
      }
    },

    async add(server, wanted, ticket, cause) {
      const groups = await groupsOf(server)
      await write(cause, async tx => {
        const there = await store.ofServers([server.id], tx.read)
        if (there.some(seated => seated.ticket === ticket)) return
        const position = Math.max(-1, ...there.map(seated => seated.position)) + 1
        await seat(tx, server, wanted, { position, groups, ticket, cause })
      })
      const given = (await store.ofServers([server.id])).find(seated => seated.ticket === ticket)
      const [port] = given ? await ofPorts([given.portId]) : []
      return port ?? refuseUnknown('PortNotFound', `Port ${given?.portId} could not be found.`)
    },

    takeBack: (serverId, ticket, cause) =>
      write(cause, async tx => {
        const given = (await store.ofServers([serverId], tx.read)).filter(seated => seated.ticket === ticket)
        if (given.length > 0)
          await letGo(
            tx,
            serverId,
            cause,
            given.map(({ portId }) => portId),
          )
      }),

    deleteFor: (serverId, cause, portIds) => write(cause, tx => letGo(tx, serverId, cause, portIds)),

    ofServers,
    gone: store.gone,
  }

  const follower: PortFollower = { forgetPort }
  return { ...contract, follower }
}

const isAwaited = ({ status, bindingVifType, adminStateUp }: Pick<Port, 'status' | 'bindingVifType' | 'adminStateUp'>): boolean =>
  status !== 'ACTIVE' && bindingVifType === 'bridge' && adminStateUp

interface Around {
  readonly network: Network
  readonly subs: readonly Subnet[]
  readonly floating: ReadonlyMap<string, readonly string[]>
  readonly names: ReadonlyMap<string, string>
}

const viewOf = (port: Port, seat: Seat, { network, subs, floating, names }: Around): ServerPort => ({
  id: port.id,
  serverId: port.deviceId,
  projectId: port.projectId,
  networkId: port.networkId,
  networkName: network.name,
  macAddress: port.macAddress,
  mtu: network.mtu,
  status: port.status === 'N/A' ? 'DOWN' : port.status,
  isUp: port.adminStateUp,
  host: port.bindingHostId,
  vnicType: port.bindingVnicType,
  vifType: port.bindingVifType,
  tapName: tapNameOf(port.id),
  bridgeName: bridgeNameOf(port.networkId),
  isPreserved: seat.isPreserved,
  hasPortSecurity: port.portSecurityEnabled,
  addresses: port.fixedIps.flatMap(({ subnetId, ipAddress }) => {
    const subnet = subs.find(({ id }) => id === subnetId)
    if (!subnet) return []
    return [
      { address: ipAddress, version: subnet.ipVersion, subnet: factsOf(subnet), floating: floating.get(`${port.id} ${ipAddress}`) ?? [] },
    ]
  }),
  securityGroups: port.securityGroups.map(id => ({ id, name: names.get(id) ?? id })),
  tag: seat.tag ?? undefined,
})

const factsOf = (subnet: Subnet) => ({
  id: subnet.id,
  cidr: subnet.cidr,
  version: subnet.ipVersion,
  gateway: subnet.gatewayIp,
  dns: subnet.dnsNameservers,
  routes: subnet.hostRoutes,
  hasDhcp: subnet.enableDhcp,
  ipv6AddressMode: subnet.ipv6AddressMode,
})
