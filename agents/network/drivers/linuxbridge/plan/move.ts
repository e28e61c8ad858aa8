import type { Link, Observed } from '../observed.ts'
import { type Act, ip } from './act.ts'

export interface Moving {
  readonly subject: string
  readonly from: string
  readonly to: string
}

/**
 * What a device has of the whole world goes to another: its addresses with all that is said of them, and the routes that somebody set, in every
 * table. Those the kernel makes by itself follow the addresses. Everything is on the new device before it leaves the old one: whoever is interrupted
 * here leaves an address at two places, and never at none.
 */
export function move({ subject, from, to }: Moving, { links, routes }: Pick<Observed, 'links' | 'routes'>): readonly Act[] {
  const leaving = (links.get(from)?.held ?? []).filter(({ cidr }) => !cidr.startsWith('fe80:'))
  const there = new Set(links.get(to)?.addresses)
  const leads = routes.filter(line => ` ${line} `.includes(` dev ${from} `) && isSet(line))
  return [
    ...leaving.filter(({ cidr }) => !there.has(cidr)).map(({ line }) => ip({ subject }, `addr add ${line} dev ${to}`)),
    ...leads.map(line => ip({ subject }, `route replace ${routeLine(line).replaceAll(` dev ${from}`, ` dev ${to}`)}`)),
    // The kernel drops what hangs on a first address together with it.
    ...[...leaving].reverse().map(({ peerCidr }) => ip({ subject }, `addr del ${peerCidr} dev ${from}`)),
  ]
}

/** Not of the kernel's own making. */
const isSet = (line: string) =>
  !/ proto kernel\b/.test(line) &&
  !/ table local\b/.test(line) &&
  !/^(local|broadcast|multicast|anycast) /.test(line) &&
  !/^fe80:/.test(line)

/** As the kernel lists it, without what it only reports. */
const routeLine = (line: string) =>
  line
    .replaceAll('\\', ' ')
    .replaceAll(/ (linkdown|dead|offload|rt_offload|rt_trap|trap)\b/g, '')
    .replaceAll(/ expires (\d+)sec/g, ' expires $1')
    .replaceAll(/\s+/g, ' ')
    .trim()

/** Devices that carry the host itself and may lie in a bridge. A guest's cable is none of them. */
export const isUplinkKind = ({ kind, name }: Link): boolean =>
  ['', 'veth', 'bond', 'team', 'vlan', 'dummy'].includes(kind) && !name.startsWith('tap')
