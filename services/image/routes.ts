import type { ChangeLog } from '@kilonova/platform/changes/change.ts'
import { changeEndpoint } from '@kilonova/platform/http/change-endpoints.ts'
import { cacheApi, olderCacheApi } from './cache/api.ts'
import type { CacheLogic } from './cache/logic.ts'
import { contentApi } from './content/api.ts'
import type { ContentLogic } from './content/logic.ts'
import { discoveryApi } from './discovery/api.ts'
import { imageApi, type Rooms as ImageRooms } from './images/api/images.ts'
import { newImageReader } from './images/api/new-image.ts'
import { imageLinks, imageProperties } from './images/api/fields.ts'
import type { ImageDataLogic } from './images/logic/data.ts'
import { importApi } from './imports/api.ts'
import type { ImportLogic } from './imports/logic.ts'
import { imageTaskApi } from './image-tasks/api.ts'
import type { ImageTaskLogic } from './image-tasks/logic.ts'
import { locationApi } from './locations/api.ts'
import { memberApi } from './members/api.ts'
import type { MemberLogic } from './members/logic.ts'
import { namespaceApi } from './namespaces/api/namespaces.ts'
import { namespaceItemApi, namespaceTagApi } from './namespaces/api/items.ts'
import type { NamespaceLogic } from './namespaces/logic.ts'
import { quotaApi } from './quotas/api.ts'
import type { QuotaLogic } from './quotas/logic.ts'
import { schemaApi } from './schemas/api.ts'
import { storeApi } from './stores/api.ts'
import type { StoreLogic } from './stores/logic.ts'
import { endpoint, query } from './versions.ts'

/** What the routes are answered by. */
export interface Logics extends ImageRooms {
  readonly changes: ChangeLog
  readonly cache: CacheLogic
  /** Whether the cache answers to its older names too. */
  readonly managesCache: boolean
  readonly content: ContentLogic
  readonly data: ImageDataLogic
  readonly imports: ImportLogic
  readonly members: MemberLogic
  readonly namespaces: NamespaceLogic
  readonly quotas: QuotaLogic
  readonly stores: StoreLogic
  readonly tasks: ImageTaskLogic
}

export const changesPath = '/v2/changes'
export const changeRules = { own: 'image:follow_changes', all: 'image:follow_all_changes' }

/** Every URL of the service. */
export const routes = (logics: Logics) => [
  ...discoveryApi,
  ...imageApi(logics),
  ...memberApi(logics),
  ...contentApi({ ...logics, mayStage: logics.importMethods.includes('glance-direct'), hasStores: logics.storeIds.length > 0 }),
  ...locationApi(logics),
  ...importApi(logics),
  ...imageTaskApi({ ...logics, readNewImage: newImageReader(logics.formats) }),
  ...storeApi(logics),
  ...cacheApi(logics),
  ...(logics.managesCache ? olderCacheApi(logics) : []),
  ...quotaApi(logics.quotas),
  ...namespaceApi(logics),
  ...namespaceItemApi(logics),
  ...namespaceTagApi(logics),
  ...schemaApi({ imageProperties: imageProperties(logics.formats), imageLinks, mayHaveMore: logics.formats.mayHaveMore }),
  changeEndpoint(changesPath, { endpoint, query }, logics.changes, changeRules),
]
