import { tapOf } from '../../contract/names.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import { setsOf } from '../filter/sets.ts'
import type { HostSetup } from '../setup.ts'
import type { BridgeWish, CableWish, Desired, NamespaceWish } from './desired.ts'
import { dhcpNamespace } from './dhcp.ts'
import { bridgeFor } from './networks.ts'
import { routerNamespace } from './router.ts'

/** What the host is to be like. The same wiring gives the same wishes, whatever the host is like now. */
export function desire(wiring: HostWiring, setup: HostSetup): Desired {
  const found = wiring.networks.map(network => ({ ...bridgeFor(network, setup), network }))
  const bridges: ReadonlyMap<string, BridgeWish> = new Map(found.map(({ network, bridge }) => [network.id, bridge]))
  const { cables, namespaces } = servers(wiring, bridges, setup)
  const own = [...bridges.values()].filter(bridge => !bridge.isForeign)
  const names = new Set(own.map(({ name }) => name))
  const taps = tapsOf(wiring, bridges, setup)
  return {
    bridges: [...bridges.values()],
    cables,
    taps,
    namespaces,
    filter: {
      prefix: setup.chainPrefix,
      ports: wiring.ports,
      groups: wiring.securityGroups,
      trustedTaps: cables.map(({ tap }) => tap),
      bridges: [...names],
      hostBridges: own.filter(({ uplink }) => uplink?.kind === 'interface').map(({ name }) => name),
      members: [
        ...own.flatMap(({ uplink }) => (uplink ? [uplink.device] : [])),
        ...[...cables, ...taps].filter(({ bridge }) => names.has(bridge)).map(({ tap }) => tap),
      ],
    },
    sets: setsOf(wiring.addressSets),
    troubles: [
      ...found.flatMap(({ network, trouble }) => (trouble === undefined ? [] : [{ subject: network.id, reason: trouble }])),
      ...(setup.hasVlans ? [] : wiring.ports.flatMap(withoutVlans)),
    ],
  }
}

/** What is inside of a trunk cannot be taken apart by every kernel. */
const withoutVlans = ({ id, parent }: HostWiring['ports'][number]): Desired['troubles'] =>
  parent === undefined
    ? []
    : [
        {
          subject: id,
          reason: `this host's kernel has no 802.1q devices, so a port with tag ${parent.vlanId} in a trunk cannot be had here`,
        },
      ]

const tapsOf = ({ ports }: HostWiring, bridges: ReadonlyMap<string, BridgeWish>, { hasVlans }: HostSetup): Desired['taps'] =>
  ports.flatMap(({ id, networkId, isUp, parent, bandwidth = [], packetRates = [], dscpMark }) => {
    const bridge = bridges.get(networkId)
    if (!bridge) return []
    return [
      {
        portId: id,
        tap: tapOf(id),
        bridge: bridge.name,
        mtu: bridge.mtu,
        isUp,
        ...vlanIn(parent, hasVlans),
        bandwidth,
        packetRates,
        dscpMark,
      },
    ]
  })

const vlanIn = (parent: HostWiring['ports'][number]['parent'], hasVlans: boolean) =>
  parent && hasVlans ? { vlan: { parent: tapOf(parent.portId), vlanId: parent.vlanId } } : {}

function servers({ dhcp, routers }: HostWiring, bridges: ReadonlyMap<string, BridgeWish>, setup: HostSetup) {
  const cables: CableWish[] = []
  const namespaces: NamespaceWish[] = []
  for (const one of dhcp) {
    const bridge = bridges.get(one.networkId)
    if (!bridge) continue
    const made = dhcpNamespace(one, bridge, setup)
    cables.push(made.cable)
    namespaces.push(made.namespace)
  }
  for (const router of routers) {
    const made = routerNamespace(router, bridges, setup)
    cables.push(...made.cables)
    namespaces.push(made.namespace)
  }
  return { cables, namespaces }
}
