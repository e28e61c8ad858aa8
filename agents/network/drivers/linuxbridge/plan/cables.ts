import type { CableWish, TapWish } from '../../../documents/desired/desired.ts'
import type { Link, Observed } from '../observed.ts'
import { type Act, ip } from './act.ts'

/** Cables between bridges and namespaces. One whose inner end is not where it belongs is pulled and laid anew. */
export function cableActs(cables: readonly CableWish[], observed: Observed, owner: string): readonly Act[] {
  return cables.flatMap(cable => {
    const inner = observed.namespaces.get(cable.namespace)?.links.get(cable.device)
    const outer = observed.links.get(cable.tap)
    return inner && outer ? repaired(cable, { inner, outer }) : laid(cable, outer, owner)
  })
}

function laid(
  { portId, tap, bridge, mtu, namespace, device, macAddress }: CableWish,
  outer: Link | undefined,
  owner: string,
): readonly Act[] {
  const subject = { subject: portId }
  return [
    ...(outer ? [ip(subject, `link del dev ${tap}`)] : []),
    ip(subject, `link add name ${tap} mtu ${mtu} type veth peer name ${device} mtu ${mtu} address ${macAddress} netns ${namespace}`),
    ip(subject, `link set dev ${tap} addrgenmode none`),
    ip(subject, `link set dev ${tap} alias ${owner}`),
    ip(subject, `link set dev ${tap} master ${bridge} up`),
    ip({ subject: portId, in: namespace }, `link set dev ${device} up`),
  ]
}

function repaired(cable: CableWish, { inner, outer }: { inner: Link; outer: Link }): readonly Act[] {
  const subject = { subject: cable.portId }
  const inside = { subject: cable.portId, in: cable.namespace }
  return [
    ...(outer.mtu === cable.mtu ? [] : [ip(subject, `link set dev ${cable.tap} mtu ${cable.mtu}`)]),
    ...(outer.master === cable.bridge && outer.isUp ? [] : [ip(subject, `link set dev ${cable.tap} master ${cable.bridge} up`)]),
    ...(inner.mtu === cable.mtu ? [] : [ip(inside, `link set dev ${cable.device} mtu ${cable.mtu}`)]),
    ...(inner.macAddress === cable.macAddress.toLowerCase()
      ? []
      : [ip(inside, `link set dev ${cable.device} address ${cable.macAddress}`)]),
    ...(inner.isUp ? [] : [ip(inside, `link set dev ${cable.device} up`)]),
  ]
}

/** Guests' cables that are there. Those that are not will be plugged in by the hypervisor, and seen then. */
export function tapActs(taps: readonly TapWish[], { links }: Observed, owner: string): readonly Act[] {
  return taps.flatMap(wish => {
    const { portId, tap, bridge, mtu, isUp } = wish
    const there = links.get(tap)
    if (!there) return wish.vlan && links.has(wish.vlan.parent) ? tagged(wish, wish.vlan, owner) : []
    const subject = { subject: portId }
    return [
      ...(there.master === bridge ? [] : [ip(subject, `link set dev ${tap} master ${bridge}`)]),
      ...(there.mtu === mtu ? [] : [ip(subject, `link set dev ${tap} mtu ${mtu}`)]),
      ...(there.isUp === isUp ? [] : [ip(subject, `link set dev ${tap} ${isUp ? 'up' : 'down'}`)]),
    ]
  })
}

/** A port inside of a trunk: frames with its tag on the cable of its parent. It goes with that cable. */
function tagged(
  { portId, tap, bridge, mtu, isUp }: TapWish,
  { parent, vlanId }: NonNullable<TapWish['vlan']>,
  owner: string,
): readonly Act[] {
  const subject = { subject: portId }
  return [
    ip(subject, `link add link ${parent} name ${tap} mtu ${mtu} type vlan id ${vlanId}`),
    ip(subject, `link set dev ${tap} addrgenmode none`),
    ip(subject, `link set dev ${tap} alias ${owner}`),
    ip(subject, `link set dev ${tap} master ${bridge} ${isUp ? 'up' : 'down'}`),
  ]
}
