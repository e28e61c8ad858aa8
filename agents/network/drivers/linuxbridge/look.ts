import { readdir } from 'node:fs/promises'
import type { RuleWish } from '../../documents/desired/desired.ts'
import { rulePriorities } from '../../documents/router/gateways.ts'
import type { Link, Namespace, Observed, Route } from './observed.ts'
import { fewAtOnce } from './few-at-once.ts'
import { isUplinkKind } from './plan/move.ts'
import type { Run } from './run.ts'

/** Which namespaces may be ours, by their names. */
export const isNamespaceName = (name: string): boolean => /^(qdhcp|qrouter)-[0-9a-f]{8}-[0-9a-f-]{27}$/.test(name)

export interface LookWish {
  /** Namespaces that need not be looked into. */
  readonly skip: ReadonlySet<string>
  /** An interface of the host is to be part of a bridge, and its routes go with it. */
  readonly movesInterfaces: boolean
}

/** Looks at the host: its devices, its namespaces but for those to be skipped, where VXLAN devices send what; its routes where they may have to move. */
export async function look(run: Run, { skip, movesInterfaces }: LookWish): Promise<Observed> {
  const [links, all] = await Promise.all([linksIn(run), namespaceNames()])
  const names = all.filter(name => !skip.has(name))
  const found = [...links.values()]
  const hasRoutes = movesInterfaces || found.some(link => link.master !== undefined && isUplinkKind(link))
  const [routes, forwarding] = await Promise.all([
    hasRoutes ? hostRoutes(run) : [],
    found.some(link => link.kind === 'vxlan') ? forwardingOf(run) : new Map(),
  ])
  const namespaces: Namespace[] = []
  await fewAtOnce(names, async name => {
    const found = await lookInto(run, name)
    if (found) namespaces.push(found)
  })
  return {
    links,
    routes,
    forwarding,
    namespaces: new Map(namespaces.map(each => [each.name, each])),
  }
}

/** As `ip netns list` finds them. The directory comes with the first. */
export async function namespaceNames(): Promise<readonly string[]> {
  const names = await readdir('/run/netns').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return names.filter(isNamespaceName)
}

/** Nothing, when it went meanwhile. */
async function lookInto(run: Run, name: string): Promise<Namespace | undefined> {
  try {
    // Nobody but a router has routes in tables of its own.
    const isRouter = name.startsWith('qrouter-')
    const [links, routes, rules] = await Promise.all([
      linksIn(run, name),
      routesIn(run, name, isRouter ? ['table', 'all'] : []),
      isRouter ? rulesIn(run, name) : [],
    ])
    return { name, owner: links.get('lo')?.alias, links, routes, rules }
  } catch {
    return undefined
  }
}

export async function linksIn(run: Run, namespace?: string): Promise<ReadonlyMap<string, Link>> {
  const rows = parsed<readonly LinkRow[]>(await run('ip', [...inside(namespace), '-d', '-j', 'addr', 'show']))
  return new Map(rows.filter(row => row.ifname !== undefined).map(row => [row.ifname, linkOf(row)]))
}

interface LinkRow {
  readonly ifname: string
  readonly mtu: number
  readonly address?: string
  readonly flags: readonly string[]
  readonly master?: string
  readonly ifalias?: string
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { id?: number; local?: string; port?: number } }
  readonly addr_info?: readonly AddressRow[]
}

interface AddressRow {
  readonly family?: string
  readonly local?: string
  /** The other end, where it is one. */
  readonly address?: string
  readonly prefixlen?: number
  readonly broadcast?: string
  readonly scope?: string
  readonly metric?: number
  readonly dynamic?: boolean
  readonly temporary?: boolean
  readonly noprefixroute?: boolean
  readonly valid_life_time?: number
  readonly preferred_life_time?: number
}

function linkOf({ ifname, mtu, address = '', flags, master, ifalias, linkinfo, addr_info = [] }: LinkRow): Link {
  const { id, local, port } = linkinfo?.info_data ?? {}
  const kind = linkinfo?.info_kind ?? ''
  return {
    name: ifname,
    kind,
    mtu,
    macAddress: address,
    isUp: flags.includes('UP'),
    master,
    alias: ifalias,
    addresses: addr_info.flatMap(each => (each.local === undefined ? [] : [`${each.local}/${each.prefixlen}`])),
    held: addr_info.flatMap(heldAddress),
    vxlan: kind === 'vxlan' && id !== undefined ? { vni: id, tunnelIp: local ?? '', port: port ?? 0 } : undefined,
  }
}

