import type { Bus } from '@kilonova/platform/bus/bus.ts'
import { ask, look } from '@kilonova/platform/bus/message.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { BrowsedImage, BrowseWish, ImageBrowser } from './browse.ts'
import type { FoundImage, ImageFinder } from './find.ts'
import type { ImageKeeper, KeptImage, NewImage } from './keep.ts'

/** Where the image service answers its neighbours. */
export const imagesAddress = 'images'

type Nothing = Record<string, never>
interface Found<T> {
  readonly image?: T | undefined
}

export const findImage = look<{ id: string; caller?: Caller | undefined }, Found<FoundImage>>('image.find', 1)

export const browseImages = look<{ wish: BrowseWish; caller: Caller }, readonly BrowsedImage[]>('image.browse', 1)
export const showImage = look<{ id: string; caller: Caller }, Found<BrowsedImage>>('image.show', 1)
export const describeImage = ask<{ id: string; properties: Readonly<Record<string, string>>; caller: Caller }, BrowsedImage>(
  'image.describe',
  1,
)
export const deleteImage = ask<{ id: string; caller: Caller }, Nothing>('image.delete', 1)

export const createImage = ask<NewImage, Nothing>('image.create', 1)
export const dropImage = ask<{ id: string }, Nothing>('image.drop', 1)
export const listKept = look<{ ownerId: string; properties: Readonly<Record<string, string>> }, readonly KeptImage[]>('image.listKept', 1)

export interface RemoteImages {
  readonly finder: ImageFinder
  readonly browser: ImageBrowser
  readonly keeper: ImageKeeper
}

/**
 * The image service of another process, asked over the bus: what the one of this process promises. Files do not travel there, nor does anybody name
 * files of another host: data is sent over HTTP by whoever has it, and is there when `fill` is called.
 */
export function remoteImages(bus: Pick<Bus, 'ask'>, newCause: (why: string) => Cause): RemoteImages {
  const looking = () => ({ cause: newCause('look at images') })
  return {
    finder: {
      find: async (id, caller) => (await bus.ask(findImage, imagesAddress, { id, caller }, looking())).image,
    },
    browser: {
      list: (wish, caller) => bus.ask(browseImages, imagesAddress, { wish, caller }, looking()),
      get: async (id, caller) => (await bus.ask(showImage, imagesAddress, { id, caller }, looking())).image,
      describe: (id, properties, caller, cause) => bus.ask(describeImage, imagesAddress, { id, properties, caller }, { cause }),
      delete: async (id, caller, cause) => void (await bus.ask(deleteImage, imagesAddress, { id, caller }, { cause })),
    },
    keeper: {
      create: async (image, cause) => void (await bus.ask(createImage, imagesAddress, image, { cause })),
      async fill(id, _, cause) {
        const { image } = await bus.ask(findImage, imagesAddress, { id }, { cause })
        if (!image) throw new Refusal('not-found', `Image ${id} was deleted before its data came.`)
        if (image.status !== 'active') throw new Refusal('unavailable', `Image ${id} has no data: nobody sent it over HTTP.`)
      },
      discard: async () => {},
      delete: async (id, cause) => void (await bus.ask(dropImage, imagesAddress, { id }, { cause })),
      list: (ownerId, properties) => bus.ask(listKept, imagesAddress, { ownerId, properties }, looking()),
    },
  }
}
