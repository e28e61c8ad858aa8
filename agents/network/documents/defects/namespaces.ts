import type { Defect } from '../../contract/observation.ts'
import type { HostWiring } from '../../contract/wiring.ts'
import type { CableWish, Desired, NamespaceWish } from '../desired/desired.ts'
import { defect } from './links.ts'
import { natDefects } from './nat.ts'
import { neighbourDefects } from './neighbours.ts'
import { routeDefects, ruleDefects } from './routes.ts'
import type { Seen, SeenNamespace } from './seen.ts'

/** Namespaces of DHCP servers and routers, and what is in them. */
export const namespaceDefects = (desired: Desired, wiring: HostWiring, seen: Seen): readonly Defect[] =>
  desired.namespaces.flatMap(wish => {
    const there = seen.namespaces.get(wish.name)
    const cables = desired.cables.filter(({ namespace }) => namespace === wish.name)
    const of = { subject: wish.subject, where: wish.name }
    if (!there) return [defect({ ...of, part: 'namespace', what: `the namespace ${wish.name} is not there`, remedy: 'the agent makes it' })]
    return [
      ...addressDefects(wish, cables, there),
      ...routeDefects(wish, there),
      ...ruleDefects(wish, there),
      ...settingDefects(wish, there),
      ...natDefects(wish, wiring, there),
      ...neighbourDefects(wish, wiring, there),
      ...serverDefects(wish, wiring, there),
    ]
  })

/** Of devices that are there: one that is missing is told of once. */
function addressDefects(
  { name, subject, addresses }: NamespaceWish,
  cables: readonly CableWish[],
  there: SeenNamespace,
): readonly Defect[] {
  const wanted = new Set(addresses.map(({ device, cidr }) => `${device} ${cidr}`))
  const part = 'address' as const
  const missing = addresses.filter(({ device, cidr }) => there.links.get(device)?.addresses.includes(cidr) === false)
  const ours = cables.flatMap(({ device }) => there.links.get(device) ?? [])
  const extra = ours.flatMap(link => link.addresses.filter(cidr => !cidr.startsWith('fe80:')).map(cidr => ({ device: link.name, cidr })))
  return [
    ...missing.map(({ device, cidr }) =>
      defect({
        ...{ subject, part, where: device, about: [cidr.split('/')[0] ?? ''] },
        what: `${device} in ${name} does not have the address ${cidr}`,
        remedy: `ip -n ${name} addr add ${cidr} dev ${device}`,
      }),
    ),
    ...extra
      .filter(({ device, cidr }) => !wanted.has(`${device} ${cidr}`))
      .map(({ device, cidr }) =>
        defect({
          ...{ subject, part, where: device, stops: false, about: [cidr.split('/')[0] ?? ''] },
          what: `${device} in ${name} answers for ${cidr}, which is not its own`,
          remedy: `ip -n ${name} addr del ${cidr} dev ${device}`,
        }),
      ),
  ]
}

/** Without these a router passes nothing on. */
const forwards = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']

const settingDefects = ({ name, subject, settings }: NamespaceWish, there: SeenNamespace): readonly Defect[] =>
  Object.entries(settings).flatMap(([key, value]) => {
    const has = there.settings[key]
    if (has === undefined || has === value) return []
    const stops = forwards.includes(key) && value === '1'
    const what = `${key} is ${has} in ${name}${stops ? ': the router passes nothing on' : ''}`
    return [defect({ subject, part: 'setting', where: name, what, stops, about: [key], remedy: `sysctl -w ${key}=${value} in ${name}` })]
  })

function serverDefects(wish: NamespaceWish, wiring: HostWiring, there: SeenNamespace): readonly Defect[] {
  const { name, subject, dnsmasq, radvd, metadata } = wish
  const of = { subject, where: name }
  const isAsked = wiring.metadata.some(one => metadata?.networkIds.includes(one.networkId) && one.instances.length > 0)
  return [
    ...(dnsmasq && !there.services.includes('dnsmasq')
      ? [defect({ ...of, part: 'dhcp', what: `the DHCP server dnsmasq does not run in ${name}`, remedy: 'the agent starts it' })]
      : []),
    ...(dnsmasq ? hostFileDefects(wish, dnsmasq, there) : []),
    ...(radvd && !there.services.includes('radvd')
      ? [defect({ ...of, part: 'announcer', what: `radvd, which announces IPv6, does not run in ${name}`, remedy: 'the agent starts it' })]
      : []),
    ...(metadata && isAsked && !there.listening.includes(metadata.port)
      ? [
          defect({
            ...{ ...of, part: 'metadata' },
            what: `nobody answers for metadata at port ${metadata.port} in ${name}`,
            remedy: 'the agent opens it; is it alive?',
          }),
        ]
      : []),
  ]
}

function hostFileDefects(
  { subject }: NamespaceWish,
  { dir, host }: NonNullable<NamespaceWish['dnsmasq']>,
  there: SeenNamespace,
): readonly Defect[] {
  const [wanted, has] = [linesOf(host), new Set(linesOf(there.dhcpHosts))]
  const extra = [...has].filter(line => !wanted.includes(line))
  const of = { subject, part: 'dhcp-host' as const, where: `${dir}/host`, remedy: 'the agent writes it anew' }
  const macOf = (line: string) => line.split(',')[0] ?? ''
  return [
    ...wanted
      .filter(line => !has.has(line))
      .map(line =>
        defect({
          ...of,
          about: [macOf(line)],
          what: `the file ${dir}/host does not say \`${line}\`: the DHCP server gives that guest no address`,
        }),
      ),
    ...extra.map(line =>
      defect({ ...of, about: [macOf(line)], stops: false, what: `the file ${dir}/host says \`${line}\`, which is not so` }),
    ),
  ]
}

const linesOf = (text: string) => text.split('\n').filter(Boolean)
