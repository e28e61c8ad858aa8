import {
  bridgeOf,
  type Guest,
  type GuestEphemeral,
  type GuestImage,
  type GuestNic,
  guestName,
  tapOf,
} from '@kilonova/hypervisor/contract/guest.ts'
import type { Images } from '../../clients/images.ts'
import type { Server, ServerNic } from '../server.ts'
import type { TaskRooms } from './rooms.ts'

/** The guest a server is on its host. */
export const guestOf = (server: Server, image: GuestImage, configDrive?: Guest['configDrive']): Guest => ({
  uuid: server.id,
  name: guestName(server.number),
  displayName: server.name,
  memoryMb: server.flavor.memoryMb,
  vcpus: server.flavor.vcpus,
  diskGb: server.flavor.diskGb,
  image,
  ephemerals: ephemeralsOf(server),
  swapMb: swapOf(server),
  imageProperties: imagePropertiesOf(server),
  extraSpecs: server.flavor.extraSpecs,
  nics: server.nics.map(guestNicOf),
  ...(configDrive ? { configDrive } : {}),
  origin: {
    createdAt: server.createdAt,
    flavor: { name: server.flavor.name, swapMb: server.flavor.swapMb, ephemeralGb: server.flavor.ephemeralGb },
    user: { id: server.userId, name: server.userId },
    project: { id: server.projectId, name: server.projectId },
  },
})

export const guestNicOf = ({ portId, networkId, macAddress, mtu, addresses }: ServerNic): GuestNic => ({
  ...{ portId, macAddress, mtu, tap: tapOf(portId), bridge: bridgeOf(networkId) },
  fixedIps: addresses.filter(({ type }) => type === 'fixed').map(({ address, version }) => ({ address, version })),
})

/** What was asked for, or all the flavor has in one. */
function ephemeralsOf({ request: { disks = [] }, flavor }: Server): readonly GuestEphemeral[] {
  const asked = disks.filter(({ kind, size }) => kind === 'ephemeral' && size > 0).map(({ size }) => ({ sizeGb: size }))
  return asked.length > 0 || flavor.ephemeralGb === 0 ? asked : [{ sizeGb: flavor.ephemeralGb }]
}

const swapOf = ({ request: { disks = [] }, flavor }: Server): number => disks.find(({ kind }) => kind === 'swap')?.size ?? flavor.swapMb

/** How long the guest may take to shut itself down: what its image asks for, or what is usual here. */
export function graceOf({ systemMetadata }: Pick<Server, 'systemMetadata'>, { shutdownMs }: Pick<TaskRooms, 'shutdownMs'>): number {
  const seconds = systemMetadata['image_os_shutdown_timeout'] ?? ''
  return /^\d{1,6}$/.test(seconds) ? Number(seconds) * 1000 : shutdownMs()
}

/** What the server remembers of its image. */
export const imagePropertiesOf = ({ systemMetadata }: Pick<Server, 'systemMetadata'>): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(systemMetadata).flatMap(([name, value]) => (name.startsWith('image_') ? [[name.slice('image_'.length), value]] : [])),
  )

/**
 * The image of a server that has its disk already: its owner may have deleted it meanwhile, and hosts need it only where they must make the
 * disk anew.
 */
export async function imageOf(images: Images, server: Server): Promise<GuestImage> {
  const found = await images.find(server.imageId).catch(() => undefined)
  if (found) return asGuestImage(found)
  const format = server.systemMetadata['image_disk_format'] === 'qcow2' ? 'qcow2' : 'raw'
  return { id: server.imageId, format, source: { from: 'file', path: `/nowhere/${server.imageId}` } }
}

/** No more than a host must know. */
export const asGuestImage = ({ id, format, source, sizeBytes, sha512 }: GuestImage): GuestImage => ({
  ...{ id, format, source },
  ...(sizeBytes === undefined ? {} : { sizeBytes }),
  ...(sha512 === undefined ? {} : { sha512 }),
})
