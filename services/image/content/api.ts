import type { IncomingHttpHeaders } from 'node:http'
import type { Readable } from 'node:stream'
import { Answer, type Door } from '@kilonova/platform/http/endpoint.ts'
import { contentRange, type Range, rangeOf } from '@kilonova/platform/http/range.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageLogic } from '../images/logic/images.ts'
import { ofOneImage, seen, type Seeing } from '../images/logic/seeing.ts'
import { endpoint } from '../versions.ts'
import type { ContentLogic, Sent } from './logic.ts'

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly content: ContentLogic
  readonly mayStage: boolean
  readonly hasStores: boolean
}

// biome-ignore format: a table per route
export const contentApi = ({ images, content, mayStage, hasStores, viewerOf }: Rooms) => {
  const ofOne = ofOneImage(images, { viewerOf })
  return [
    endpoint('PUT /v2/images/{image_id}/file', {
      summary: 'Upload the data of an image',
      policy:  'upload_image',
      ...ofOne,
      streams: true,
      status:  204,
      async run({ about, params, caller, door, cause }) {
        const { id } = seen(about, params.image_id)
        const storeId = hasStores ? headerOf(door.headers, 'x-image-meta-store') : undefined
        await receive(door, sent => content.upload(id, { ...sent, storeId }, viewerOf(caller), cause))
      },
    }),

    endpoint('PUT /v2/images/{image_id}/stage', {
      summary: 'Bring data that is to be imported',
      policy:  'modify_image',
      ...ofOne,
      streams: true,
      status:  204,
      async run({ about, params, caller, door, cause }) {
        if (!mayStage) throw new Refusal('not-found', "'glance-direct' method is not available at this site.")
        const { id } = seen(about, params.image_id)
        await receive(door, sent => content.stage(id, sent, viewerOf(caller), cause))
      },
    }),

    endpoint('GET /v2/images/{image_id}/file', {
      summary: 'Download the data of an image, or a range of it',
      policy:  'download_image',
      ...ofOne,
      status:  200,
      async run({ about, params, caller, door }) {
        const image = seen(about, params.image_id)
        const sizeBytes = image.sizeBytes ?? undefined
        const range = sizeBytes === undefined ? undefined : rangeIn(door.headers, sizeBytes)
        const data = await content.read(image, viewerOf(caller), range)
        if (!data) return new Answer<void>({ status: 204 })
        const length = range ? range.end - range.start + 1 : sizeBytes
        return new Answer<void>({
          stream: data as Readable,
          status: range ? 206 : 200,
          headers: {
            'content-type': 'application/octet-stream',
            ...(length === undefined ? {} : { 'content-length': String(length) }),
            ...(range && sizeBytes !== undefined ? { 'content-range': contentRange(range, sizeBytes) } : {}),
            ...(image.checksum ? { 'content-md5': image.checksum } : {}),
          },
        })
      },
    }),
  ]
}

/** The body of the request as data. What is left of a refused one is let pass, so that the client hears why. */
async function receive({ headers, stream, signal }: Door, take: (sent: Sent) => Promise<void>): Promise<void> {
  const type = headers['content-type']?.split(';')[0]?.trim().toLowerCase()
  if (type !== 'application/octet-stream') throw new Refusal('unsupported-media', `Invalid content type ${type ?? 'None'}`)
  try {
    await take({
      source: stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>,
      expectedBytes: expectedIn(headers),
      signal,
    })
  } catch (error) {
    if (!stream.destroyed) stream.resume()
    throw error
  }
}

function expectedIn(headers: IncomingHttpHeaders): number | undefined {
  const said = headerOf(headers, 'x-openstack-image-size')
  const length = headers['content-length'] === undefined ? undefined : Number(headers['content-length'])
  if (said === undefined) return length
  if (!/^\d{1,15}$/.test(said)) throw new Refusal('invalid', `The image size header value '${said}' is not a number of bytes.`)
  if (length !== undefined && length !== Number(said))
    throw new Refusal('invalid', `The image size header says ${said} bytes, but Content-Length says ${length}.`)
  return Number(said)
}

const headerOf = (headers: IncomingHttpHeaders, name: string) => [headers[name]].flat()[0]

/** NOTE: older clients ask for a range by `Content-Range`, as Glance let them. */
function rangeIn(headers: IncomingHttpHeaders, sizeBytes: number): Range | undefined {
  const [, first, last] = /^bytes (\d+)-(\d+)\/(?:\d+|\*)$/.exec(headerOf(headers, 'content-range') ?? '') ?? []
  const range = rangeOf(headers.range ?? (first === undefined ? undefined : `bytes=${first}-${last}`), sizeBytes)
  if (range === 'unsatisfiable')
    throw new Refusal(
      'unsatisfiable-range',
      `The byte range passed in the 'Range' header did not match any available byte range in the current file size of ${sizeBytes}.`,
      {
        extra: { contentRange: contentRange(range, sizeBytes) },
      },
    )
  return range
}
