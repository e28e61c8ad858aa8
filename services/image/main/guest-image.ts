import type { Cause } from '@kilonova/platform/cause.ts'
import type { GuestMaker } from '../drivers/guest-maker.ts'
import type { ListWish, Viewer } from '../images/image.ts'
import type { Logics } from '../routes.ts'

export const guestImageName = 'kilonova-guest'

interface Rooms extends Pick<Logics, 'images' | 'data' | 'content'> {
  readonly maker: Pick<GuestMaker, 'recall' | 'note' | 'make' | 'cleanUp'>
  readonly cause: () => Cause
}

/**
 * Sees to it that a new cloud has something to boot: the guest image of our own, once. What is there under its name is left alone, and so is
 * the place of one that an administrator deleted. A run that is cut short is taken up by the next: first the id is noted, then the image
 * made, then its data sent.
 */
export const guestImage = ({ images, data, content, maker, cause }: Rooms) => ({
  /** `making` is called when it is not there and is going to be made. */
  async provide(owner: string | undefined, signal: AbortSignal, making = () => {}): Promise<'made' | 'there' | 'deleted'> {
    const viewer: Viewer = { projectId: owner, userId: undefined, isAdmin: true, roles: ['admin'] }
    const noted = await maker.recall()
    const named = await images.list(byName(viewer))
    if (noted?.isDone) return named.length > 0 ? 'there' : 'deleted'
    const others = named.filter(({ id }) => id !== noted?.imageId)
    const before = others[0]
    if (before) {
      await maker.note({ imageId: before.id, isDone: true })
      return 'there'
    }
    making()
    try {
      const { imageId, sizeBytes, open } = await maker.make(signal)
      await maker.note({ imageId, isDone: false })
      const found = await data.find(imageId)
      if (!found) await images.create({ ...whatItIs, id: imageId, owner: owner ?? null }, viewer, cause())
      if (!found || found.status === 'queued')
        await content.upload(imageId, { storeId: undefined, source: open(), expectedBytes: sizeBytes, signal }, viewer, cause())
      await maker.note({ imageId, isDone: true })
    } finally {
      await maker.cleanUp()
    }
    return 'made'
  },
})

export type GuestImage = ReturnType<typeof guestImage>

const whatItIs = {
  name: guestImageName,
  visibility: 'public',
  diskFormat: 'qcow2',
  containerFormat: 'bare',
  minDiskGb: 0,
  minRamMb: 64,
  isProtected: false,
  isHidden: false,
  tags: [],
  // Of the discs that machines of either type have, its kernel knows this one.
  properties: { architecture: 'x86_64', os_type: 'linux', os_distro: 'debian', os_admin_user: 'cirros', hw_cdrom_bus: 'scsi' },
} as const

const byName = (viewer: Viewer): Omit<ListWish, 'after'> & { after: undefined } => ({
  viewer,
  memberStatus: 'all',
  visibility: 'all',
  isHidden: false,
  isProtected: undefined,
  owner: undefined,
  tags: [],
  oneOf: { name: [guestImageName] },
  numbers: [],
  times: [],
  properties: {},
  sort: [{ field: 'created_at', way: 'asc' }],
  after: undefined,
  limit: 100,
})
