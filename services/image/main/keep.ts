import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageKeeper } from '../contract/keep.ts'
import type { handedOver } from '../drivers/files/handed-over.ts'
import type { Viewer } from '../images/image.ts'
import type { Logics } from '../routes.ts'

/** How the services of this process make images. Each act may be repeated: whoever asks for it may have been stopped in the midst of it. */
export const imageKeeper = ({
  images,
  data,
  content,
  files,
}: Pick<Logics, 'images' | 'data' | 'content'> & { readonly files: typeof handedOver }): ImageKeeper => ({
  async create({ ownerId, ...image }, cause) {
    if (await data.find(image.id)) return
    const wish = { ...image, owner: ownerId, isProtected: false, isHidden: false, tags: [] }
    await images.create(wish, cloud(ownerId), cause).catch(error => {
      // Whoever asked twice at the same moment.
      if (!(error instanceof Refusal && error.kind === 'conflict')) throw error
    })
  },

  async fill(id, { path, sizeBytes }, cause, signal) {
    const image = await data.find(id)
    if (!image) throw new Refusal('not-found', `Image ${id} was deleted before its data came.`)
    if (image.status !== 'active') {
      const sent = { storeId: undefined, source: files.open(path), expectedBytes: sizeBytes, signal }
      await content.upload(id, sent, cloud(image.owner ?? undefined), cause)
    }
    await files.remove(path)
  },

  discard: files.remove,

  async delete(id, cause) {
    await images.delete(id, cloud(undefined), cause).catch(error => {
      if (!(error instanceof Refusal && error.kind === 'not-found')) throw error
    })
  },

  async list(ownerId, properties) {
    const found = await images.list({
      ...{ viewer: cloud(ownerId), memberStatus: 'all', visibility: 'all', isHidden: false, isProtected: undefined, owner: ownerId },
      ...{
        tags: [],
        oneOf: {},
        numbers: [],
        times: [],
        properties,
        sort: [{ field: 'created_at', way: 'asc' }],
        after: undefined,
        limit: 1000,
      },
    })
    return found.map(({ id, name, createdAt }) => ({ id, name, createdAt }))
  },
})

/** The cloud itself, on behalf of a project. */
const cloud = (projectId: string | undefined): Viewer => ({ projectId, userId: undefined, isAdmin: true, roles: ['admin'] })
