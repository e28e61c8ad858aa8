import type { Defect } from '../../contract/observation.ts'
import type { BridgeWish, CableWish, Desired, TapWish, UplinkWish } from '../desired/desired.ts'
import type { Seen, SeenLink } from './seen.ts'

type Plain = Omit<Defect, 'repairedBy' | 'stops'> & Partial<Pick<Defect, 'repairedBy' | 'stops'>>
export const defect = (one: Plain): Defect => ({ stops: true, repairedBy: 'agent', ...one })

/** Bridges, what leads from them to other hosts, and what is plugged into them. */
export const linkDefects = (desired: Desired, seen: Seen): readonly Defect[] => [
  ...desired.troubles.map(({ subject, reason }) =>
    defect({ subject, part: 'uplink', where: 'this host', what: reason, remedy: 'change the configuration', repairedBy: 'operator' }),
  ),
  ...desired.bridges.flatMap(wish => [...bridgeDefects(wish, seen), ...(wish.uplink ? uplinkDefects(wish, wish.uplink, seen) : [])]),
  ...desired.taps.flatMap(wish => [...tapDefects(wish, seen), ...cardDefects(wish, desired, seen)]),
  ...desired.cables.flatMap(wish => cableDefects(wish, seen)),
]

function bridgeDefects({ name, networkId, mtu, isForeign }: BridgeWish, { links }: Seen): readonly Defect[] {
  const there = links.get(name)
  const of = { subject: networkId, where: name, ...(isForeign && { repairedBy: 'operator' as const }) }
  if (!there) return [defect({ ...of, part: 'bridge', what: `the bridge ${name} is not there`, remedy: `ip link add ${name} type bridge` })]
  return [
    ...(there.isUp ? [] : [defect({ ...of, part: 'bridge', what: `the bridge ${name} is down`, remedy: `ip link set ${name} up` })]),
    ...(isForeign ? [] : mtuDefects({ subject: networkId, name, wanted: mtu, has: there.mtu })),
  ]
}

interface Sized {
  readonly subject: string
  readonly name: string
  readonly in?: string | undefined
  readonly wanted: number
  readonly has: number
}

function mtuDefects({ subject, name, in: namespace, wanted, has }: Sized): readonly Defect[] {
  if (has === wanted) return []
  const inside = namespace === undefined ? '' : ` -n ${namespace}`
  return [
    defect({
      ...{ subject, part: 'mtu', where: name },
      what: `${name} takes packets of ${has} bytes, and its network has an MTU of ${wanted}`,
      remedy: `ip${inside} link set ${name} mtu ${wanted}`,
      ...(has < wanted ? { largerThan: has } : { stops: false }),
    }),
  ]
}

function uplinkDefects(bridge: BridgeWish, uplink: UplinkWish, seen: Seen): readonly Defect[] {
  const { device } = uplink
  const there = seen.links.get(device)
  const of = { subject: bridge.networkId, part: 'uplink' as const, where: device }
  const tunnel = uplink.kind === 'vxlan' ? tunnelDefects(bridge, uplink, seen) : []
  if (!there) {
    const isReal = uplink.kind === 'interface'
    const remedy = isReal ? 'name another interface in [linux_bridge] physical_interface_mappings' : 'the agent makes it'
    return [defect({ ...of, what: `the device ${device} is not there`, remedy, ...(isReal && { repairedBy: 'operator' }) }), ...tunnel]
  }
  return [
    ...(there.isUp ? [] : [defect({ ...of, what: `${device} is down`, remedy: `ip link set ${device} up` })]),
    ...pluggedInto(there, bridge.name, of),
    ...(uplink.kind === 'interface' ? [] : mtuDefects({ subject: bridge.networkId, name: device, wanted: bridge.mtu, has: there.mtu })),
    ...(uplink.kind === 'vxlan' ? [...sameTunnel(there, uplink, of), ...forwardingDefects(bridge, uplink, seen)] : []),
    ...tunnel,
  ]
}

type Of = Pick<Defect, 'subject' | 'part' | 'where'>

function pluggedInto({ name, master }: SeenLink, bridge: string, of: Of): readonly Defect[] {
  if (master === bridge) return []
  const now = master === undefined ? 'is plugged into no bridge' : `is plugged into ${master}`
  return [defect({ ...of, what: `${name} ${now} and belongs into ${bridge}`, remedy: `ip link set ${name} master ${bridge}` })]
}

type Vxlan = Extract<UplinkWish, { kind: 'vxlan' }>

function sameTunnel({ vxlan, name }: SeenLink, { vni, tunnelIp, port }: Vxlan, of: Of): readonly Defect[] {
  if (vxlan?.vni === vni && vxlan.tunnelIp === tunnelIp && vxlan.port === port) return []
  const is = vxlan ? `number ${vxlan.vni} from ${vxlan.tunnelIp} at port ${vxlan.port}` : 'no tunnel'
  return [defect({ ...of, what: `${name} is ${is} and should be ${vni} from ${tunnelIp} at ${port}`, remedy: 'the agent makes it anew' })]
}

/** What VXLAN puts before a packet. */
const wrapping = { 4: 50, 6: 70 }

