import type { Flavor } from '../flavors/flavor.ts'
import type { PowerState, TaskState, VmState } from './states.ts'

export interface Server {
  readonly id: string
  /** Makes the name on the host. */
  readonly number: number
  readonly name: string
  /** What the guest calls itself: made from the name unless its owner chose one. */
  readonly hostname: string
  readonly description: string | null
  readonly projectId: string
  readonly userId: string
  /** '' when it boots from a volume. */
  readonly imageId: string
  /** As it was when the server was made or resized: a flavor that is deleted later changes nothing here. */
  readonly flavor: Flavor
  /** Between a resize and its confirmation: what it was, and what it becomes. */
  readonly oldFlavor: Flavor | null
  readonly newFlavor: Flavor | null
  readonly metadata: Readonly<Record<string, string>>
  /** What the cloud notes of it: its image's properties as `image_...`, what it was before it was shelved or rescued. */
  readonly systemMetadata: Readonly<Record<string, string>>
  readonly tags: readonly string[]

  readonly vmState: VmState
  readonly taskState: TaskState | null
  readonly powerState: PowerState
  readonly progress: number
  readonly fault: Fault | null
  readonly lockedBy: 'owner' | 'admin' | null
  readonly lockedReason: string | null

  readonly host: string | null
  /** The hypervisor's own name. */
  readonly node: string | null
  /** Of its host; while it has none, the one it was asked for in. */
  readonly availabilityZone: string | null
  /** What its owner asked for besides: kept, as later moves keep to it. */
  readonly request: BootRequest
  /** Servers made by one request share its reservation, and are counted from 0. */
  readonly reservationId: string
  readonly launchIndex: number

  readonly keyName: string | null
  readonly publicKey: string | null
  /** Base64. Never logged. */
  readonly userData: string | null
  readonly hasConfigDrive: boolean
  readonly rootDevice: string | null
  readonly diskConfig: 'AUTO' | 'MANUAL'
  readonly accessIpV4: string | null
  readonly accessIpV6: string | null
  readonly trustedCertificates: readonly string[] | null
  /** A guest that shuts itself down is deleted (Nova's `shutdown_terminate`). */
  readonly dropsAtShutdown: boolean
  /** Its cables as the network service last told them. */
  readonly nics: readonly ServerNic[]

  /** ISO 8601 in UTC. */
  readonly createdAt: string
  readonly updatedAt: string
  readonly launchedAt: string | null
  readonly terminatedAt: string | null
  /** When its owner deleted it, though it may still be brought back. */
  readonly deletedAt: string | null
  readonly isDeleted: boolean
}

/** Why a server is in ERROR: which step failed where, in words its owner may read. */
export interface Fault {
  readonly code: number
  readonly message: string
  /** The step and the host, for those who run the cloud. */
  readonly details: string
  readonly createdAt: string
}

/** What the scheduler and the network are asked for, by value. */
export interface BootRequest {
  /** The zone its owner named. */
  readonly zone?: string | undefined
  /** `zone:host:node`: this host and no question asked. */
  readonly forced?: { readonly host?: string | undefined; readonly node?: string | undefined } | undefined
  /** This host, if it suits. */
  readonly wanted?: { readonly host?: string | undefined; readonly node?: string | undefined } | undefined
  readonly hints: Readonly<Record<string, unknown>>
  readonly groupId?: string | undefined
  /** How many servers its request asked for. */
  readonly count: number
  readonly networks: 'none' | 'any' | 'auto' | readonly NetworkWish[]
  readonly securityGroups: readonly string[]
  /** Asked by somebody who rules the cloud: networks of other projects will do. */
  readonly seesAllNetworks?: boolean | undefined
  /** Files for the guest (until 2.56), base64 by path; forgotten when it runs. */
  readonly files?: readonly { readonly path: string; readonly contents: string }[] | undefined
  /** Disks beside the root disk that the image or the request asked for. */
  readonly disks?: readonly DiskWish[] | undefined
}

export interface NetworkWish {
  readonly networkId?: string | undefined
  readonly portId?: string | undefined
  readonly fixedIp?: string | undefined
  readonly tag?: string | undefined
}

export interface DiskWish {
  readonly kind: 'ephemeral' | 'swap'
  /** Of an ephemeral disk in GiB, of swap in MiB. */
  readonly size: number
  readonly device?: string | undefined
}

export interface ServerNic {
  readonly portId: string
  readonly networkId: string
  /** The network's name, under which addresses are listed. */
  readonly label: string
  readonly macAddress: string
  readonly addresses: readonly ServerAddress[]
  readonly mtu?: number | undefined
  readonly tag?: string | undefined
}

export interface ServerAddress {
  readonly address: string
  readonly version: 4 | 6
  readonly type: 'fixed' | 'floating'
}

/** Addresses as the API shows them, under the names of their networks. */
export function addressesByLabel(nics: readonly ServerNic[], withTypes = false): Readonly<Record<string, readonly object[]>> {
  const byLabel = new Map<string, object[]>()
  for (const { label, macAddress, addresses } of nics) {
    const known = byLabel.get(label) ?? []
    byLabel.set(label, known)
    for (const { address, version, type } of addresses)
      known.push({ version, addr: address, ...(withTypes ? { 'OS-EXT-IPS:type': type, 'OS-EXT-IPS-MAC:mac_addr': macAddress } : {}) })
  }
  return Object.fromEntries(byLabel)
}

/** A name as a host name of at most 63 letters: what may not stand in one goes, blanks and dots become dashes. May be empty. */
export const hostnameOf = (name: string): string =>
  name
    .replace(/[^\u0000-\u00ff]/g, '')
    .slice(0, 63)
    .replace(/[ _.]/g, '-')
    .replace(/[^\p{L}\p{N}_.-]+/gu, '')
    .toLowerCase()
    .replace(/^[.-]+|[.-]+$/g, '')

/** What becomes of a server on which somebody was at work, and nobody is any more. */
export const givenUp = (server: Server, now: string): Server => ({
  ...{ ...server, vmState: 'error', taskState: null, updatedAt: now },
  fault: {
    ...{ code: 500, message: 'The work on it was lost.', createdAt: now },
    details: `It was ${server.taskState ?? server.vmState}, and no task was about it.`,
  },
})
