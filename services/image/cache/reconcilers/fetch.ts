import { causeFields, type Log } from '@kilonova/platform/log/log.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Image } from '../../images/image.ts'
import type { Bytes } from '../../stores/store.ts'
import type { ImageCache } from '../cache.ts'

export interface Rooms {
  readonly cache: ImageCache
  find(id: string): Promise<Image | undefined>
  /** The image's data, from its store. */
  open(image: Image): Promise<Bytes | undefined>
  readonly log: Pick<Log, 'warn'>
}

/** Brings the queued images here and lets those go that are no more. What cannot be fetched now stays queued. */
export async function tendCache(rooms: Rooms, cause: Cause): Promise<void> {
  const { cache, find, log } = rooms
  for (const id of await cache.listQueued()) {
    await fetchOne(rooms, id).catch((error: unknown) =>
      log.warn('an image could not be cached', { ...causeFields(cause), image_id: id, error }),
    )
  }
  for (const { imageId } of await cache.list()) if (!(await find(imageId))) await cache.drop(imageId)
  await cache.prune()
}

async function fetchOne({ cache, find, open }: Rooms, id: string): Promise<void> {
  const image = await find(id)
  const data = image?.status === 'active' ? await open(image) : undefined
  if (image && data) {
    const passing = await cache.keepOnTheWay(image, data)
    try {
      for await (const _ of passing) if (!(await isQueued(cache, id))) return
    } finally {
      passing.destroy()
    }
  }
  await cache.dropQueued(id)
}

const isQueued = async (cache: ImageCache, id: string) => (await cache.listQueued()).includes(id)
