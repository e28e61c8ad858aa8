import type { HostSetup } from '../../documents/setup.ts'
import type { Desired, NamespaceWish } from '../../documents/desired/desired.ts'
import type { Seen, SeenNamespace, SeenNeighbour } from '../../documents/defects/seen.ts'
import { fewAtOnce } from './few-at-once.ts'
import { readSets } from './filter/ipsets.ts'
import type { Namespace, Observed } from './observed.ts'
import type { Run } from './run.ts'
import { readText } from './servers/files.ts'
import { serversIn } from './servers/servers.ts'

export interface SeeRooms {
  readonly run: Run
  readonly setup: HostSetup
  /** What the table of frames is called. */
  readonly frames: string
}

const hostSettings = ['net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding']

/** What a look at devices does not tell: rules as the kernel has them, settings, neighbours, files, who listens. Changes nothing. */
export async function see({ run, setup, frames }: SeeRooms, desired: Desired, observed: Observed): Promise<Seen> {
  const [v4, v6, table, sets, settings] = await Promise.all([
    run('iptables-save', []),
    run('ip6tables-save', []),
    run('nft', ['list', 'table', 'bridge', frames]).catch(() => ''),
    run('ipset', ['save']),
    settingsIn(run, hostSettings),
  ])
  const namespaces = new Map<string, SeenNamespace>()
  await fewAtOnce(
    desired.namespaces.flatMap(wish => {
      const there = observed.namespaces.get(wish.name)
      return there ? [{ wish, there }] : []
    }),
    async ({ wish, there }) => {
      const seen = await seeInto(run, setup, wish, there).catch(() => undefined)
      if (seen) namespaces.set(wish.name, seen)
    },
  )
  const { links, forwarding } = observed
  return { links, forwarding, namespaces, settings, filter: { v4, v6, frames: table, sets: readSets(sets) } }
}

async function seeInto(run: Run, setup: HostSetup, wish: NamespaceWish, there: Namespace): Promise<SeenNamespace> {
  const { name, tables, dnsmasq, metadata } = wish
  const inside = { namespace: name }
  const [neighbours, settings, v4, v6, sockets, services, dhcpHosts] = await Promise.all([
    neighboursIn(run, name),
    settingsIn(run, Object.keys(wish.settings), name),
    tables ? run('iptables-save', [], inside) : '',
    tables ? run('ip6tables-save', [], inside) : '',
    metadata ? run('ss', ['-Hltn'], inside) : '',
    serversIn(setup.stateDir, name),
    dnsmasq ? readText(`${dnsmasq.dir}/host`) : '',
  ])
  return { ...there, neighbours, settings, tables: { v4, v6 }, services, listening: portsIn(sockets), dhcpHosts: dhcpHosts ?? '' }
}

/** `LISTEN 0 511 0.0.0.0:9697 0.0.0.0:*` */
const portsIn = (sockets: string): readonly number[] =>
  [...sockets.matchAll(/^LISTEN\s+\d+\s+\d+\s+\S+:(\d+)\s/gm)].map(([, port]) => Number(port))

export async function settingsIn(run: Run, keys: readonly string[], namespace?: string): Promise<Readonly<Record<string, string>>> {
  if (keys.length === 0) return {}
  const text = await run('sysctl', ['-e', ...keys], { namespace })
  return Object.fromEntries(
    text.split('\n').flatMap(line => {
      const [key, value] = line.split(' = ')
      return key === undefined || value === undefined ? [] : [[key, value]]
    }),
  )
}

interface NeighbourRow {
  readonly dst: string
  readonly dev: string
  readonly lladdr?: string
  readonly state?: readonly string[]
}

export async function neighboursIn(run: Run, namespace: string): Promise<readonly SeenNeighbour[]> {
  const rows = JSON.parse((await run('ip', ['-n', namespace, '-j', 'neigh', 'show'])).trim() || '[]') as readonly NeighbourRow[]
  return rows.map(({ dst, dev, lladdr = '', state = [] }) => ({
    address: dst,
    device: dev,
    macAddress: lladdr.toLowerCase(),
    state: state[0] ?? '',
  }))
}
