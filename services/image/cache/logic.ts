import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Image } from '../images/image.ts'
import type { CachedImage, ImageCache } from './cache.ts'

export interface Rooms {
  readonly cache: ImageCache | undefined
  /** Sees to it that what is queued is fetched. */
  fetchSoon(): void
}

export interface CacheState {
  readonly cached: readonly CachedImage[]
  readonly queued: readonly string[]
}

/** What administrators do with the cache of the host that answers. */
export function cacheLogic({ cache, fetchSoon }: Rooms) {
  const mustBeThere = () => {
    if (!cache) throw new Refusal('not-found', 'Caching via API is not supported at this site.')
    return cache
  }
  const dropAll = async (ids: readonly string[], drop: (id: string) => Promise<boolean>): Promise<number> => {
    for (const id of ids) await drop(id)
    return ids.length
  }
  const cachedIds = async (there: ImageCache) => (await there.list()).map(({ imageId }) => imageId)

  return {
    async look(): Promise<CacheState> {
      const there = mustBeThere()
      return { cached: await there.list(), queued: await there.listQueued() }
    },

    async enqueue(image: Image): Promise<void> {
      const there = mustBeThere()
      if (image.status !== 'active') throw new Refusal('invalid', 'Only images with status active can be targeted for queueing')
      await there.enqueue(image.id)
      fetchSoon()
    },

    /** An image that is no more can still lie here. */
    async drop(imageId: string, isKnown: boolean): Promise<void> {
      const there = mustBeThere()
      const had = [await there.drop(imageId), await there.dropQueued(imageId)]
      if (!isKnown && !had.includes(true)) throw new Refusal('not-found', `Image ${imageId} not found.`)
    },

    async clear(target: string): Promise<void> {
      const there = mustBeThere()
      if (!['', 'cache', 'queue'].includes(target))
        throw new Refusal('invalid', "If provided 'x-image-cache-clear-target' must be 'cache', 'queue' or empty string.")
      if (target !== 'queue') await dropAll(await cachedIds(there), there.drop)
      if (target !== 'cache') await dropAll(await there.listQueued(), there.dropQueued)
    },

    /** The older way asks nobody whether there is such an image. */
    older: {
      async enqueue(imageId: string): Promise<void> {
        await mustBeThere().enqueue(imageId)
        fetchSoon()
      },
      drop: async (imageId: string): Promise<boolean> => mustBeThere().drop(imageId),
      dropQueued: async (imageId: string): Promise<boolean> => mustBeThere().dropQueued(imageId),
      async clear(): Promise<number> {
        const there = mustBeThere()
        return await dropAll(await cachedIds(there), there.drop)
      },
      async clearQueue(): Promise<number> {
        const there = mustBeThere()
        return await dropAll(await there.listQueued(), there.dropQueued)
      },
    },
  }
}

export type CacheLogic = ReturnType<typeof cacheLogic>
