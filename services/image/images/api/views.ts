import type { May } from '@kilonova/platform/http/endpoint.ts'
import { anything, integer, list, nullable, text, flag } from '@kilonova/platform/http/shape.ts'
import { lasting, shows } from '@kilonova/platform/http/view.ts'
import { view } from '../../versions.ts'
import { type Image, isoTime } from '../image.ts'

/** What is shown of where data lies. */
export interface Showing {
  readonly showsStores: boolean
  readonly showsDirectUrl: boolean
  readonly showsLocations: boolean
}

const shown = shows<Image>()
const locationsOf = ({ locations }: Image) =>
  locations.map(({ url, store, metadata }) => ({ url, metadata: store === null ? metadata : { ...metadata, store } }))

// biome-ignore format: a table of fields
export const imageView = ({ showsStores, showsDirectUrl, showsLocations }: Showing) => lasting(view(null, {
  id:               shown(text(), image => image.id),
  name:             shown(nullable(text()), image => image.name),
  status:           shown(text(), image => image.status),
  visibility:       shown(text(), image => image.visibility),
  owner:            shown(nullable(text()), image => image.owner),
  protected:        shown(flag, image => image.isProtected),
  os_hidden:        shown(flag, image => image.isHidden),
  disk_format:      shown(nullable(text()), image => image.diskFormat),
  container_format: shown(nullable(text()), image => image.containerFormat),
  min_disk:         shown(integer(), image => image.minDiskGb),
  min_ram:          shown(integer(), image => image.minRamMb),
  size:             shown(nullable(integer()), image => image.sizeBytes),
  virtual_size:     shown(nullable(integer()), image => image.virtualSizeBytes),
  checksum:         shown(nullable(text()), image => image.checksum),
  os_hash_algo:     shown(nullable(text()), image => image.hashAlgorithm),
  os_hash_value:    shown(nullable(text()), image => image.hashValue),
  tags:             shown(list(text()), image => image.tags),
  created_at:       shown(text(), image => isoTime(image.createdAt)),
  updated_at:       shown(text(), image => isoTime(image.updatedAt)),
  self:             shown(text(), image => `/v2/images/${image.id}`),
  file:             shown(text(), image => `/v2/images/${image.id}/file`),
  schema:           shown(text(), () => '/v2/schemas/image'),
  stores:           shown(text(), image => (showsStores ? storesOf(image) : undefined)),
  locations:        shown(list(anything), image => (showsLocations ? locationsOf(image) : undefined)),
  direct_url:       shown(text(), image => (showsDirectUrl ? image.locations[0]?.url : undefined)),
}, image => image.properties))

/** Where clients may be told at all where data lies, policy says which of them; to the others it lies nowhere. */
export const placesFor = ({ showsDirectUrl, showsLocations }: Showing) =>
  showsDirectUrl || showsLocations
    ? (image: Image, may: May, target: Readonly<Record<string, unknown>>): Image =>
        may('get_image_location', target) ? image : { ...image, locations: [] }
    : (image: Image): Image => image

/** In the order of their names, as clients compare them. */
const storesOf = ({ locations }: Image): string | undefined =>
  locations
    .flatMap(({ store }) => (store === null ? [] : [store]))
    .sort()
    .join(',') || undefined
