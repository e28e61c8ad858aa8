import { routerDeviceOf, routerNamespaceOf, tapOf } from '../../contract/names.ts'
import type { RouterPort, RouterWiring } from '../../contract/router.ts'
import { contains } from '../../contract/addresses.ts'
import { answersFor, everywhereBy, type Out, outsOf, ownRoutes, routingRules } from '../router/gateways.ts'
import { routerLimits } from '../router/limits.ts'
import { radvdConfig } from '../router/radvd.ts'
import { metadataAddressV6, routerMetadataPort, routerTables, routerTablesV6 } from '../router/tables.ts'
import type { HostSetup } from '../setup.ts'
import type { BridgeWish, CableWish, NamespaceWish, RouteWish } from './desired.ts'

export interface RouterWish {
  readonly cables: readonly CableWish[]
  readonly namespace: NamespaceWish
}

/** One namespace for each router that is here. A router that is switched off keeps its namespace and loses its cables. */
export function routerNamespace(router: RouterWiring, bridges: ReadonlyMap<string, BridgeWish>, setup: HostSetup): RouterWish {
  const name = routerNamespaceOf(router.id)
  const outs = outsOf(router)
  const ports = router.isUp ? devicesOf(router, outs).filter(({ networkId }) => bridges.has(networkId)) : []
  const radvd = radvdConfig(
    router.interfaces.map(one => ({ ...one, device: routerDeviceOf(one.portId), mtu: bridges.get(one.networkId)?.mtu ?? 0 })),
  )
  const outside = ports.filter(port => port.out)
  const first = outside.find(({ out }) => out?.isFirst)
  const rules = router.isUp ? routingRules(outs) : []
  return {
    cables: ports.flatMap(port => cableOf(port, name, bridges.get(port.networkId)) ?? []),
    namespace: {
      name,
      subject: router.id,
      settings: routerSettings,
      addresses: ports.flatMap(port => addressesOf(port, router)),
      routes: routesOf(router, ports),
      ...(rules.length > 0 && { rules }),
      tables: { v4: routerTables(router), v6: routerTablesV6(router) },
      limits: routerLimits(router),
      proxied: first ? (router.proxied ?? []).map(address => ({ device: first.device, address })) : [],
      announced: outside
        .flatMap(port => addressesOf(port, router))
        .map(({ device, cidr }) => ({ device, address: cidr.split('/')[0] ?? '' })),
      ...(radvd !== '' && router.isUp && { radvd: radvdFiles(router, radvd, setup) }),
      metadata: {
        // Of both versions at once.
        addresses: ['::'],
        port: routerMetadataPort,
        networkIds: router.interfaces.map(({ networkId }) => networkId),
        header: { name: 'X-Neutron-Router-ID', value: router.id },
      },
    },
  }
}

/**
 * A router forwards, answers ARP for its own device's addresses alone, and believes nobody else's advertisements. What comes in by one gateway
 * may be from where another leads: that is no sign of forgery.
 */
const routerSettings = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv4.conf.all.rp_filter': '0',
  'net.ipv4.conf.default.rp_filter': '0',
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv6.conf.default.accept_ra': '0',
  'net.ipv6.conf.all.accept_ra': '0',
}

type Device = RouterPort & { readonly device: string; readonly out?: Out }

const devicesOf = ({ interfaces }: RouterWiring, outs: readonly Out[]): readonly Device[] => [
  ...interfaces.map(port => ({ ...port, device: routerDeviceOf(port.portId) })),
  ...outs.map(out => ({ ...out, out })),
]

const cableOf = ({ portId, device, macAddress }: Device, namespace: string, bridge: BridgeWish | undefined): CableWish | undefined =>
  bridge && { portId, tap: tapOf(portId), bridge: bridge.name, mtu: bridge.mtu, namespace, device, macAddress }

/** An outer device answers for its network's floating IPs too, inner ones for metadata over IPv6. */
function addressesOf({ device, fixedIps, out }: Device, router: RouterWiring): NamespaceWish['addresses'] {
  const own = fixedIps.map(({ address, prefixLength }) => ({ device, cidr: `${address}/${prefixLength}` }))
  const floating = [...router.floatingIps, ...router.portForwardings.map(one => ({ ...one, address: one.floatingAddress }))]
    .filter(one => out && answersFor(out, one))
    .map(({ address }) => address)
  const metadata = out ? [] : [{ device, cidr: `${metadataAddressV6}/64` }]
  return [...own, ...[...new Set(floating)].map(address => ({ device, cidr: `${address}/32` })), ...metadata]
}

function routesOf(router: RouterWiring, ports: readonly Device[]): readonly RouteWish[] {
  const outs = ports.flatMap(({ out }) => out ?? [])
  const everywhere = (out: Out) => everywhereBy(out, nexthop => reaches(out, nexthop))
  const extra = router.routes.flatMap(({ destination, nexthop }) => {
    const port = ports.find(one => reaches(one, nexthop))
    return port ? [{ destination, via: nexthop, device: port.device }] : []
  })
  const named = new Set(extra.map(route => route.destination))
  return [
    ...outs
      .filter(({ isFirst }) => isFirst)
      .flatMap(everywhere)
      .filter(route => !named.has(route.destination)),
    ...extra,
    ...outs.flatMap(out => ownRoutes(out, [...everywhere(out), ...extra.filter(({ device }) => device === out.device)])),
  ]
}

const reaches = ({ fixedIps }: RouterPort, address: string) =>
  fixedIps.some(fixed => contains(`${fixed.address}/${fixed.prefixLength}`, address)) || address.startsWith('fe80:')

const radvdFiles = ({ id }: RouterWiring, config: string, { stateDir }: HostSetup) => ({
  configPath: `${stateDir}/ra/${id}.radvd.conf`,
  config,
  pidPath: `${stateDir}/external/pids/${id}.pid.radvd`,
})
