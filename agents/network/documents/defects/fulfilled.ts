import type { HostWiring } from '../../contract/wiring.ts'
import type { CableWish, Desired, NamespaceWish } from '../desired/desired.ts'
import { frameTable } from '../filter/frames.ts'
import { filterTables, restoreText } from '../filter/tables.ts'
import type { Seen, SeenLink, SeenNamespace } from './seen.ts'

/** What would be seen on a host on which every wish came true: what a pretended host shows, and what tests break. */
export function fulfilled(desired: Desired, wiring: HostWiring, isPlugged: (portId: string) => boolean = () => true): Seen {
  const { filter } = desired
  const wish = { ...filter, zones: new Map<string, number>() }
  const rules = (version: 4 | 6) =>
    restoreText(filterTables(wish, version), { stale: [], hooked: [] }, filter.prefix).replaceAll(/^-I (\S+) 1 /gm, '-A $1 ')
  return {
    links: linksOf(desired, isPlugged),
    forwarding: new Map(
      desired.bridges.flatMap(({ uplink }) => (uplink?.kind === 'vxlan' ? [[uplink.device, uplink.forwarding] as const] : [])),
    ),
    namespaces: new Map(desired.namespaces.map(wish => [wish.name, namespaceOf(wish, desired, wiring)])),
    settings: { 'net.ipv4.ip_forward': '1', 'net.ipv6.conf.all.forwarding': '1' },
    filter: {
      v4: rules(4),
      v6: rules(6),
      frames: frameTable('frames', filter.ports, filter.members),
      sets: new Map(desired.sets.map(({ name, members }) => [name, new Set(members)])),
    },
  }
}

function linksOf({ bridges, taps, cables }: Desired, isPlugged: (portId: string) => boolean): ReadonlyMap<string, SeenLink> {
  const base = { macAddress: '', isUp: true, addresses: [] }
  const links: SeenLink[] = bridges.flatMap(({ name, mtu, uplink, isForeign }) => [
    { ...base, name, mtu, kind: 'bridge' },
    ...(isForeign ? [{ ...base, name: `${name}-out`, mtu, kind: '', master: name }] : []),
    ...(uplink
      ? [{ ...base, name: uplink.device, mtu, kind: uplink.kind, master: name, ...(uplink.kind === 'vxlan' && { vxlan: uplink }) }]
      : []),
    // Whatever carries tunnels has their first address and room enough.
    ...(uplink?.kind === 'vxlan' ? [{ ...base, name: 'underlay', mtu: 65_535, kind: '', addresses: [`${uplink.tunnelIp}/32`] }] : []),
  ])
  const plugged = taps.filter(({ portId }) => isPlugged(portId))
  return new Map(
    [
      ...links,
      ...plugged.map(({ tap, bridge, mtu, isUp }) => ({ ...base, name: tap, kind: 'tun', mtu, isUp, master: bridge })),
      ...cables.map(({ tap, bridge, mtu }) => ({ ...base, name: tap, kind: 'veth', mtu, master: bridge })),
    ].map(link => [link.name, link]),
  )
}

function namespaceOf(
  { name, settings, addresses, routes, rules = [], tables, dnsmasq, radvd, metadata }: NamespaceWish,
  desired: Desired,
  wiring: HostWiring,
): SeenNamespace {
  const isAsked = wiring.metadata.some(one => metadata?.networkIds.includes(one.networkId) && one.instances.length > 0)
  const inner = ({ device, mtu, macAddress }: CableWish): SeenLink => ({
    ...{ name: device, kind: 'veth', mtu, macAddress: macAddress.toLowerCase(), isUp: true },
    addresses: addresses.filter(one => one.device === device).map(({ cidr }) => cidr),
  })
  const cables = desired.cables.filter(({ namespace }) => namespace === name)
  return {
    ...{ name, settings, neighbours: [], tables: tables ?? { v4: '', v6: '' } },
    links: new Map(cables.map(cable => [cable.device, inner(cable)])),
    routes: routes.map(({ destination, via, device, table }) => ({ destination, via, device, table, protocol: 'static' })),
    rules,
    services: [...(dnsmasq ? ['dnsmasq'] : []), ...(radvd ? ['radvd'] : [])],
    listening: isAsked && metadata ? [metadata.port] : [],
    dhcpHosts: dnsmasq?.host ?? '',
  }
}