/** Tunnels begin at an address of this host, on a device that has room for what is put around each packet. */
function tunnelDefects({ networkId, mtu }: BridgeWish, { tunnelIp, device }: Vxlan, { links }: Seen): readonly Defect[] {
  const under = [...links.values()].find(link => link.addresses.some(cidr => cidr.split('/')[0] === tunnelIp))
  const of = { subject: networkId, repairedBy: 'operator' as const }
  if (!under) {
    const what = `no device of this host has the address ${tunnelIp}, from which its tunnels begin`
    return [defect({ ...of, part: 'uplink', where: device, what, remedy: 'give it back, or name another in [vxlan] local_ip' })]
  }
  const room = under.mtu - wrapping[tunnelIp.includes(':') ? 6 : 4]
  if (under.name === 'lo' || room >= mtu) return []
  const what = `${under.name}, which carries the tunnels, takes ${under.mtu} bytes: too few for an MTU of ${mtu} inside`
  return [
    defect({
      ...of,
      part: 'mtu',
      where: under.name,
      what,
      remedy: `ip link set ${under.name} mtu ${mtu + under.mtu - room}`,
      largerThan: room,
    }),
  ]
}

const toAll = '00:00:00:00:00:00'

function forwardingDefects({ networkId }: BridgeWish, { device, forwarding }: Vxlan, seen: Seen): readonly Defect[] {
  const has = seen.forwarding.get(device) ?? []
  const of = { subject: networkId, part: 'forwarding' as const, where: device }
  const isIn = (list: Vxlan['forwarding'], one: { mac: string; to: string }) => list.some(({ mac, to }) => mac === one.mac && to === one.to)
  const missing = forwarding.filter(one => !isIn(has, one))
  const wrong = has.filter(one => !isIn(forwarding, one))
  const nameOf = (mac: string) => (mac === toAll ? 'frames for everybody' : `frames for ${mac}`)
  return [
    ...missing.map(({ mac, to }) => {
      const what = `${device} does not know that ${nameOf(mac)} go to ${to}`
      return defect({ ...of, what, about: [mac, to], remedy: `bridge fdb append ${mac} dev ${device} dst ${to}` })
    }),
    ...wrong.map(({ mac, to }) => {
      const what = `${device} sends ${nameOf(mac)} to ${to}, where nobody has it`
      const stops = mac !== toAll && forwarding.some(one => one.mac === mac)
      return defect({ ...of, what, stops, about: [mac, to], remedy: `bridge fdb del ${mac} dev ${device} dst ${to}` })
    }),
  ]
}

function tapDefects(wish: TapWish, { links }: Seen): readonly Defect[] {
  const { portId, tap, bridge, mtu, isUp } = wish
  const there = links.get(tap)
  const of = { subject: portId, part: 'tap' as const, where: tap }
  if (!there) {
    const what = `the guest's cable ${tap} is not there`
    return [defect({ ...of, what, remedy: 'start the server, or detach and attach the port', repairedBy: 'hypervisor' })]
  }
  return [
    ...(isUp && !there.isUp ? [defect({ ...of, what: `${tap} is down`, remedy: `ip link set ${tap} up` })] : []),
    ...(!isUp && there.isUp
      ? [defect({ ...of, what: `${tap} is up, and its port is off`, remedy: `ip link set ${tap} down`, stops: false })]
      : []),
    ...pluggedInto(there, bridge, of),
    ...mtuDefects({ subject: portId, name: tap, wanted: mtu, has: there.mtu }),
  ]
}

/** The hypervisor gives its end of a cable the card's address, but for the first byte. */
function cardDefects({ portId, tap }: TapWish, { filter }: Desired, { links }: Seen): readonly Defect[] {
  const [there, port] = [links.get(tap), filter.ports.find(({ id }) => id === portId)]
  const isTold = (there?.kind === 'tun' || there?.kind === 'tap') && there.macAddress.startsWith('fe:')
  if (!there || !port || !isTold || there.macAddress.slice(3) === port.macAddress.toLowerCase().slice(3)) return []
  const what = `the guest's card at ${tap} ends in ${there.macAddress.slice(3)}, and its port has ${port.macAddress}`
  return [defect({ subject: portId, part: 'card', where: tap, what, remedy: 'stop and start the server', repairedBy: 'hypervisor' })]
}

function cableDefects(wish: CableWish, { links, namespaces }: Seen): readonly Defect[] {
  const { portId, tap, bridge, mtu, namespace, device, macAddress } = wish
  const inside = namespaces.get(namespace)
  if (!inside) return []
  const [outer, inner] = [links.get(tap), inside.links.get(device)]
  const of = { subject: portId, part: 'cable' as const }
  if (!outer || !inner) {
    const [missing, from] = outer ? [device, `namespace ${namespace}`] : [tap, 'host']
    return [defect({ ...of, where: missing, what: `${missing} is missing in the ${from}`, remedy: 'the agent lays the cable anew' })]
  }
  return [
    ...(outer.isUp ? [] : [defect({ ...of, where: tap, what: `${tap} is down`, remedy: `ip link set ${tap} up` })]),
    ...pluggedInto(outer, bridge, { ...of, where: tap }),
    ...(inner.isUp
      ? []
      : [defect({ ...of, where: device, what: `${device} is down in ${namespace}`, remedy: `ip -n ${namespace} link set ${device} up` })]),
    ...(inner.macAddress === macAddress.toLowerCase()
      ? []
      : [
          defect({
            ...{ ...of, where: device, what: `${device} has the MAC address ${inner.macAddress}, and its port has ${macAddress}` },
            remedy: `ip -n ${namespace} link set ${device} address ${macAddress}`,
          }),
        ]),
    ...mtuDefects({ subject: portId, name: tap, wanted: mtu, has: outer.mtu }),
    ...mtuDefects({ subject: portId, name: device, in: namespace, wanted: mtu, has: inner.mtu }),
  ]
}
