import type { SecurityGroupWiring } from '../../contract/firewall.ts'
import { tapOf } from '../../contract/names.ts'
import type { PortWiring } from '../../contract/wiring.ts'
import { type Chain, chainOf, portChains, shutChains, type Version } from './port-chains.ts'

/** Everything the host's packet filter is to be, of one version of the protocol. */
export interface FilterWish {
  readonly prefix: string
  readonly ports: readonly PortWiring[]
  readonly groups: readonly SecurityGroupWiring[]
  /** Cables of our own servers and routers: they are trusted. */
  readonly trustedTaps: readonly string[]
  readonly bridges: readonly string[]
  /** What is plugged into bridges of ours: nothing passes between these and a cable that nobody told of. */
  readonly members: readonly string[]
  /** Connections of each bridge are told apart, since tenants use the same addresses. */
  readonly zones: ReadonlyMap<string, number>
  /** Those with an interface of the host, and so with its addresses. */
  readonly hostBridges: readonly string[]
}

/** The name of the set that remembers which connections were cut, so that none goes on in its middle. */
export const cutSetOf = (prefix: string, version: Version): string => `${prefix}-cut-v${version}`

export type Table = { readonly name: 'filter' | 'raw'; readonly chains: readonly Chain[] }

/** The same tables, in which nothing passes to or from these ports. */
export const withShut = (tables: readonly Table[], prefix: string, portIds: ReadonlySet<string>): readonly Table[] => {
  const shut = new Map([...portIds].flatMap(id => shutChains(prefix, id)).map(chain => [chain.name, chain]))
  return tables.map(({ name, chains }) => ({ name, chains: chains.map(chain => shut.get(chain.name) ?? chain) }))
}

/** The built-in chains that lead into ours. */
export const hooks: Readonly<Record<Table['name'], readonly string[]>> = { raw: ['PREROUTING'], filter: ['FORWARD', 'INPUT'] }

export function filterTables(wish: FilterWish, version: Version): readonly Table[] {
  const { prefix, ports, groups } = wish
  const filtered = ports.filter(port => port.hasPortSecurity)
  const groupsOf = (port: PortWiring) => groups.filter(group => port.securityGroups.includes(group.id))
  const open = [...wish.trustedTaps, ...ports.filter(port => !port.hasPortSecurity).map(port => tapOf(port.id))]
  const both = ['out', 'in'] as const
  return [
    { name: 'raw', chains: [{ name: `${prefix}-PREROUTING`, rules: [...untracked(filtered, groupsOf), ...zoneRules(wish)] }] },
    {
      name: 'filter',
      chains: [
        {
          name: `${prefix}-FORWARD`,
          rules: [
            ...filtered.flatMap(port => both.map(end => `${bridged(end, tapOf(port.id))} -j ${prefix}-sg-chain`)),
            ...open.flatMap(tap => both.map(end => `${bridged(end, tap)} -j ACCEPT`)),
          ],
        },
        {
          name: `${prefix}-INPUT`,
          rules: filtered.map(port => `-m physdev --physdev-in ${tapOf(port.id)} -j ${chainOf(prefix, 'o', port.id)}`),
        },
        {
          name: `${prefix}-sg-chain`,
          rules: [
            ...cutConnections(cutSetOf(prefix, version)),
            ...filtered.flatMap(port =>
              both.map(end => `${bridged(end, tapOf(port.id))} -j ${chainOf(prefix, end === 'in' ? 'o' : 'i', port.id)}`),
            ),
            '-j ACCEPT',
          ],
        },
        { name: `${prefix}-sg-fallback`, rules: ['-j DROP'] },
        ...filtered.flatMap(port => portChains({ port, groups: groupsOf(port), prefix }, version)),
      ],
    },
  ]
}

const bridged = (end: 'in' | 'out', device: string) => `-m physdev --physdev-${end} ${device} --physdev-is-bridged`

/** A packet from the middle of a connection that was cut would begin it anew; one that begins a connection is judged by the rules. */
const cutConnections = (set: string) =>
  ['src,src,dst', 'dst,dst,src'].map(
    ends => `-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m state --state NEW -m set --match-set ${set} ${ends} -j DROP`,
  )

const untracked = (ports: readonly PortWiring[], groupsOf: (port: PortWiring) => readonly SecurityGroupWiring[]) =>
  ports
    .filter(port => groupsOf(port).some(group => !group.isStateful))
    .map(port => `-m physdev --physdev-in ${tapOf(port.id)} -j CT --notrack`)

/** What is for the host itself is in nobody's zone, as what it sends is: else it would not know the answers to its own questions. */
const zoneRules = ({ zones, hostBridges }: FilterWish) => [
  ...hostBridges.map(bridge => `-i ${bridge} -m addrtype --dst-type LOCAL -j RETURN`),
  ...[...zones].map(([bridge, zone]) => `-i ${bridge} -j CT --zone ${zone}`),
]

export interface Standing {
  /** Chains of ours from before, as `filter name`, that nobody needs now. */
  readonly stale: readonly string[]
  /** Built-in chains, as `filter FORWARD`, that do not lead into ours yet; or that do. */
  readonly hooked: readonly string[]
}

/**
 * What iptables-restore is given: these chains anew, those of before emptied and removed, the way into ours where it is missing, and
 * nothing about anybody else's. Each table changes at one moment, and one of which nothing is to change is not mentioned.
 */
export function restoreText(tables: readonly Table[], { stale, hooked }: Standing, prefix: string): string {
  const lines = tables.flatMap(({ name, chains }) => {
    const gone = namesIn(name, stale)
    const unhooked = hooks[name].filter(hook => !hooked.includes(`${name} ${hook}`))
    if (chains.length + gone.length + unhooked.length === 0) return []
    return [
      `*${name}`,
      ...[...chains.map(chain => chain.name), ...gone].map(chain => `:${chain} - [0:0]`),
      ...unhooked.map(hook => `-I ${hook} 1 -j ${prefix}-${hook}`),
      ...chains.flatMap(chain => chain.rules.map(rule => `-A ${chain.name} ${rule}`)),
      ...gone.map(chain => `-X ${chain}`),
      'COMMIT',
    ]
  })
  return `${lines.join('\n')}\n`
}

/** The same when nothing of ours is to stay. */
export function removalText({ stale, hooked }: Standing, prefix: string): string {
  const lines = (['raw', 'filter'] as const).flatMap(name => {
    const gone = namesIn(name, stale)
    const unhook = hooks[name].filter(hook => hooked.includes(`${name} ${hook}`)).map(hook => `-D ${hook} -j ${prefix}-${hook}`)
    return gone.length + unhook.length === 0
      ? []
      : [`*${name}`, ...gone.map(chain => `:${chain} - [0:0]`), ...unhook, ...gone.map(chain => `-X ${chain}`), 'COMMIT']
  })
  return lines.length === 0 ? '' : `${lines.join('\n')}\n`
}

const namesIn = (table: Table['name'], chains: readonly string[]) =>
  chains.filter(each => each.startsWith(`${table} `)).map(each => each.slice(table.length + 1))
