import type { DhcpHost, DhcpSubnet, DhcpWiring } from '../../contract/dhcp.ts'
import { networkOf, versionOf } from '../../contract/addresses.ts'
import type { DhcpSetup } from '../setup.ts'
import { isClientId } from './client-id.ts'

/** Which subnets get their metadata from the DHCP server, and under which address of its. */
export type Metadata = (subnet: DhcpSubnet) => string | undefined

/** The file of options: those of each subnet under its tag, then those of each port that has its own. */
export function optionsText(wiring: DhcpWiring, setup: DhcpSetup, metadata: Metadata): string {
  const subnets = wiring.subnets.filter(subnet => subnet.isDhcpOn && !(subnet.ipVersion === 6 && subnet.ipv6AddressMode === 'slaac'))
  const lines = [
    ...subnets.flatMap(subnet => subnetOptions(subnet, wiring, { setup, metadata })),
    ...wiring.hosts.flatMap(hostOptions),
    ...subnets.flatMap(severalServers),
  ]
  return lines.map(line => `${line}\n`).join('')
}

interface Rooms {
  readonly setup: DhcpSetup
  readonly metadata: Metadata
}

function subnetOptions(subnet: DhcpSubnet, wiring: DhcpWiring, { metadata }: Rooms): readonly string[] {
  const tag = `subnet-${subnet.id}`
  const say = (name: string, ...values: readonly string[]) => option(subnet.ipVersion, tag, name, values)
  const none = subnet.ipVersion === 4 ? '0.0.0.0' : '::'
  const named = subnet.nameServers.includes(none) ? [] : literal(subnet.nameServers)
  const nameServers = subnet.nameServers.length > 0 ? [say('dns-server', ...named)] : []
  if (subnet.ipVersion === 6) return [...nameServers, ...(wiring.domain === '' ? [] : [say('domain-search', wiring.domain)])]
  const { gateway, routes } = routesOf(subnet, wiring, metadata(subnet))
  const classless = routes.length === 0 ? [] : [say('classless-static-route', ...routes), say('249', ...routes)]
  return [...nameServers, ...classless, gateway === undefined ? say('router') : say('router', gateway)]
}

/** Who reads option 121 ignores the router option, so the way to everywhere is among the routes. */
function routesOf(subnet: DhcpSubnet, wiring: DhcpWiring, metadataAt: string | undefined) {
  const everywhere = subnet.hostRoutes.find(route => route.destination === '0.0.0.0/0')
  const gateway = subnet.gateway ?? everywhere?.nexthop
  const neighbours = wiring.subnets
    .filter(other => other.ipVersion === 4 && other.id !== subnet.id && other.cidr !== subnet.cidr)
    .map(other => `${networkOf(other.cidr)},0.0.0.0`)
  const own = subnet.hostRoutes.filter(route => route !== everywhere).map(({ destination, nexthop }) => `${destination},${nexthop}`)
  const metadataVia = metadataAt ?? (subnet.hasRouter ? gateway : undefined)
  const routes = [...neighbours, ...own, ...(metadataVia === undefined ? [] : [`169.254.169.254/32,${metadataVia}`])]
  return { gateway, routes: routes.length > 0 && gateway !== undefined ? [...routes, `0.0.0.0/0,${gateway}`] : routes }
}

function hostOptions(host: DhcpHost): readonly string[] {
  const versions = new Set(host.fixedIps.map(({ address }) => versionOf(address)))
  return host.options
    .filter(({ name, ipVersion }) => !isClientId(name) && versions.has(ipVersion))
    .map(({ name, value, ipVersion }) => option(ipVersion, `port-${host.portId}`, name, [value]))
}

/** A subnet with several DHCP servers and no servers of its owner's names them all. */
function severalServers({ id, ipVersion, nameServers, dhcpAddresses }: DhcpSubnet): readonly string[] {
  const mine = dhcpAddresses.filter(address => versionOf(address) === ipVersion)
  return nameServers.length > 0 || mine.length < 2 ? [] : [option(ipVersion, `subnet-${id}`, 'dns-server', literal(mine))]
}

const literal = (addresses: readonly string[]) => addresses.map(address => (versionOf(address) === 6 ? `[${address}]` : address))

/** An owner's own tag may stand before the name: `tag:ipxe,bootfile-name`. What follows a line's end is not said. */
function option(ipVersion: 4 | 6, tag: string, name: string, values: readonly string[]): string {
  const [, own, bare = ''] = /^(tag:.*,)?(.*)$/.exec(firstLine(name)) ?? []
  const spelled = ipVersion === 6 ? `option6:${bare}` : /^\d+$/.test(bare) ? bare : `option:${bare}`
  return [`tag:${tag}`, ...(own === undefined ? [] : [own.slice(0, -1)]), spelled, ...values.map(firstLine)].join(',')
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? ''
