import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { Web } from '../content/content.ts'
import { type Image, notes, type Viewer } from '../images/image.ts'
import type { ImageDataLogic } from '../images/logic/data.ts'
import type { ImageLogic, NewImage } from '../images/logic/images.ts'
import { mustOwn, refuseUnknown } from '../images/logic/sight.ts'
import type { ImageTask } from '../image-tasks/image-task.ts'
import type { ImageTaskLogic } from '../image-tasks/logic.ts'
import type { QuotaLogic } from '../quotas/logic.ts'
import type { StoreLogic } from '../stores/logic.ts'
import type { Transaction, Write } from '../tables.ts'
import type { Import, ImportMethod, LentTokens, RemoteImage } from './import.ts'

export interface Rooms {
  readonly data: ImageDataLogic
  readonly images: Pick<ImageLogic, 'createIn'>
  readonly tasks: ImageTaskLogic
  readonly stores: StoreLogic
  readonly quotas: QuotaLogic
  readonly web: Pick<Web, 'check'>
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid'>
  readonly lent: LentTokens
  readonly methods: readonly string[]
  /** Records the labour, in the transaction that records the wish. */
  labour(tx: Transaction, wish: Import, cause: Cause): Promise<void>
}

export interface ImportWish {
  readonly method: ImportMethod
  readonly uri: string | null
  readonly remote: Pick<RemoteImage, 'imageId' | 'region' | 'interface'> | null
  readonly stores: readonly string[] | undefined
  readonly areAllStores: boolean
  readonly mustAllSucceed: boolean
  /** The request as it came, which the task shows. */
  readonly asked: Readonly<Record<string, unknown>>
}

interface Asker {
  readonly viewer: Viewer
  readonly mayCopy: boolean
  /** The token it was asked with: other regions are asked on the user’s behalf. */
  readonly token: string
}

/** Imports: what may begin, and at most one at a time for an image. */
export const importLogic = ({ data, images, tasks, stores, quotas, web, write, chance, methods, lent, labour }: Rooms) => ({
  methods,

  begin: (imageId: string, wish: ImportWish, { viewer, mayCopy, token }: Asker, cause: Cause): Promise<void> => {
    const taskId = chance.uuid()
    if (wish.remote) lent.lend(taskId, token)
    return write(cause, async tx => {
      const image = (await data.find(imageId, tx.read)) ?? refuseUnknown(imageId)
      mustFit(image, wish.method)
      if (wish.method === 'copy-image') mustBeAllowed(mayCopy)
      else mustOwn(image, viewer)
      if (image.properties[notes.task] !== undefined) throw new Refusal('conflict', 'Image has active task')
      await quotas.mustHaveRoom('image_size_total', image.owner, 0, tx.read)
      const chosen = targets(image, wish, stores)
      if (wish.method === 'web-download') web.check(wish.uri ?? '')
      if (chosen.length === 0) return await data.noteNothingToImport(tx, image)
      await tasks.open(tx, {
        id: taskId,
        type: 'api_image_import',
        owner: viewer.projectId ?? image.owner ?? '',
        input: { image_id: imageId, import_req: wish.asked, backend: chosen },
        imageId,
        requestId: cause.requestId,
        userId: viewer.userId ?? null,
      })
      await data.beginImport(tx, image, taskId, chosen)
      const declared = { diskFormat: image.diskFormat ?? '', containerFormat: image.containerFormat ?? '' }
      const { method, uri, mustAllSucceed } = wish
      const remote = wish.remote && { ...wish.remote, userId: viewer.userId ?? '', projectId: viewer.projectId ?? null }
      await labour(tx, { taskId, imageId, isWhole: false, method, uri, remote, stores: chosen, mustAllSucceed, declared }, cause)
    }).catch((error: unknown) => {
      lent.giveBack(taskId)
      throw error
    })
  },

  /** An image and its data in one: the older way, for administrators. What is wrong with the wish is told by the task. */
  beginWhole: (wish: WholeImport, viewer: Viewer, cause: Cause): Promise<ImageTask> => {
    const uri = webAddress(wish.input['import_from'], web)
    return write(cause, async tx => {
      const ids = { taskId: chance.uuid(), requestId: cause.requestId, userId: viewer.userId ?? null }
      const open = (imageId: string | null) =>
        tasks.open(tx, { ...ids, id: ids.taskId, type: 'import', owner: viewer.projectId ?? '', input: wish.input, imageId })
      const missing = ['import_from_format', 'image_properties'].find(name => wish.input[name] === undefined)
      if (missing !== undefined) return await tasks.failIn(tx, await open(null), `Input does not contain '${missing}' field`)
      const image = await images.createIn(tx, wish.image, viewer)
      mustFit(image, 'web-download')
      await quotas.mustHaveRoom('image_size_total', image.owner, 0, tx.read)
      const task = await open(image.id)
      const chosen = targets(image, { stores: undefined, areAllStores: false, method: 'web-download' }, stores)
      await data.beginImport(tx, image, task.id, chosen)
      const declared = { diskFormat: image.diskFormat ?? '', containerFormat: image.containerFormat ?? '' }
      const input = {
        imageId: image.id,
        method: 'web-download',
        uri,
        remote: null,
        stores: chosen,
        mustAllSucceed: true,
        declared,
      } as const
      await labour(tx, { ...input, taskId: task.id, isWhole: true }, cause)
      return task
    })
  },
})

