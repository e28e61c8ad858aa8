import { Answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, maybe, object, text } from '@kilonova/platform/http/shape.ts'
import type { View } from '@kilonova/platform/http/view.ts'
import type { Image } from '../images/image.ts'
import type { ImageLogic } from '../images/logic/images.ts'
import { ofOneImage, seen, type Seeing } from '../images/logic/seeing.ts'
import { body, endpoint } from '../versions.ts'

export interface Rooms extends Seeing {
  readonly images: ImageLogic
}

const placesView: View<Image> = {
  render: ({ locations }) =>
    locations.map(({ url, store, metadata }) => ({ url, metadata: store === null ? metadata : { ...metadata, store } })),
  schema: () => anything.schema,
  rungs: [],
}

const placeBody = body(null, {
  url: required(text({ min: 1, max: 255 })),
  validation_data: optional(
    object({ os_hash_algo: text({ max: 64 }), os_hash_value: text({ max: 128 }), checksum: maybe(text({ min: 32, max: 32 })) }),
  ),
})

/** Where data lies, for the other services: they may be told even where clients are not. */
// biome-ignore format: a table per route
export const locationApi = ({ images, viewerOf }: Rooms) => {
  const ofOne = ofOneImage(images, { viewerOf })
  return [
    endpoint('POST /v2/images/{image_id}/locations', {
      summary: 'Say where the data of a queued image lies already',
      policy:  'add_image_location',
      ...ofOne,
      body:    placeBody,
      status:  202,
      async run({ about, params, caller, body, cause }) {
        await images.place(seen(about, params.image_id).id, { ...body, metadata: {} }, viewerOf(caller), cause)
        return new Answer<void>({})
      },
    }),

    endpoint('GET /v2/images/{image_id}/locations', {
      summary: 'List the places where the data of an image lies',
      policy:  'fetch_image_location',
      ...ofOne,
      status:  200,
      view:    placesView,
      run:     ({ about, params }) => seen(about, params.image_id),
    }),
  ]
}
