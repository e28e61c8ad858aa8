import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Server } from '../servers/server.ts'
import type { NetworkAsker } from '../clients/networks.ts'
import {
  complaintAbout,
  type FloatingWire,
  type GroupWire,
  type NetworkWire,
  portsOf,
  type RuleWire,
  type RuleWish,
} from './network-proxy.ts'

/** A rule with the group it names, where it names one. */
export interface SeenRule {
  readonly rule: RuleWire
  readonly ports: readonly [number | null, number | null]
  readonly group: Pick<GroupWire, 'name' | 'tenant_id'> | undefined
}
export interface SeenGroup {
  readonly group: GroupWire
  readonly rules: readonly SeenRule[]
}
/** A server, as far as its cables are asked about. */
type Cabled = Pick<Server, 'id' | 'projectId' | 'nics'>
interface FixedWire {
  readonly subnet_id: string
  readonly ip_address?: string
}
interface PortWire {
  readonly id: string
  readonly fixed_ips: readonly FixedWire[]
  readonly security_groups: readonly string[]
}
export interface SeenFloating {
  readonly floating: FloatingWire
  readonly pool: string
  readonly serverId: string | null
}

const quoted = encodeURIComponent
const idForm = /^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i

/** What is asked of networks here is asked of the network service, with the same token. */
export const networkProxyLogic = (neutron: NetworkAsker | undefined) => {
  const ask = async <T>(token: string, route: string, member: string, body?: object): Promise<T> => {
    if (!neutron) throw new Refusal('unavailable', 'This cloud has no network service.')
    return (await neutron.ask(token, route, body))[member] as T
  }
  const groups = (token: string, query = '') => ask<readonly GroupWire[]>(token, `GET /security-groups${query}`, 'security_groups')
  const group = async (token: string, id: string): Promise<GroupWire> => {
    if (!idForm.test(id)) throw new Refusal('invalid', 'Security group id should be uuid')
    return ask<GroupWire>(token, `GET /security-groups/${quoted(id)}`, 'security_group')
  }

  /** Only what lets something in is shown; a group of others that a rule names may not be seen. */
  const seenGroups = async (token: string, found: readonly GroupWire[]): Promise<readonly SeenGroup[]> => {
    const incoming = (one: GroupWire) => (one.security_group_rules ?? []).filter(({ direction }) => direction === 'ingress')
    const known = new Map(found.map(one => [one.id, one]))
    const named = found.flatMap(incoming).flatMap(({ remote_group_id: id }) => (id === null || known.has(id) ? [] : [id]))
    if (named.length > 0)
      for (const one of await groups(token, `?${[...new Set(named)].map(id => `id=${quoted(id)}`).join('&')}`)) known.set(one.id, one)
    const seen = (rule: RuleWire): readonly SeenRule[] => {
      const source = rule.remote_group_id === null ? undefined : known.get(rule.remote_group_id)
      return rule.remote_group_id !== null && !source ? [] : [{ rule, ports: portsOf(rule), group: source }]
    }
    return found.map(one => ({ group: one, rules: incoming(one).flatMap(seen) }))
  }
  const seenGroup = async (token: string, one: GroupWire): Promise<SeenGroup> => {
    const [seen] = await seenGroups(token, [one])
    return seen ?? { group: one, rules: [] }
  }

  const networks = (token: string, query = '') => ask<readonly NetworkWire[]>(token, `GET /networks${query}`, 'networks')
  const pools = (token: string) => networks(token, '?router:external=True')
  const seenFloating = async (token: string, found: readonly FloatingWire[]): Promise<readonly SeenFloating[]> => {
    if (found.length === 0) return []
    const names = new Map((await pools(token)).map(({ id, name }) => [id, name]))
    const ports = found.flatMap(({ port_id }) => (port_id === null ? [] : [`id=${quoted(port_id)}`]))
    const wired =
      ports.length === 0 ? [] : await ask<readonly { id: string; device_id: string }[]>(token, `GET /ports?${ports.join('&')}`, 'ports')
    const servers = new Map(wired.map(({ id, device_id }) => [id, device_id]))
    return found.map(floating => ({
      floating,
      pool: names.get(floating.floating_network_id) ?? floating.floating_network_id,
      serverId: servers.get(floating.port_id ?? '') ?? null,
    }))
  }
  const floating = (token: string, id: string) =>
    ask<FloatingWire>(token, `GET /floatingips/${quoted(id)}`, 'floatingip').catch(error => {
      throw error instanceof Refusal && error.kind === 'not-found' ? new Refusal('not-found', `Floating IP not found for ID ${id}`) : error
    })

  const byAddress = async (token: string, address: string): Promise<FloatingWire> => {
    const [found] = await ask<readonly FloatingWire[]>(token, `GET /floatingips?floating_ip_address=${quoted(address)}`, 'floatingips')
    if (!found) throw new Refusal('not-found', 'floating IP not found')
    return found
  }

  const readdress = async (token: string, { id }: PortWire, fixed_ips: readonly FixedWire[]): Promise<void> => {
    await ask(token, `PUT /ports/${quoted(id)}`, 'port', { port: { fixed_ips } })
  }

  return {
    networks: (token: string) => networks(token),
    network: (token: string, id: string) =>
      ask<NetworkWire>(token, `GET /networks/${quoted(id)}`, 'network').catch(error => {
        throw error instanceof Refusal && error.kind === 'not-found' ? new Refusal('not-found', 'Network not found') : error
      }),
    pools,

    floatings: async (token: string) => seenFloating(token, await ask<readonly FloatingWire[]>(token, 'GET /floatingips', 'floatingips')),
    async floating(token: string, id: string): Promise<SeenFloating> {
      const found = await floating(token, id)
      const [seen] = await seenFloating(token, [found])
      return seen ?? { floating: found, pool: found.floating_network_id, serverId: null }
    },
    async takeFloating(token: string, pool: string | undefined): Promise<SeenFloating> {
      const found = (await pools(token)).find(({ id, name }) => pool === undefined || pool === id || pool === name)
      if (!found) throw new Refusal('not-found', pool === undefined ? 'No more floating IPs available.' : 'Floating IP pool not found.')
      const made = await ask<FloatingWire>(token, 'POST /floatingips', 'floatingip', {
        floatingip: { floating_network_id: found.id },
      }).catch(error => {
        throw error instanceof Refusal && error.kind === 'conflict'
          ? new Refusal('not-found', `No more floating IPs in pool ${found.name}.`)
          : error
      })
      return { floating: made, pool: found.name, serverId: null }
    },
    async dropFloating(token: string, id: string): Promise<void> {
      await floating(token, id)
      await ask(token, `DELETE /floatingips/${quoted(id)}`, '')
    },

    /** Afterwards the address leads to this server. Refuses one of a server without addresses. */
    async associate(token: string, { id, nics }: Cabled, address: string, wanted: string | undefined): Promise<void> {
      const fixed = nics.flatMap(({ portId, addresses }) =>
        addresses.filter(({ type, version }) => type === 'fixed' && version === 4).map(one => ({ portId, address: one.address })),
      )
      if (fixed.length === 0) throw new Refusal('invalid', 'No fixed IPs associated to instance')
      const chosen = fixed.find(one => wanted === undefined || one.address === wanted)
      if (!chosen) throw new Refusal('invalid', 'Specified fixed address not assigned to instance')
      const found = await byAddress(token, address)
      const floatingip = { port_id: chosen.portId, fixed_ip_address: chosen.address }
      await ask(token, `PUT /floatingips/${quoted(found.id)}`, 'floatingip', { floatingip }).catch(error => {
        if (!(error instanceof Refusal) || error.kind === 'unavailable') throw error
        throw new Refusal(
          'invalid',
          `Unable to associate floating IP ${address} to fixed IP ${chosen.address} for instance ${id}. Error: ${error.message}`,
        )
      })
    },
    async dissociate(token: string, { id, nics }: Cabled, address: string): Promise<void> {
      const found = await byAddress(token, address)
      if (found.port_id === null || !nics.some(({ portId }) => portId === found.port_id))
        throw new Refusal('conflict', `Floating IP ${address} is not associated with instance ${id}.`)
      await ask(token, `PUT /floatingips/${quoted(found.id)}`, 'floatingip', { floatingip: { port_id: null } })
    },

    /** One more address for a cable of the server in that network, of the first of its subnets that has one. */
    async addFixed(token: string, { id }: Cabled, networkId: string): Promise<void> {
      const of = `network_id=${quoted(networkId)}`
      const subnets = await ask<readonly { id: string }[]>(token, `GET /subnets?${of}`, 'subnets')
      const [port] = subnets.length === 0 ? [] : await ask<readonly PortWire[]>(token, `GET /ports?device_id=${quoted(id)}&${of}`, 'ports')
      if (!port) throw new Refusal('not-found', `Network could not be found for instance ${id}.`)
      let why: unknown
      for (const { id: subnet_id } of subnets)
        try {
          return await readdress(token, port, [...port.fixed_ips, { subnet_id }])
        } catch (error) {
          if (!(error instanceof Refusal) || error.kind === 'forbidden') throw error
          why = error
        }
      throw new Refusal('invalid', `No fixed IP addresses available for network: ${networkId}`, { cause: why })
    },

    async removeFixed(token: string, { id }: Cabled, address: string): Promise<void> {
      const query = `device_id=${quoted(id)}&fixed_ips=ip_address=${quoted(address)}`
      const [port] = await ask<readonly PortWire[]>(token, `GET /ports?${query}`, 'ports')
      if (!port) throw new Refusal('invalid', `Instance ${id} does not have fixed IP '${address}'.`)
      await readdress(
        token,
        port,
        port.fixed_ips.filter(({ ip_address: one }) => one !== address),
      )
    },

    /** The groups of a server's cables. Without a network service it has neither. */
    async groupsOf(token: string, serverId: string): Promise<readonly SeenGroup[]> {
      if (!neutron) return []
      const ports = await ask<readonly PortWire[]>(token, `GET /ports?device_id=${quoted(serverId)}`, 'ports')
      const ids = [...new Set(ports.flatMap(({ security_groups: known }) => known))]
      if (ids.length === 0) return []
      return seenGroups(token, (await groups(token, `?${ids.map(id => `id=${quoted(id)}`).join('&')}`)).toSorted(byOwnerAndName))
    },

    /** All cables of a server are in the group from now on, or in it no longer. */
    async regroup(token: string, { id, projectId }: Cabled, name: string, way: 'add' | 'remove'): Promise<void> {
      const named = (await groups(token, `?tenant_id=${quoted(projectId)}`)).filter(one => one.id === name || one.name === name)
      if (named.length > 1 && !named.some(one => one.id === name))
        throw new Refusal('conflict', `Multiple security_group matches found for name '${name}', use an ID to be more specific.`)
      const group = named.find(one => one.id === name) ?? named[0]
      if (!group) throw new Refusal('not-found', `Security group ${name} is not found for project ${projectId}`)
      const ports = await ask<readonly PortWire[]>(token, `GET /ports?device_id=${quoted(id)}`, 'ports')
      if (ports.length === 0) throw new Refusal('not-found', `instance_id ${id} could not be found as device id on any ports`)
      const isIn = ports.some(({ security_groups: known }) => known.includes(group.id))
      if (way === 'remove' && !isIn) throw new Refusal('not-found', `Security group ${name} not associated with the instance ${id}`)
      for (const { id: portId, security_groups: known } of ports) {
        const others = known.filter(one => one !== group.id)
        await ask(token, `PUT /ports/${quoted(portId)}`, 'port', {
          port: { security_groups: way === 'add' ? [...others, group.id] : others },
        })
      }
    },

    async groups(token: string, projectId: string | undefined): Promise<readonly SeenGroup[]> {
      const found = await groups(token, projectId === undefined ? '' : `?tenant_id=${quoted(projectId)}`)
      return seenGroups(token, found.toSorted(byOwnerAndName))
    },
    group: async (token: string, id: string) => seenGroup(token, await group(token, id)),
    async makeGroup(token: string, wish: { readonly name: string; readonly description: string }): Promise<SeenGroup> {
      const made = await ask<GroupWire>(token, 'POST /security-groups', 'security_group', { security_group: wish }).catch(overQuota)
      return seenGroup(token, made)
    },
    async changeGroup(token: string, id: string, wish: { readonly name: string; readonly description: string }): Promise<SeenGroup> {
      await group(token, id)
      return seenGroup(token, await ask<GroupWire>(token, `PUT /security-groups/${quoted(id)}`, 'security_group', { security_group: wish }))
    },
    async dropGroup(token: string, id: string): Promise<void> {
      await group(token, id)
      await ask<void>(token, `DELETE /security-groups/${quoted(id)}`, '').catch(error => {
        throw error instanceof Refusal && error.kind === 'conflict' ? new Refusal('invalid', error.message) : error
      })
    },

    async makeRule(token: string, wish: RuleWish): Promise<SeenRule> {
      await group(token, wish.parentGroupId)
      const source = wish.groupId === undefined ? undefined : await group(token, wish.groupId)
      const complaint = complaintAbout(wish)
      if (complaint !== undefined) throw new Refusal('invalid', complaint)
      const hasPorts = wish.protocol !== undefined && wish.from !== undefined && wish.to !== undefined
      if (!hasPorts && wish.groupId === undefined) throw new Refusal('invalid', 'Not enough parameters to build a valid rule.')
      const isAnyPort = wish.protocol?.toUpperCase() === 'ICMP' && wish.from === -1
      const security_group_rule = {
        ...{ security_group_id: wish.parentGroupId, direction: 'ingress', ethertype: wish.cidr?.includes(':') ? 'IPv6' : 'IPv4' },
        ...(wish.protocol === undefined ? {} : { protocol: wish.protocol.toLowerCase() }),
        ...(hasPorts && !isAnyPort ? { port_range_min: wish.from, port_range_max: wish.to === -1 ? null : wish.to } : {}),
        ...(wish.groupId === undefined ? { remote_ip_prefix: wish.cidr ?? '0.0.0.0/0' } : { remote_group_id: wish.groupId }),
      }
      const rule = await ask<RuleWire>(token, 'POST /security-group-rules', 'security_group_rule', { security_group_rule }).catch(error => {
        if (!(error instanceof Refusal) || error.kind !== 'conflict' || error.code === 'OverQuota') return overQuota(error)
        throw new Refusal('invalid', `This rule already exists in group ${wish.parentGroupId}`)
      })
      return { rule, ports: portsOf(rule), group: source }
    },
    dropRule: (token: string, id: string) => ask<void>(token, `DELETE /security-group-rules/${quoted(id)}`, ''),
  }
}

export type NetworkProxyLogic = ReturnType<typeof networkProxyLogic>

const orderOf = ({ tenant_id, name }: GroupWire) => `${tenant_id} ${name}`
const byOwnerAndName = (a: GroupWire, b: GroupWire) => (orderOf(a) < orderOf(b) ? -1 : 1)

/** The network service says `conflict` when there is no room left. */
const overQuota = (error: unknown): never => {
  throw error instanceof Refusal && error.kind === 'conflict' ? new Refusal('over-quota', error.message) : error
}
