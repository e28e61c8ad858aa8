import type { ServerPort } from '@kilonova/network/contract/ports.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { AskVendors, VendorRules } from '../clients/vendors.ts'
import type { PasswordLogic } from '../server-passwords/logic.ts'
import type { Server } from '../servers/server.ts'
import { type DriveFiles, driveOf } from './documents/config-drive.ts'
import { ec2Tree, ec2Versions, nodeAt, printed, userDataFile } from './documents/ec2.ts'
import { fileAt, namesAt, openstackVersion, openstackVersions } from './documents/openstack.ts'
import { askedOf, type AtBoot, cablesOf, cablesOfPorts, type Told, type VendorData } from './metadata-service.ts'

export interface Rooms {
  /** Refuses with `not-found`. */
  find(serverId: string): Promise<Server>
  readonly passwords: PasswordLogic
  /** The part of platform/changes/freshness.ts that is used here. */
  readonly fresh: {
    catchUp(): Promise<void>
    on(see: (change: { readonly kind: string; readonly id: string } | undefined) => void): void
  }
  readonly signer: { sign(text: string): string; matches(text: string, signature: string): boolean }
  /** The network service; without it, what the server itself knows of its cables is told. */
  readonly ports?: { ofServers(serverIds: readonly string[]): Promise<ReadonlyMap<string, readonly ServerPort[]>> } | undefined
  readonly vendor: VendorData
  /** Which sources of vendor data there are, as the operator says it now. */
  readonly vendorRules?: (() => VendorRules & { readonly providers: readonly string[] }) | undefined
  readonly askVendors?: AskVendors | undefined
  /** Appended to host names; '' for none. */
  readonly domain: string
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'bytes'>
}

/** What a proxy of the network says of the guest that asks. */
export interface Knock {
  readonly serverId: string | undefined
  readonly projectId: string | undefined
  readonly signature: string | undefined
  /** Of a session, as EC2's second version of the protocol has it. */
  readonly token: string | undefined
}

export interface Found {
  readonly content: string | { readonly base64: string }
  readonly isJson: boolean
}

const usualProviders: readonly string[] = ['StaticJSON']

/** Servers whose answers are kept; beyond it all are forgotten, and made anew as they are asked for. */
const mostKept = 5_000
const longestTokenS = 21_600

