import { anything, list } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageDataLogic } from '../images/logic/data.ts'
import type { ImageLogic } from '../images/logic/images.ts'
import { ofOneImage, seen, type Seeing } from '../images/logic/seeing.ts'
import { endpoint, view } from '../versions.ts'
import type { StoreLogic } from './logic.ts'
import type { Store } from './store.ts'

// biome-ignore format: a table of fields
const bare = (store: Store) => ({
  id: store.id,
  ...(store.description === '' ? {} : { description: store.description }),
  ...(store.isDefault ? { default: 'true' } : {}),
  ...(store.isReadOnly ? { 'read-only': 'true' } : {}),
})
type Stores = readonly Store[]
const storesView = view(null, { stores: shows<Stores>()(list(anything), stores => stores.map(bare)) })
const detailsView = view(null, {
  stores: shows<Stores>()(list(anything), stores =>
    stores.map(store => ({ ...bare(store), type: store.type, properties: store.properties })),
  ),
})
const methodsView = view(null, {
  'import-methods': shows<readonly string[]>()(anything, value => ({ description: 'Import methods available.', type: 'array', value })),
})

export interface Rooms extends Seeing {
  readonly images: ImageLogic
  readonly data: ImageDataLogic
  readonly stores: StoreLogic
  readonly importMethods: readonly string[]
}

// biome-ignore format: a table per route
export const storeApi = ({ images, data, stores, importMethods, viewerOf }: Rooms) => [
  endpoint('GET /v2/info/import', {
    summary: 'How images may be imported',
    policy:  'default',
    status:  200,
    view:    methodsView,
    run:     () => importMethods,
  }),

  endpoint('GET /v2/info/stores', {
    summary: 'Where images may lie',
    policy:  'default',
    status:  200,
    view:    storesView,
    run:     () => stores.list(),
  }),

  endpoint('GET /v2/info/stores/detail', {
    summary: 'Where images may lie, and how those stores are made',
    policy:  'stores_info_detail',
    status:  200,
    view:    detailsView,
    run:     () => stores.list(),
  }),

  endpoint('DELETE /v2/stores/{store_id}/{image_id}', {
    summary: 'Let one store forget an image that others have too',
    policy:  'delete_image_location',
    ...ofOneImage(images, { viewerOf }),
    status:  204,
    async run({ about, params, caller, cause }) {
      if (!stores.find(params.store_id)) throw new Refusal('conflict', `The selected store ${params.store_id} is not available on this node.`)
      await data.dropFromStore(seen(about, params.image_id).id, params.store_id, viewerOf(caller), cause)
    },
  }),
]
