import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { RequestedNetwork, RequestedNetworks, ServerOfPorts } from '../../contract/ports.ts'
import { all, everybody, type Viewer, where } from '../../listings/listing.ts'
import type { Network } from '../../networks/network/network.ts'
import { refuseConflict, refuseForbidden, refuseInvalid, refuseUnknown } from '../../refusals/refusal.ts'
import { elevated, ownerOf, type Rooms, viewerOf } from './rooms.ts'

type Asked = Pick<Rooms, 'networks' | 'ports' | 'securityGroups' | 'topologies' | 'quotas'>

/** What somebody wishes for a server, and whether it may be had. */
export function wishLogic({ networks, ports, securityGroups, topologies, quotas }: Asked) {
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

  return {
    wishesOf,
    mustSuit,
    groupsOf,
    freePortsOf,
    mayMakeNetwork: (server: ServerOfPorts) => topologies.check(server.projectId, ownerOf(server)).catch(unmade(server.projectId)),
    makeNetwork: ({ projectId }: ServerOfPorts, cause: Cause) => topologies.ensure(projectId, elevated(cause)).catch(unmade(projectId)),
  }
}

const unmade = (projectId: string) => (error: unknown) => {
  if (!(error instanceof Refusal) || error.code !== 'AutoAllocationFailure') throw error
  return refuseInvalid('UnableToAutoAllocateNetwork', `Unable to automatically allocate a network for project ${projectId}`)
}
