import type { GuestImage } from '@kilonova/hypervisor/contract/guest.ts'
import type { Log } from '@kilonova/platform/log/log.ts'
import { task, type Turn } from '@kilonova/platform/tasks/task.ts'

export interface CacheWish {
  readonly hosts: readonly string[]
  readonly imageIds: readonly string[]
}

export interface CacheRooms {
  readonly images: { find(id: string): Promise<GuestImage | undefined> }
  readonly hypervisors: {
    cacheImages(host: string, images: readonly GuestImage[], cause: Turn['cause']): Promise<Readonly<Record<string, string | null>>>
  }
  readonly log: Pick<Log, 'warn' | 'info'>
}

/** Host after host, so that the image service is asked by one of them at a time. One that fails keeps no other from its images. */
export const cacheImages = task<CacheWish, CacheRooms>('aggregate.cache-images').step(
  'let the hosts fetch the images',
  async ({ hosts, imageIds }, { images, hypervisors, log }, { cause }) => {
    const found = (await Promise.all(imageIds.map(id => images.find(id)))).filter(image => image !== undefined)
    for (const host of hosts) {
      const failures = await hypervisors.cacheImages(host, found, cause).catch((error: unknown) => ({ '': wordsOf(error) }))
      for (const [image, why] of Object.entries(failures))
        if (why !== null) log.warn(`${host} could not fetch ${image === '' ? 'images' : `the image ${image}`} beforehand: ${why}`)
    }
  },
)

const wordsOf = (error: unknown) => (error instanceof Error ? error.message : String(error))
