import type { Host } from '../../scheduler/host.ts'
import type { Filter, Request } from '../../scheduler/request.ts'

type Placed = Pick<Host, 'host' | 'servers'>
type Grouped = Pick<Request, 'group' | 'serverId' | 'consumerId'>

/** What a group that must be together or apart says against a host. */
export const groupObjection = (host: Placed, request: Grouped) => apart(host, request) ?? together(host, request)

/** The servers of a group are apart: at most so many of them on one host. */
export const antiAffinityFilter: Filter = { name: 'ServerGroupAntiAffinityFilter', objection: apart }

/** The servers of a group are on one host. */
export const affinityFilter: Filter = { name: 'ServerGroupAffinityFilter', objection: together }

function apart({ host, servers }: Placed, { group, serverId, consumerId }: Grouped): ReturnType<Filter['objection']> {
  if (group?.policy !== 'anti-affinity' || servers.has(serverId ?? consumerId)) return undefined
  const most = group.rules['max_server_per_host'] ?? 1
  const there = group.members.get(host) ?? 0
  return there < most ? undefined : { kind: 'apart', says: `${there} of the group ${group.id} are there; at most ${most} may be` }
}

function together({ host }: Placed, { group }: Grouped): ReturnType<Filter['objection']> {
  if (group?.policy !== 'affinity' || group.members.size === 0 || group.members.has(host)) return undefined
  return { kind: 'together', says: `the group ${group.id} is on ${[...group.members.keys()].join(', ')}` }
}

/** `different_host`: not where any of these servers is. */
export const differentHostFilter: Filter = {
  name: 'DifferentHostFilter',
  objection({ host, servers }, { hints, namedHosts }) {
    const there = hinted(hints, 'different_host').find(id => servers.has(id) || namedHosts.get(id) === host)
    return there === undefined ? undefined : { kind: 'hint', says: `server ${there} is there, and different_host names it` }
  },
}

/** `same_host`: where any of these servers is. */
export const sameHostFilter: Filter = {
  name: 'SameHostFilter',
  objection({ host, servers }, { hints, namedHosts }) {
    const ids = hinted(hints, 'same_host')
    if (ids.length === 0 || ids.some(id => servers.has(id) || namedHosts.get(id) === host)) return undefined
    return { kind: 'hint', says: `none of the servers that same_host names is there: ${ids.join(', ')}` }
  },
}

/** `build_near_host_ip` with `cidr`: hosts whose address is in one network with it. */
export const simpleCidrAffinityFilter: Filter = {
  name: 'SimpleCIDRAffinityFilter',
  objection({ facts }, { hints }) {
    const near = hints?.['build_near_host_ip']
    if (typeof near !== 'string' || near === '') return undefined
    const cidr = typeof hints?.['cidr'] === 'string' ? hints['cidr'] : '/24'
    const bits = Number(cidr.replace('/', ''))
    if (isNear(facts.hostIp, near, bits)) return undefined
    return { kind: 'hint', says: `its address ${facts.hostIp} is not in ${near}${cidr}` }
  },
}

/** The ids that a hint names: one, or a list. */
export function hinted(hints: Request['hints'], name: string): readonly string[] {
  const said = hints?.[name]
  return typeof said === 'string' ? [said] : Array.isArray(said) ? said.filter(one => typeof one === 'string') : []
}

function isNear(address: string, near: string, bits: number): boolean {
  const [a, b] = [bitsOf(address), bitsOf(near)]
  return a !== undefined && b !== undefined && a.length === b.length && a.slice(0, bits) === b.slice(0, bits)
}

function bitsOf(address: string): string | undefined {
  if (/^\d{1,3}(\.\d{1,3}){3}$/.test(address))
    return address
      .split('.')
      .map(part => Number(part).toString(2).padStart(8, '0'))
      .join('')
  if (!/^[0-9a-f:]+$/i.test(address) || !address.includes(':')) return undefined
  const [head = '', tail] = address.split('::')
  const [left, right] = [head, tail ?? ''].map(half => half.split(':').filter(Boolean))
  const missing = 8 - (left?.length ?? 0) - (right?.length ?? 0)
  const all = [...(left ?? []), ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...(right ?? [])]
  return all.map(part => Number.parseInt(part, 16).toString(2).padStart(16, '0')).join('')
}
