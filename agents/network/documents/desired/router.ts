import { gatewayDeviceOf, routerDeviceOf, routerNamespaceOf, tapOf } from '../../contract/names.ts'
import type { RouterPort, RouterWiring } from '../../contract/router.ts'
import { contains, versionOf } from '../../contract/addresses.ts'
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
  const ports = router.isUp ? devicesOf(router).filter(({ networkId }) => bridges.has(networkId)) : []
  const radvd = radvdConfig(
    router.interfaces.map(one => ({ ...one, device: routerDeviceOf(one.portId), mtu: bridges.get(one.networkId)?.mtu ?? 0 })),
  )
  const outside = ports.find(port => port.isOutside)
  return {
    cables: ports.flatMap(port => cableOf(port, name, bridges.get(port.networkId)) ?? []),
    namespace: {
      name,
      subject: router.id,
      settings: routerSettings,
      addresses: ports.flatMap(port => addressesOf(port, router)),
      routes: routesOf(router, ports),
      tables: { v4: routerTables(router), v6: routerTablesV6 },
      proxied: outside ? (router.proxied ?? []).map(address => ({ device: outside.device, address })) : [],
      announced: outside ? addressesOf(outside, router).map(({ device, cidr }) => ({ device, address: cidr.split('/')[0] ?? '' })) : [],
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

/** A router forwards, answers ARP for its own device's addresses alone, and believes nobody else's advertisements. */
const routerSettings = {
  'net.ipv4.ip_forward': '1',
  'net.ipv4.conf.all.arp_ignore': '1',
  'net.ipv4.conf.all.arp_announce': '2',
  'net.ipv6.conf.all.forwarding': '1',
  'net.ipv6.conf.default.accept_ra': '0',
  'net.ipv6.conf.all.accept_ra': '0',
}

type Device = RouterPort & { readonly device: string; readonly isOutside: boolean }

const devicesOf = ({ interfaces, gateway }: RouterWiring): readonly Device[] => [
  ...interfaces.map(port => ({ ...port, device: routerDeviceOf(port.portId), isOutside: false })),
  ...(gateway ? [{ ...gateway, device: gatewayDeviceOf(gateway.portId), isOutside: true }] : []),
]

const cableOf = ({ portId, device, macAddress }: Device, namespace: string, bridge: BridgeWish | undefined): CableWish | undefined =>
  bridge && { portId, tap: tapOf(portId), bridge: bridge.name, mtu: bridge.mtu, namespace, device, macAddress }

/** The outer device answers for floating IPs too, inner ones for metadata over IPv6. */
function addressesOf({ device, fixedIps, isOutside }: Device, router: RouterWiring): NamespaceWish['addresses'] {
  const own = fixedIps.map(({ address, prefixLength }) => ({ device, cidr: `${address}/${prefixLength}` }))
  const floating = isOutside
    ? [...router.floatingIps.map(({ address }) => address), ...router.portForwardings.map(one => one.floatingAddress)]
    : []
  const metadata = isOutside ? [] : [{ device, cidr: `${metadataAddressV6}/64` }]
  return [...own, ...[...new Set(floating)].map(address => ({ device, cidr: `${address}/32` })), ...metadata]
}

function routesOf(router: RouterWiring, ports: readonly Device[]): readonly RouteWish[] {
  const outside = ports.find(port => port.isOutside)
  const toAll = (router.gateway?.nexthops ?? []).map(via => ({ destination: versionOf(via) === 4 ? '0.0.0.0/0' : '::/0', via }))
  const everywhere = outside ? toAll.map(route => ({ ...route, device: outside.device, isOnLink: !reaches(outside, route.via) })) : []
  const extra = router.routes.flatMap(({ destination, nexthop }) => {
    const port = ports.find(one => reaches(one, nexthop))
    return port ? [{ destination, via: nexthop, device: port.device }] : []
  })
  const named = new Set(extra.map(route => route.destination))
  return [...everywhere.filter(route => !named.has(route.destination)), ...extra]
}

const reaches = ({ fixedIps }: RouterPort, address: string) =>
  fixedIps.some(fixed => contains(`${fixed.address}/${fixed.prefixLength}`, address)) || address.startsWith('fe80:')

const radvdFiles = ({ id }: RouterWiring, config: string, { stateDir }: HostSetup) => ({
  configPath: `${stateDir}/ra/${id}.radvd.conf`,
  config,
  pidPath: `${stateDir}/external/pids/${id}.pid.radvd`,
})
