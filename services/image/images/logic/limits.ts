import { Refusal } from '@kilonova/platform/refusal.ts'
import { type Image, reservedPrefix } from '../image.ts'

/** How much may be said of one image; negative for any number. */
export interface ImageQuotas {
  readonly maxProperties: number
  readonly maxTags: number
  readonly maxLocations: number
}

/** What grew beyond its limit. An image that is beyond one already may still shrink. */
export function mustKeepQuotas(before: Image | undefined, after: Image, { maxProperties, maxTags, maxLocations }: ImageQuotas): void {
  const refuse = (what: string, [had, has]: readonly [number, number], most: number) => {
    if (most >= 0 && has > most && has > had)
      throw new Refusal(
        'too-large',
        `The limit has been exceeded on the number of allowed image ${what}. Attempted: ${has}, Maximum: ${most}`,
      )
  }
  const own = (image: Image | undefined) => Object.keys(image?.properties ?? {}).filter(name => !name.startsWith(reservedPrefix)).length
  refuse('properties', [own(before), own(after)], maxProperties)
  refuse('tags', [before?.tags.length ?? 0, after.tags.length], maxTags)
  refuse('locations', [before?.locations.length ?? 0, after.locations.length], maxLocations)
}
