import type { Desired } from '../../../documents/desired/desired.ts'
import type { Link, Observed } from '../observed.ts'
import { type Act, ip } from './act.ts'
import { isUplinkKind, move } from './move.ts'

/** Namespaces of ours that nobody wishes for any more. What runs in them is to be ended first. */
export const goneNamespaces = (desired: Desired, observed: Observed, owner: string): readonly string[] => {
  const wanted = new Set(desired.namespaces.map(({ name }) => name))
  return [...observed.namespaces.values()].filter(each => each.owner === owner && !wanted.has(each.name)).map(({ name }) => name)
}

/** Takes away what carries our mark and is wished for no longer. A bridge stays while somebody else's cable is plugged into it. */
export function removeLeftovers(desired: Desired, observed: Observed, owner: string): readonly Act[] {
  const wanted = new Set([
    ...desired.bridges.flatMap(({ name, uplink }) => [name, ...(uplink ? [uplink.device] : [])]),
    ...desired.cables.map(({ tap }) => tap),
    ...desired.taps.map(({ tap }) => tap),
  ])
  const gone = [...observed.links.values()].filter(link => link.alias === owner && !wanted.has(link.name))
  const bridges = gone.filter(link => link.kind === 'bridge')
  const goes = new Set(gone.map(({ name }) => name))
  return [
    ...gone.filter(link => link.kind !== 'bridge').map(link => ip({ subject: link.name }, `link del dev ${link.name}`)),
    ...bridges.flatMap(bridge => dismantled(bridge, observed, new Set([...goes, ...wanted]))),
    ...goneNamespaces(desired, observed, owner).map(name => ip({ subject: name.replace(/^[a-z]+-/, '') }, `netns del ${name}`)),
  ]
}

/** Cables that others plugged in keep a bridge; an interface of the host gets its addresses back. */
function dismantled(bridge: Link, observed: Observed, spokenFor: ReadonlySet<string>): readonly Act[] {
  const members = [...observed.links.values()].filter(link => link.master === bridge.name && !spokenFor.has(link.name))
  if (!members.every(isUplinkKind)) return []
  const subject = { subject: bridge.name }
  return [
    ...members.flatMap(member => [
      ip(subject, `link set dev ${member.name} nomaster`),
      ...move({ ...subject, from: bridge.name, to: member.name }, observed),
    ]),
    ip(subject, `link del dev ${bridge.name}`),
  ]
}
