import type { AtBoot, Told } from '../metadata-service.ts'
import { networkDocument } from './network.ts'

/** The dated versions of OpenStack's own tree. */
// biome-ignore format: a list
export const openstackVersions = [
  '2012-08-10', '2013-04-04', '2013-10-17', '2015-10-15', '2016-06-30', '2016-10-06', '2017-02-22', '2018-08-27', '2020-10-14', '2025-04-04',
] as const
export type OpenstackVersion = (typeof openstackVersions)[number]

export interface File {
  readonly content: string | { readonly base64: string }
  readonly isJson: boolean
}

// biome-ignore format: a table: each file, since when, and what stands in it; in the order they are listed
const files: readonly (readonly [name: string, since: OpenstackVersion, of: (told: Told, more: AtBoot, version: OpenstackVersion) => File | undefined])[] = [
  ['meta_data.json',    '2012-08-10', (told, more, version) => json(metadata(told, more, version))],
  ['user_data',         '2012-08-10', ({ server }) => (server.userData === null ? undefined : plain({ base64: server.userData }))],
  ['password',          '2013-04-04', ({ password }) => plain(password ?? '')],
  ['vendor_data.json',  '2013-10-17', ({ vendor }) => vendor && json(vendor)],
  ['network_data.json', '2015-10-15', told => json(networkDocument(told))],
  ['vendor_data2.json', '2016-10-06', ({ vendor, vendors }) => json({ ...vendors, ...(vendor && { static: vendor }) })],
]

export const openstackVersion = (word: string): OpenstackVersion | undefined =>
  openstackVersions.find(one => one === (word === 'latest' ? openstackVersions.at(-1) : word))

/** What `version` has, in the order Nova lists it. */
export const namesAt = (told: Told, version: OpenstackVersion): readonly string[] =>
  files.filter(([name, since]) => reaches(version, since) && (name !== 'user_data' || told.server.userData !== null)).map(([name]) => name)

export function fileAt(told: Told, more: AtBoot, version: OpenstackVersion, name: string): File | undefined {
  const found = files.find(([one, since]) => one === name && reaches(version, since))
  return found?.[2](told, more, version)
}

/** The files of a drive, by their numbers in `/openstack/content/`; base64. */
export const contentsOf = ({ files: given = [] }: Pick<AtBoot, 'files'>): readonly (readonly [number: string, base64: string])[] =>
  given.map(({ contents }, n) => [numberOf(n), contents])

function metadata(
  { server, hostname, keyType, cables }: Told,
  { adminPassword, files: given = [], randomSeed }: AtBoot,
  version: OpenstackVersion,
) {
  const since = <T extends object>(first: OpenstackVersion, what: T) => (reaches(version, first) ? what : {})
  const { keyName, publicKey } = server
  const keys =
    keyName === null || publicKey === null
      ? {}
      : { public_keys: { [keyName]: publicKey }, keys: [{ name: keyName, type: keyType, data: publicKey }] }
  return {
    uuid: server.id,
    ...(Object.keys(server.metadata).length > 0 ? { meta: server.metadata } : {}),
    ...(given.length > 0 ? { files: given.map(({ path }, n) => ({ path, content_path: `/content/${numberOf(n)}` })) } : {}),
    ...(adminPassword === undefined ? {} : { admin_pass: adminPassword }),
    ...keys,
    hostname,
    name: server.name,
    launch_index: server.launchIndex,
    availability_zone: server.availabilityZone,
    ...since('2013-04-04', { random_seed: randomSeed }),
    ...since('2015-10-15', { project_id: server.projectId }),
    ...since('2016-06-30', { devices: cables.flatMap(cable => deviceOf(cable, version)) }),
    ...since('2020-10-14', { dedicated_cpus: [] }),
  }
}

/** A NIC stands among the devices when there is something to tell of it. */
function deviceOf({ macAddress, tag }: Told['cables'][number], version: OpenstackVersion): readonly object[] {
  const trust = reaches(version, '2018-08-27') ? { vf_trusted: false } : {}
  if (tag === undefined && !('vf_trusted' in trust)) return []
  return [{ ...trust, type: 'nic', mac: macAddress, bus: 'none', address: 'none', ...(tag === undefined ? {} : { tags: [tag] }) }]
}

const reaches = (version: OpenstackVersion, since: OpenstackVersion) => version >= since
const numberOf = (n: number) => String(n).padStart(4, '0')
const plain = (content: File['content']): File => ({ content, isJson: false })
const json = (value: unknown): File => ({ content: JSON.stringify(value), isJson: true })
