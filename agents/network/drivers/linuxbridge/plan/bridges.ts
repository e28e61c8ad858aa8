import type { WiringTrouble } from '../../../contract/messages.ts'
import type { BridgeWish, UplinkWish } from '../../../documents/desired/desired.ts'
import type { Link, Observed } from '../observed.ts'
import { type Act, ip } from './act.ts'
import { move } from './move.ts'

const shape = 'type bridge forward_delay 0 stp_state 0 mcast_snooping 0'

/** Bridges as they are to be, with what leads from them to other hosts. A bridge that the hypervisor made before us becomes ours. */
export function bridgeActs(wishes: readonly BridgeWish[], observed: Observed, owner: string): readonly Act[] {
  return wishes.flatMap(wish => {
    const isFree = uplinkTrouble(wish, wishes, observed, owner) === undefined
    return [...(wish.isForeign ? [] : bridgeItself(wish, observed, owner)), ...(isFree ? uplinkActs(wish, observed, owner) : [])]
  })
}

/** What leads out of a network and cannot be had here. */
export const bridgeTroubles = (wishes: readonly BridgeWish[], observed: Observed, owner: string): readonly WiringTrouble[] =>
  wishes.flatMap(wish => {
    const reason = uplinkTrouble(wish, wishes, observed, owner)
    return reason === undefined ? [] : [{ subject: wish.networkId, reason }]
  })

function bridgeItself({ name, networkId, mtu }: BridgeWish, { links }: Observed, owner: string): readonly Act[] {
  const subject = { subject: networkId }
  const there = links.get(name)
  const shaped = there?.alias === owner
  return [
    ...(there ? [] : [ip(subject, `link add name ${name} ${shape}`)]),
    ...(there && !shaped ? [ip(subject, `link set dev ${name} ${shape}`)] : []),
    ...(shaped ? [] : [ip(subject, `link set dev ${name} addrgenmode none`), ip(subject, `link set dev ${name} alias ${owner}`)]),
    ...(there?.mtu === mtu ? [] : [ip(subject, `link set dev ${name} mtu ${mtu}`)]),
    ...(there?.isUp ? [] : [ip(subject, `link set dev ${name} up`)]),
  ]
}

function uplinkActs(wish: BridgeWish, observed: Observed, owner: string): readonly Act[] {
  const { uplink } = wish
  const others = strangeUplinks(wish, observed, owner).map(link => ip({ subject: wish.networkId }, `link set dev ${link.name} nomaster`))
  if (!uplink) return others
  if (uplink.kind === 'interface') return [...others, ...enslave(wish, uplink.device, observed)]
  const made = uplink.kind === 'vxlan' ? vxlanActs(wish, uplink, observed, owner) : vlanActs(wish, uplink, observed, owner)
  return [...others, ...made, ...(uplink.kind === 'vxlan' ? forwardingActs(wish, uplink, observed) : [])]
}

/** Ways out of before: the network changed its kind or its number. */
const strangeUplinks = ({ name, uplink }: BridgeWish, { links }: Observed, owner: string): readonly Link[] =>
  [...links.values()].filter(
    link => link.master === name && link.alias === owner && (link.kind === 'vxlan' || link.kind === 'vlan') && link.name !== uplink?.device,
  )

type Vxlan = Extract<UplinkWish, { kind: 'vxlan' }>

function vxlanActs(wish: BridgeWish, { device, vni, tunnelIp, port }: Vxlan, { links }: Observed, owner: string): readonly Act[] {
  const found = links.get(device)
  // Another cloud's tunnel of that number is no tunnel of ours: the kernel will say that there cannot be two.
  const there = found?.alias === undefined || found.alias === owner ? found : undefined
  const isRight = there?.vxlan?.vni === vni && there.vxlan.tunnelIp === tunnelIp && there.vxlan.port === port
  const subject = { subject: wish.networkId }
  return [
    ...(there && !isRight ? [ip(subject, `link del dev ${device}`)] : []),
    ...(isRight
      ? []
      : [ip(subject, `link add name ${device} mtu ${wish.mtu} type vxlan id ${vni} local ${tunnelIp} dstport ${port} nolearning`)]),
    ...plugged(wish, device, isRight ? there : undefined, owner),
  ]
}

