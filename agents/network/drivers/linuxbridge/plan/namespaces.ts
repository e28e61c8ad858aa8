import type { NamespaceWish, RuleWish } from '../../../documents/desired/desired.ts'
import { isSamePlace, isSameRoute, isSameRule, routeText, ruleText } from '../../../documents/desired/routing.ts'
import { versionOf } from '../../../contract/addresses.ts'
import type { Namespace, Observed } from '../observed.ts'
import { type Act, ip } from './act.ts'

/** Namespaces that are missing, or whose making was interrupted. The mark comes last, so that it says that all before it was done. */
export function makeNamespaces(wishes: readonly NamespaceWish[], observed: Observed, owner: string): readonly Act[] {
  return wishes.flatMap(({ name, subject, settings }) => {
    const there = observed.namespaces.get(name)
    if (there?.owner === owner) return []
    const inside = { subject, in: name }
    return [
      ...(there ? [] : [ip({ subject }, `netns add ${name}`)]),
      ip(inside, 'link set dev lo up'),
      ...Object.entries({ ...everyNamespace, ...settings }).map(
        ([key, value]): Act => ({ tool: 'sysctl', line: `${key}=${value}`, ...inside }),
      ),
      ip(inside, `link set dev lo alias ${owner}`),
    ]
  })
}

/** When a first address goes, the others of its network stay; neighbours hear of a device that moved here. */
const everyNamespace = {
  'net.ipv4.conf.all.promote_secondaries': '1',
  'net.ipv4.conf.default.arp_notify': '1',
  'net.ipv6.conf.default.ndisc_notify': '1',
  'net.ipv6.conf.all.disable_ipv6': '0',
  'net.ipv6.conf.default.disable_ipv6': '0',
}

/** Addresses and routes of a namespace whose devices are there. */
export function fillNamespace(wish: NamespaceWish, there: Namespace | undefined): readonly Act[] {
  const inside = { subject: wish.subject, in: wish.name }
  const has = new Set([...(there?.links.values() ?? [])].flatMap(link => link.addresses.map(cidr => `${link.name} ${cidr}`)))
  const wanted = new Set(wish.addresses.map(({ device, cidr }) => `${device} ${cidr}`))
  const devices = new Set(wish.addresses.map(({ device }) => device))
  const gone = [...has].filter(each => devices.has(each.split(' ')[0] ?? '') && !wanted.has(each) && !each.includes(' fe80:'))
  return [
    ...wish.addresses
      .filter(({ device, cidr }) => !has.has(`${device} ${cidr}`))
      .map(({ device, cidr }) => ip(inside, addressLine(device, cidr))),
    ...gone.map(each => ip(inside, `addr del ${each.split(' ')[1]} dev ${each.split(' ')[0]}`)),
    ...routeActs(wish, there),
    ...ruleActs(wish, there),
  ]
}

/** Nobody else can have an address that was given out, so none need be asked whether it is taken. */
const addressLine = (device: string, cidr: string) =>
  versionOf(cidr) === 6 ? `addr add ${cidr} dev ${device} nodad` : `addr add ${cidr}${cidr.endsWith('/32') ? '' : ' brd +'} dev ${device}`

function routeActs({ subject, name, routes }: NamespaceWish, there: Namespace | undefined): readonly Act[] {
  const inside = { subject, in: name }
  const ours = there?.routes.filter(route => route.protocol === 'static') ?? []
  const missing = routes.filter(route => !ours.some(one => isSameRoute(one, route)))
  const gone = ours.filter(one => !routes.some(route => isSamePlace(one, route)))
  return [
    ...gone.map(one => ip(inside, `route del ${routeText({ ...one, via: undefined })} proto static`)),
    ...missing.map(route => ip(inside, `route replace ${routeText(route)} proto static${route.isOnLink ? ' onlink' : ''}`)),
  ]
}

/** The way of a packet is found before it is looked for: rules come behind the tables they name. */
function ruleActs({ subject, name, rules = [] }: NamespaceWish, there: Namespace | undefined): readonly Act[] {
  const ours = there?.rules ?? []
  const act = (verb: string, rule: RuleWish): Act => ({
    ...ip({ subject, in: name }, `rule ${verb} ${ruleText(rule)}`),
    ...(rule.version === 6 && { version: 6 }),
  })
  return [
    ...ours.filter(one => !rules.some(rule => isSameRule(one, rule))).map(one => act('del', one)),
    ...rules.filter(rule => !ours.some(one => isSameRule(one, rule))).map(rule => act('add', rule)),
  ]
}