/** Tells guests about themselves: over HTTP to those whose network vouches for them, and on the drive they boot with. */
export function metadataLogic(rooms: Rooms) {
  const { find, passwords, fresh, signer, ports, domain, clock, chance } = rooms
  const kept = new Map<string, Promise<Told>>()
  fresh.on(change => {
    if (change === undefined) kept.clear()
    else if (change.kind === 'compute.server' || change.kind === 'compute.server_password') kept.delete(change.id)
  })

  const gather = async (server: Server): Promise<Told> => {
    return {
      server,
      cables: cablesOf(server),
      securityGroups: server.request.securityGroups,
      hostname: domain === '' ? server.hostname : `${server.hostname}.${domain}`,
      keyType: server.publicKey?.startsWith('-----BEGIN CERTIFICATE') ? 'x509' : 'ssh',
      vendor: rooms.vendor,
      vendors: {},
      password: await passwords.get(server.id),
    }
  }

  /** Addresses come and go without compute: they are asked for each time, by one look. */
  const wired = async (told: Told): Promise<Told> => {
    if (!ports || told.server.nics.length === 0) return told
    const mine = (await ports.ofServers([told.server.id])).get(told.server.id) ?? []
    const groups = mine.flatMap(({ securityGroups }) => securityGroups.map(({ name }) => name))
    return { ...told, cables: cablesOfPorts(mine), securityGroups: [...new Set(groups)].toSorted() }
  }

  /** Those who tell more are asked each time, and only for the guest that reads it. */
  const vended = async (told: Told, isRead = true): Promise<Told> => {
    const { providers = usualProviders, ...rules } = rooms.vendorRules?.() ?? {}
    const asks = isRead && providers.includes('DynamicJSON')
    const vendors = asks && 'targets' in rules ? await rooms.askVendors?.(rules, askedOf(told.server), told.server.id) : undefined
    return { ...told, vendor: providers.includes('StaticJSON') ? told.vendor : undefined, vendors: vendors ?? {} }
  }

  const told = async (id: string): Promise<Told> => {
    await fresh.catchUp()
    const known = kept.get(id)
    if (known) return known
    if (kept.size >= mostKept) kept.clear()
    const making = find(id).then(gather)
    kept.set(id, making)
    making.catch(() => kept.delete(id))
    return making
  }

  /** Whose guest asks. Nobody is found by address alone: a guest could claim any. */
  const admit = async (knock: Knock): Promise<Told> => {
    const { serverId, projectId, signature = '' } = knock
    if (serverId === undefined) throw nothing()
    if (!signer.matches(serverId, signature)) throw new Refusal('forbidden', 'Invalid proxy request signature.')
    if (projectId === undefined) throw new Refusal('invalid', 'X-Tenant-ID header is missing from request.')
    if (knock.token !== undefined && !holds(knock.token, serverId))
      throw new Refusal('unauthenticated', 'The token is not valid or no longer so.')
    const found = await told(serverId).catch(error => {
      throw error instanceof Refusal && error.kind === 'not-found' ? nothing() : error
    })
    if (found.server.projectId !== projectId) throw nothing()
    return wired(found)
  }

  const holds = (token: string, serverId: string): boolean => {
    const [until = '', signature = ''] = token.split('.')
    return /^\d+$/.test(until) && Number(until) > clock.now() && signer.matches(`token ${until} ${serverId}`, signature)
  }

  const atBoot = (more: Partial<AtBoot>): AtBoot => ({ ...more, randomSeed: Buffer.from(chance.bytes(512)).toString('base64') })

  return {
    /** What stands at a path. The list of EC2's versions is open to all, as those who look for the service have nobody to vouch for them. */
    async read(path: string, knock: Knock): Promise<Found> {
      const parts = partsOf(path)
      const [tree, version, ...rest] = parts[0] === 'openstack' || parts[0] === 'ec2' ? parts : ['ec2', ...parts]
      if (version === undefined && tree === 'ec2') return plain([...ec2Versions, 'latest'].join('\n'))
      const found = await admit(knock)
      if (version === undefined) return plain([...openstackVersions, 'latest'].join('\n'))
      const file =
        tree === 'ec2'
          ? ofEc2(found, version, rest)
          : ofOpenstack(await vended(found, rest[0] === 'vendor_data2.json'), version, rest, atBoot({}))
      if (file === undefined) throw nothing()
      return file
    },

    /** Afterwards its owner can read what the guest made its password, sealed. */
    async setPassword(path: string, knock: Knock, sealed: string, cause: Cause): Promise<void> {
      const { server } = await admit(knock)
      const [tree, version = '', file, ...rest] = partsOf(path)
      const isThere = tree === 'openstack' && file === 'password' && rest.length === 0 && (openstackVersion(version) ?? '') >= '2013-04-04'
      if (!isThere) throw nothing()
      await passwords.set(server, sealed, cause)
    },

    /** A session: until it ends, its token may be sent along. */
    async openSession(knock: Knock, seconds: number): Promise<string> {
      const { server } = await admit({ ...knock, token: undefined })
      if (!Number.isInteger(seconds) || seconds < 1 || seconds > longestTokenS)
        throw new Refusal('invalid', `A session lasts from 1 to ${longestTokenS} seconds.`)
      const until = String(clock.now() + seconds * 1000)
      return `${until}.${signer.sign(`token ${until} ${server.id}`)}`
    },

    /** The files of the drive a server boots with. */
    async drive(server: Server, more: Omit<AtBoot, 'randomSeed'>): Promise<DriveFiles> {
      return driveOf(await vended(await wired(await gather(server))), atBoot({ files: server.request.files, ...more }))
    },
  }
}

export type MetadataLogic = ReturnType<typeof metadataLogic>

function ofEc2(told: Told, version: string, path: readonly string[]): Found | undefined {
  const tree = ec2Tree(told, version)
  const node = tree === undefined ? undefined : nodeAt(tree, path)
  if (node === undefined) return undefined
  const { userData } = told.server
  return path.length === 1 && path[0] === userDataFile && userData !== null
    ? { content: { base64: userData }, isJson: false }
    : plain(printed(node))
}

function ofOpenstack(told: Told, word: string, [name, ...more]: readonly string[], atBoot: AtBoot): Found | undefined {
  const version = openstackVersion(word)
  if (version === undefined || more.length > 0) return undefined
  return name === undefined ? plain(namesAt(told, version).join('\n')) : fileAt(told, atBoot, version, name)
}

/** `.` and `//` are nothing, `..` is one up. */
function partsOf(path: string): readonly string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}

const plain = (content: string): Found => ({ content, isJson: false })
const nothing = () => new Refusal('not-found', 'The resource could not be found.')