function vlanActs(wish: BridgeWish, { device, parent, vlanId }: Extract<UplinkWish, { kind: 'vlan' }>, { links }: Observed, owner: string) {
  const there = links.get(device)
  const subject = { subject: wish.networkId }
  return [
    ...(there ? [] : [ip(subject, `link add link ${parent} name ${device} mtu ${wish.mtu} type vlan id ${vlanId}`)]),
    ...plugged(wish, device, there, owner),
  ]
}

function plugged({ networkId, name, mtu }: BridgeWish, device: string, there: Link | undefined, owner: string): readonly Act[] {
  const subject = { subject: networkId }
  return [
    ...(there && there.mtu !== mtu ? [ip(subject, `link set dev ${device} mtu ${mtu}`)] : []),
    ...(there?.alias === owner
      ? []
      : [ip(subject, `link set dev ${device} addrgenmode none`), ip(subject, `link set dev ${device} alias ${owner}`)]),
    ...(there?.master === name && there.isUp ? [] : [ip(subject, `link set dev ${device} master ${name} up`)]),
  ]
}

function forwardingActs({ networkId }: BridgeWish, { device, forwarding }: Vxlan, observed: Observed): readonly Act[] {
  const has = new Set((observed.forwarding.get(device) ?? []).map(({ mac, to }) => `${mac} dev ${device} dst ${to}`))
  const wanted = new Set(forwarding.map(({ mac, to }) => `${mac} dev ${device} dst ${to}`))
  const act = (line: string): Act => ({ tool: 'bridge', line, subject: networkId })
  return [
    ...[...has].filter(each => !wanted.has(each)).map(each => act(`fdb del ${each}`)),
    ...[...wanted].filter(each => !has.has(each)).map(each => act(`fdb append ${each}`)),
  ]
}

/**
 * An interface that becomes part of a bridge answers for its addresses no longer: they and the routes over it move to the bridge at once. It may come
 * from a bridge of ours whose network goes, and then they lie there.
 */
function enslave({ networkId, name, mtu }: BridgeWish, device: string, { links, routes }: Observed): readonly Act[] {
  const there = links.get(device)
  const subject = { subject: networkId }
  const isIn = there?.master === name
  const before = isIn ? undefined : there?.master
  return [
    ...(there && !isIn ? [ip(subject, `link set dev ${name} address ${there.macAddress}`)] : []),
    ...(isIn && there.isUp ? [] : [ip(subject, `link set dev ${device} master ${name} up`)]),
    // A bridge follows the size of its first interface, unless it was told another since.
    ...(isIn ? [] : [ip(subject, `link set dev ${name} mtu ${mtu}`)]),
    ...move({ subject: networkId, from: device, to: name }, { links, routes }),
    ...(before === undefined ? [] : move({ subject: networkId, from: before, to: name }, { links, routes })),
  ]
}

/** What somebody else uses is not taken from them: an interface in a bridge that is none of ours, or that another network has. */
function uplinkTrouble(
  { name, uplink }: BridgeWish,
  wishes: readonly BridgeWish[],
  { links }: Observed,
  owner: string,
): string | undefined {
  if (uplink?.kind !== 'interface') return undefined
  const { device } = uplink
  const holder = links.get(device)?.master
  if (!links.has(device)) return `this host has no interface ${device}; [linux_bridge] physical_interface_mappings names it`
  if (holder === undefined || holder === name) return undefined
  if (links.get(holder)?.alias !== owner)
    return `the interface ${device} is part of ${holder}; name that bridge in [linux_bridge] bridge_mappings`
  const other = wishes.find(wish => wish.name === holder)
  return other && `the interface ${device} leads to the network ${other.networkId} already`
}
