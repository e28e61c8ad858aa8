import { Refusal } from '@kilonova/platform/refusal.ts'
import { asGuestImage, graceOf, guestOf, imageOf } from './guest.ts'
import type { Asked } from './settle.ts'
import { simple } from './simple.ts'

export interface RescueWish extends Asked {
  /** Absent: the server's own image. */
  readonly imageId?: string | undefined
  /** For the drive alone. */
  readonly adminPass?: string | undefined
}

export const rescueServer = simple<RescueWish>('server.rescue', {
  ...{ action: 'rescue', step: 'start the guest from the rescue disk', act: 'rescued' },
  async run(server, { imageId, adminPass }, rooms, { cause }) {
    const image = await rooms.images.find(imageId ?? server.imageId)
    if (!image) throw new Refusal('not-found', `Image ${imageId ?? server.imageId} could not be found.`)
    const drive = server.hasConfigDrive ? await rooms.driveOf(server, { adminPassword: adminPass }) : undefined
    const guest = guestOf(server, await imageOf(rooms.images, server), drive)
    return rooms.hypervisors.rescue(server.host, { guest, image: asGuestImage(image), graceMs: graceOf(server, rooms) }, cause)
  },
  change: (_, __, launchedAt) => ({ launchedAt }),
})

export const unrescueServer = simple<Asked>('server.unrescue', {
  ...{ action: 'unrescue', step: 'start the guest from its own disk', act: 'unrescued' },
  run: async (server, _, rooms, { cause }) =>
    rooms.hypervisors.unrescue(server.host, guestOf(server, await imageOf(rooms.images, server)), cause),
})
