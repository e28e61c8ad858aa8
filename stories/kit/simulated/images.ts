import type { ImageKeeper, NewImage } from '@kilonova/image/contract/keep.ts'

/** An image service that keeps only what was said of its images: which there are, and which have their data. */
export interface Keeper extends ImageKeeper {
  readonly images: ReadonlyMap<string, { readonly image: NewImage; readonly hasData: boolean }>
}

export function shelf(): Keeper {
  const images = new Map<string, { image: NewImage; hasData: boolean }>()
  return {
    images,
    create: async image => {
      if (!images.has(image.id)) images.set(image.id, { image, hasData: false })
    },
    fill: async id => {
      const found = images.get(id)
      if (found) images.set(id, { ...found, hasData: true })
    },
    discard: async () => {},
    delete: async id => void images.delete(id),
    list: async () => [],
  }
}
