import { Answer } from '@kilonova/platform/http/endpoint.ts'
import { first } from '@kilonova/platform/http/own-address.ts'
import { list, object, decimal, integer, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageLogic } from '../images/logic/images.ts'
import { ofOneImage, type Seeing } from '../images/logic/seeing.ts'
import { endpoint, view } from '../versions.ts'
import type { CacheLogic, CacheState } from './logic.ts'

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly cache: CacheLogic
}

const entry = object({ image_id: text(), hits: integer(), last_accessed: decimal(), last_modified: decimal(), size: integer() })
const shown = shows<CacheState>()
const cached = shown(list(entry), ({ cached: all }) =>
  all.map(one => ({
    image_id: one.imageId,
    hits: one.hits,
    last_accessed: one.accessedAt / 1000,
    last_modified: one.modifiedAt / 1000,
    size: one.sizeBytes,
  })),
)
const queued = shown(list(text()), ({ queued: all }) => all)
const stateView = view(null, { cached_images: cached, queued_images: queued })
const cachedView = view(null, { cached_images: cached })
const queuedView = view(null, { queued_images: queued })
const countView = view(null, { num_deleted: shows<number>()(integer(), count => count) })

/** The cache of the host that answers. */
// biome-ignore format: a table per route
export const cacheApi = ({ images, cache, viewerOf }: Rooms) => {
  const ofOne = ofOneImage(images, { viewerOf })
  return [
    endpoint('GET /v2/cache', {
      summary: 'List the images that lie ready on this host, and those that are to be fetched',
      policy:  'cache_list',
      status:  200,
      view:    stateView,
      run:     () => cache.look(),
    }),

    endpoint('DELETE /v2/cache', {
      summary: 'Empty the cache, its queue, or both',
      policy:  'cache_delete',
      status:  204,
      run:     ({ door }) => cache.clear((first(door.headers['x-image-cache-clear-target']) ?? '').toLowerCase()),
    }),

    endpoint('PUT /v2/cache/{image_id}', {
      summary: 'Fetch an image before somebody wants it',
      policy:  'cache_image',
      ...ofOne,
      status:  202,
      async run({ about, params }) {
        if (!about) throw new Refusal('not-found', `Image ${params.image_id} not found.`)
        await cache.enqueue(about.image)
        return new Answer<void>({})
      },
    }),

    endpoint('DELETE /v2/cache/{image_id}', {
      summary: 'Take an image from the cache and its queue',
      policy:  'cache_delete',
      ...ofOne,
      status:  204,
      run:     ({ about, params }) => cache.drop(params.image_id, about !== undefined),
    }),
  ]
}

/** The same by older names, which the `cachemanagement` of Glance's pipeline adds. */
// biome-ignore format: a table per route
export const olderCacheApi = ({ cache }: Pick<Rooms, 'cache'>) => [
  endpoint('GET /v2/cached_images',               { summary: 'List the images that lie ready on this host', policy: 'manage_image_cache', status: 200, view: cachedView, run: () => cache.look() }),
  endpoint('DELETE /v2/cached_images',            { summary: 'Empty the cache',                             policy: 'manage_image_cache', status: 200, view: countView,  run: () => cache.older.clear() }),
  endpoint('DELETE /v2/cached_images/{image_id}', { summary: 'Take an image from the cache',                policy: 'manage_image_cache', status: 200, run: async ({ params }) => void (await cache.older.drop(params.image_id)) }),
  endpoint('GET /v2/queued_images',               { summary: 'List the images that are to be fetched',      policy: 'manage_image_cache', status: 200, view: queuedView, run: () => cache.look() }),
  endpoint('DELETE /v2/queued_images',            { summary: 'Empty the queue of images to fetch',          policy: 'manage_image_cache', status: 200, view: countView,  run: () => cache.older.clearQueue() }),
  endpoint('PUT /v2/queued_images/{image_id}',    { summary: 'Fetch an image before somebody wants it',     policy: 'manage_image_cache', status: 200, run: ({ params }) => cache.older.enqueue(params.image_id) }),
  endpoint('DELETE /v2/queued_images/{image_id}', { summary: 'Fetch an image no longer',                    policy: 'manage_image_cache', status: 200, run: async ({ params }) => void (await cache.older.dropQueued(params.image_id)) }),
]
