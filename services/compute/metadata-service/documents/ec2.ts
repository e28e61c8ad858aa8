import type { Told } from '../metadata-service.ts'

/** EC2's dated versions, from the first to the last that Nova speaks. */
// biome-ignore format: a list
export const ec2Versions = [
  '1.0', '2007-01-19', '2007-03-01', '2007-08-29', '2007-10-10', '2007-12-15', '2008-02-01', '2008-09-01', '2009-04-04',
] as const
export type Ec2Version = (typeof ec2Versions)[number]

/** A folder, or what stands in a file. A list stands in a file of one line each. */
export type Node = string | readonly string[] | { readonly [name: string]: Node }
/** What stands in its stead in the tree: its bytes are fetched from where they are. */
export const userDataFile = 'user-data'

const last: Ec2Version = '2009-04-04'

/** What `version` tells below `/<version>/`; nothing of a version there never was. */
export function ec2Tree(told: Told, version: string): Node | undefined {
  const known = ec2Versions.find(one => one === (version === 'latest' ? last : version))
  if (known === undefined) return undefined
  return { 'meta-data': metadataAt(told, known), ...(told.server.userData === null ? {} : { [userDataFile]: '' }) }
}

function metadataAt({ server, hostname, cables, securityGroups }: Told, version: Ec2Version): Node {
  const rank = ec2Versions.indexOf(version)
  const since = (first: Ec2Version, node: { readonly [name: string]: Node }) => (rank >= ec2Versions.indexOf(first) ? node : {})
  const floating = cables.flatMap(({ floatingIps }) => floatingIps)
  const fixed = cables.flatMap(({ subnets }) => subnets.filter(({ version: ip }) => ip === 4).map(({ address }) => address))
  return {
    'ami-id': `ami-${server.imageId.slice(0, 8).padEnd(8, '0')}`,
    'ami-launch-index': String(server.launchIndex),
    // NOTE: EC2 has a bucket here; Nova has this word, and clients know it.
    'ami-manifest-path': 'FIXME',
    'instance-id': `i-${server.number.toString(16).padStart(8, '0')}`,
    hostname,
    'local-ipv4': fixed[0] ?? '',
    'reservation-id': server.reservationId,
    ...(cables.length > 0 ? { 'security-groups': securityGroups } : {}),
    ...(server.keyName === null ? {} : { 'public-keys': { [`0=${server.keyName}`]: { 'openssh-key': server.publicKey ?? '' } } }),
    ...since('2007-01-19', { 'local-hostname': hostname, 'public-hostname': hostname, 'public-ipv4': floating[0] ?? '' }),
    ...since('2007-08-29', { 'instance-type': server.flavor.name }),
    ...since('2007-12-15', { 'block-device-mapping': devicesOf(server) }),
    ...since('2008-02-01', { placement: { 'availability-zone': server.availabilityZone ?? '' } }),
    ...since('2008-09-01', { 'instance-action': 'none' }),
  }
}

function devicesOf({ rootDevice, request }: Told['server']): Node {
  const root = rootDevice ?? '/dev/vda'
  const named = (request.disks ?? []).filter(({ device }) => device !== undefined)
  const ephemerals = named.filter(({ kind }) => kind === 'ephemeral').map(({ device = '' }, n) => [`ephemeral${n}`, device] as const)
  const swap = named.filter(({ kind }) => kind === 'swap').map(({ device = '' }) => ['swap', device] as const)
  return { ami: root.replace(/^\/dev\//, ''), root, ...Object.fromEntries([...ephemerals, ...swap]) }
}

/** What stands at `path` below a version; a folder's key of the form `0=name` is also found under `0`. */
export function nodeAt(tree: Node, path: readonly string[]): Node | undefined {
  const [name, ...rest] = path
  if (name === undefined) return tree
  if (typeof tree === 'string' || isList(tree)) return undefined
  const key = Object.keys(tree).find(one => one === name || (one.startsWith(`${name}=`) && /^\d+$/.test(name)))
  const inside = key === undefined ? undefined : tree[key]
  return inside === undefined ? undefined : nodeAt(inside, rest)
}

/** A folder as a list of its names, in order, those of folders with a slash behind them. */
export function printed(node: Node): string {
  if (typeof node === 'string') return node
  if (isList(node)) return node.join('\n')
  return Object.keys(node)
    .toSorted()
    .map(name => (isFolder(node[name]) && !/^\d+=/.test(name) ? `${name}/` : name))
    .join('\n')
}

const isList = (node: Node): node is readonly string[] => Array.isArray(node)
const isFolder = (node: Node | undefined) => typeof node === 'object' && !isList(node)
