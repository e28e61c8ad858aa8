import type { RequestedNetwork, ServerOfPorts, ServerPort, ServerPorts, SubnetFacts } from '@kilonova/network/contract/ports.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

export interface FakePorts extends ServerPorts {
  /** Every port there is, with the ticket under which it was given. */
  readonly all: Map<string, { readonly port: ServerPort; readonly ticket: string | undefined }>
  /** Hosts on which no port can be bound. */
  readonly deafHosts: Set<string>
  /** Hosts on which ports are bound and never wired. */
  readonly idleHosts: Set<string>
}

const subnet: SubnetFacts = {
  ...{ id: 's1', cidr: '10.0.0.0/24', version: 4, gateway: '10.0.0.1', dns: [], routes: [], hasDhcp: true, ipv6AddressMode: null },
}

/** The `n`th port, of network `n1`. */
export const aPort = (n: number, more: Partial<ServerPort> = {}): ServerPort => ({
  ...{
    id: `c0ffee00-0000-4000-9000-${String(n).padStart(12, '0')}`,
    serverId: '',
    projectId: 'p-demo',
    networkId: 'n1',
    networkName: 'net',
  },
  ...{ macAddress: `fa:16:3e:00:00:0${n}`, mtu: 1450, status: 'DOWN', isUp: true, host: '', vnicType: 'normal', vifType: 'unbound' },
  ...{ tapName: `tap${n}`, bridgeName: 'brq1', isPreserved: false, hasPortSecurity: true, securityGroups: [], tag: undefined },
  addresses: [{ address: `10.0.0.${n}`, version: 4, subnet, floating: [] }],
  ...more,
})

/** As much of a network service as servers need: one network, and ports in memory. */
export function fakePorts(...there: readonly ServerPort[]): FakePorts {
  const all: FakePorts['all'] = new Map(there.map(port => [port.id, { port, ticket: undefined }]))
  const deafHosts = new Set<string>()
  const idleHosts = new Set<string>()
  const given = (serverId: string, ticket?: string) =>
    [...all.values()].filter(one => one.port.serverId === serverId && (ticket === undefined || one.ticket === ticket))
  const take = ({ id: serverId }: ServerOfPorts, { networkId, portId, tag }: RequestedNetwork, ticket: string | undefined) => {
    const own = portId === undefined ? undefined : all.get(portId)?.port
    if (portId !== undefined && !own) throw new Refusal('not-found', `Port id ${portId} could not be found.`, { code: 'PortNotFound' })
    if (own && own.serverId !== '') throw new Refusal('conflict', `Port ${portId} is still in use.`, { code: 'PortInUse' })
    if (networkId !== undefined && networkId !== 'n1')
      throw new Refusal('not-found', `Network ${networkId} could not be found.`, { code: 'NetworkNotFound' })
    const port = { ...(own ?? aPort(all.size + 1)), serverId, tag, isPreserved: own !== undefined }
    all.set(port.id, { port, ticket })
    return port
  }
  const letGo = (ports: readonly ServerPort[]) => {
    for (const port of ports)
      if (port.isPreserved) all.set(port.id, { port: { ...port, serverId: '', host: '', vifType: 'unbound' }, ticket: undefined })
      else all.delete(port.id)
  }
  const change = (ids: readonly string[], more: Partial<ServerPort>) =>
    ids.flatMap(id => {
      const found = all.get(id)
      if (!found) return []
      all.set(id, { ...found, port: { ...found.port, ...more } })
      return [{ ...found.port, ...more }]
    })
  return {
    all,
    deafHosts,
    idleHosts,
    async check(server, wanted) {
      const resolved = wanted === 'none' ? [] : wanted === 'any' || wanted === 'auto' ? [{ networkId: 'n1' }] : wanted
      const before = new Map(all)
      for (const one of resolved) take(server, one, undefined)
      all.clear()
      for (const [id, one] of before) all.set(id, one)
      return { resolved, newPorts: resolved.filter(({ portId }) => portId === undefined).length, freePorts: Number.POSITIVE_INFINITY }
    },
    async allocateForServer(server, wanted) {
      const wishes = wanted === 'none' ? [] : wanted === 'any' || wanted === 'auto' ? [{ networkId: 'n1' }] : wanted
      return given(server.id).length > 0 ? given(server.id).map(({ port }) => port) : wishes.map(one => take(server, one, undefined))
    },
    bind: async (ids, host) => change(ids, { host, vifType: deafHosts.has(host) ? 'binding_failed' : 'bridge' }),
    unbind: async ids => void change(ids, { host: '', vifType: 'unbound' }),
    awaitWired: async ids => ids.filter(id => idleHosts.has(all.get(id)?.port.host ?? '')),
    add: async (server, wanted, ticket) => given(server.id, ticket)[0]?.port ?? take(server, wanted, ticket),
    takeBack: async (serverId, ticket) => letGo(given(serverId, ticket).map(({ port }) => port)),
    deleteFor: async (serverId, _, ids) =>
      letGo(given(serverId).flatMap(({ port }) => (ids === undefined || ids.includes(port.id) ? [port] : []))),
    gone: async ids => ids.filter(id => !all.has(id)),
    ofServers: async ids =>
      Map.groupBy(
        ids.flatMap(id => given(id).map(({ port }) => port)),
        ({ serverId }) => serverId,
      ),
  }
}
