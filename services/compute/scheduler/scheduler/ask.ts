import type { Flavor } from '../../flavors/flavor.ts'
import type { Server } from '../../servers/server.ts'
import type { AskedImage, ClaimAsk } from '../scheduler.ts'

export interface Move {
  /** What it shall be; its flavor unless told. */
  readonly flavor?: Flavor | undefined
  /** Under which id; the server's unless told. */
  readonly consumerId?: string | undefined
  readonly host?: string | undefined
  readonly ignoredHosts?: readonly string[] | undefined
}

/** What a server asks of the scheduler: what its owner asked for when it was made holds for every later move. */
export function askOf(server: Server, move: Move = {}): ClaimAsk {
  const { request } = server
  const forcedHost = move.host === undefined ? (request.forced?.host ?? request.forced?.node) : undefined
  return {
    consumerId: move.consumerId ?? server.id,
    serverId: server.id,
    projectId: server.projectId,
    userId: server.userId,
    flavor: move.flavor ?? server.flavor,
    image: server.imageId === '' ? undefined : imageOf(server),
    hints: { ...request.hints, ...(request.groupId === undefined ? {} : { group: request.groupId }) },
    zone: request.zone,
    host: move.host ?? request.wanted?.host ?? request.wanted?.node,
    forcedHost,
    ignoredHosts: move.ignoredHosts,
  }
}

/** The image as the server noted it: it may be gone from the image service. */
function imageOf({ imageId, systemMetadata }: Server): AskedImage {
  const noted = Object.entries(systemMetadata).flatMap(([key, value]) =>
    key.startsWith('image_') ? [[key.slice('image_'.length), value] as const] : [],
  )
  const properties = Object.fromEntries(noted)
  return { id: imageId, diskFormat: properties['disk_format'], properties }
}