export interface WholeImport {
  /** As it came. */
  readonly input: Readonly<Record<string, unknown>>
  readonly image: NewImage
}

function webAddress(said: unknown, web: Pick<Web, 'check'>): string {
  if (typeof said !== 'string' || said === '')
    throw new Refusal(
      'invalid',
      `Invalid location: ${said === undefined ? 'None' : typeof said === 'string' ? said : JSON.stringify(said)}`,
    )
  if (/^(file|filesystem):\/\/\//.test(said))
    throw new Refusal('invalid', 'File based imports are not allowed. Please use a non-local source of image data.')
  if (!/^https?:\/\//.test(said))
    throw new Refusal('invalid', "The given uri is not valid. Please specify a valid uri from the following list of supported uri ['http']")
  web.check(said)
  return said
}

export type ImportLogic = ReturnType<typeof importLogic>

function mustBeAllowed(mayCopy: boolean) {
  if (!mayCopy) throw new Refusal('forbidden', 'You are not authorized to complete copy_image action.')
}

function mustFit({ status, containerFormat, diskFormat }: Image, method: ImportMethod): void {
  const refuse = (why: string) => {
    throw new Refusal('conflict', why)
  }
  if (status === 'active' && method !== 'copy-image') refuse('Image with status active cannot be target for import')
  if (status !== 'active' && method === 'copy-image') refuse('Only images with status active can be targeted for copying')
  if (status !== 'queued' && (method === 'web-download' || method === 'glance-download'))
    refuse(`Image needs to be in 'queued' state to use '${method}' method`)
  if (status !== 'uploading' && method === 'glance-direct') refuse("Image needs to be staged before 'glance-direct' method can be used")
  if (!containerFormat) refuse("'container_format' needs to be set before import")
  if (!diskFormat) refuse("'disk_format' needs to be set before import")
}

/** Where a copy is already, no second one is made. */
function targets(
  { locations }: Image,
  { method, stores: names, areAllStores }: Pick<ImportWish, 'method' | 'stores' | 'areAllStores'>,
  stores: StoreLogic,
): readonly string[] {
  const wanted = stores.select({ names, all: areAllStores })
  if (method !== 'copy-image') return wanted
  const has = (id: string) => locations.some(({ store }) => store === id)
  const present = wanted.find(has)
  if (present !== undefined && !areAllStores) throw new Refusal('invalid', `Image is already present at store '${present}'`)
  return wanted.filter(id => !has(id))
}