/** One that the kernel made up for privacy's sake it makes up again. */
function heldAddress(row: AddressRow): Link['held'] {
  const { family, local, address, prefixlen, broadcast, scope, metric } = row
  if (local === undefined || row.temporary) return []
  const cidr = `${local}/${prefixlen}`
  const peerCidr = address === undefined ? cidr : `${local} peer ${address}/${prefixlen}`
  const words = [
    peerCidr,
    ...(broadcast === undefined ? [] : [`brd ${broadcast}`]),
    ...(scope === undefined ? [] : [`scope ${scope}`]),
    ...(metric === undefined ? [] : [`metric ${metric}`]),
    ...(row.noprefixroute ? ['noprefixroute'] : []),
    ...(row.dynamic ? [`valid_lft ${row.valid_life_time} preferred_lft ${row.preferred_life_time}`] : []),
    ...(family === 'inet6' ? ['nodad'] : []),
  ]
  return [{ cidr, line: words.join(' '), peerCidr }]
}

async function hostRoutes(run: Run): Promise<readonly string[]> {
  const texts = await Promise.all(['-4', '-6'].map(version => run('ip', [version, '-o', 'route', 'show', 'table', 'all'])))
  const everywhere = ['0.0.0.0/0', '::/0']
  return texts.flatMap((text, index) =>
    text
      .split('\n')
      .filter(Boolean)
      .map(line => line.replace(/^default /, `${everywhere[index]} `)),
  )
}

interface RouteRow {
  readonly dst: string
  readonly gateway?: string
  readonly dev?: string
  readonly protocol?: string
  readonly metric?: number
  /** Absent: the main one. */
  readonly table?: string
}

/** Those that the kernel keeps of its own addresses, in a table with a name, are left out. */
async function routesIn(run: Run, namespace: string, more: readonly string[]): Promise<readonly Route[]> {
  const texts = await Promise.all(['-4', '-6'].map(version => run('ip', ['-n', namespace, version, '-j', 'route', 'show', ...more])))
  return texts.flatMap((text, index) =>
    parsed<readonly RouteRow[]>(text)
      .filter(({ table = '0' }) => /^\d+$/.test(table))
      .map(row => routeOf(row, index === 0 ? 4 : 6)),
  )
}

interface RuleRow {
  readonly priority: number
  readonly fwmark?: string
  readonly fwmask?: string
  readonly table?: string
  readonly suppress_prefixlen?: number
}

async function rulesIn(run: Run, namespace: string): Promise<readonly RuleWish[]> {
  const texts = await Promise.all(['-4', '-6'].map(version => run('ip', ['-n', namespace, version, '-j', 'rule', 'show'])))
  return texts.flatMap((text, index) =>
    parsed<readonly RuleRow[]>(text)
      .filter(({ priority }) => rulePriorities.includes(priority))
      .map(row => ruleOf(row, index === 0 ? 4 : 6)),
  )
}

const ruleOf = ({ priority, fwmark, fwmask, table = '', suppress_prefixlen }: RuleRow, version: 4 | 6): RuleWish => ({
  ...{ version, priority, mark: Number(fwmark ?? 0), mask: Number(fwmask ?? 0xffff_ffff) },
  table: table === 'main' ? 'main' : Number(table),
  ...(suppress_prefixlen !== undefined && { skipsDefault: true }),
})

function routeOf({ dst, gateway, dev = '', protocol = '', metric, table }: RouteRow, version: 4 | 6): Route {
  const whole = version === 4 ? { everywhere: '0.0.0.0/0', length: 32 } : { everywhere: '::/0', length: 128 }
  const destination = dst === 'default' ? whole.everywhere : dst.includes('/') ? dst : `${dst}/${whole.length}`
  return { destination, via: gateway, device: dev, protocol, metric, ...(table !== undefined && { table: Number(table) }) }
}

/** By device: where it sends what. What a bridge learned by itself is not of interest. */
async function forwardingOf(run: Run): Promise<Observed['forwarding']> {
  const rows = parsed<readonly { ifname: string; mac: string; dst?: string; state?: string }[]>(await run('bridge', ['-j', 'fdb', 'show']))
  const told = rows.flatMap(({ ifname, mac, dst, state }) => (dst === undefined || state !== 'permanent' ? [] : [{ ifname, mac, to: dst }]))
  return Map.groupBy(told, ({ ifname }) => ifname)
}

const inside = (namespace: string | undefined) => (namespace === undefined ? [] : ['-n', namespace])

/** Nothing at all is printed where there is nothing. */
const parsed = <T>(text: string): T => JSON.parse(text.trim() || '[]') as T
