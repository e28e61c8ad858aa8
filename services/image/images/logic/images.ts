import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import type { Transaction, Write } from '../../tables.ts'
import { type Image, type ListWish, type PropertyProtection, type SeenImage, type Viewer, withoutData } from '../image.ts'
import { type ImageStatus, mayBecome } from '../states.ts'
import type { ImageStore } from '../store/store.ts'
import { type Change, changed, type ChangeRules } from './change.ts'
import { mustKeepQuotas } from './limits.ts'
import { addLocation, type LocationWish } from './locations.ts'
import { isSeenBy, mustOwn, refuseUnknown } from './sight.ts'

export interface Rooms {
  readonly store: ImageStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'uuid'>
  readonly quotas: QuotaLogic
  readonly protection: PropertyProtection
  readonly limits: Limits
  /** Sees to it that data goes, in the transaction that makes it needless. */
  forget(tx: Transaction, image: Pick<Image, 'id' | 'locations'>, cause: Cause): Promise<void>
}

export interface Limits extends ChangeRules {
  readonly maxPageLength: number
}

export type NewImage = Pick<Image, 'name' | 'visibility' | 'diskFormat' | 'containerFormat' | 'minDiskGb' | 'minRamMb'> &
  Pick<Image, 'isProtected' | 'isHidden' | 'tags' | 'properties'> & { readonly id: string | undefined; readonly owner: string | null }

/** Images: who sees them, what may be said of them, and how they end. Their data is `content`'s. */
export function imageLogic(rooms: Rooms) {
  const { store, write, clock, chance, quotas, protection, limits, forget } = rooms
  const now = () => new Date(clock.now()).toISOString()

  /** The image as this viewer sees it; nothing when they may not see it, or there is none. */
  async function look(id: string, viewer: Viewer, from?: Parameters<ImageStore['findUnchecked']>[1]): Promise<SeenImage | undefined> {
    const image = await store.findUnchecked(id, from)
    if (!image) return undefined
    const { projectId } = viewer
    const isMember = projectId !== undefined && projectId !== image.owner && (await store.membership(id, projectId, from)) !== undefined
    if (!isSeenBy(image, viewer, isMember)) return undefined
    return { image: readable(image, viewer), memberId: isMember ? projectId : null }
  }

  /** The very image where nothing of it is hidden: what was written of it before is then remembered. */
  const readable = (image: Image, viewer: Viewer): Image => {
    const open = Object.entries(image.properties).filter(([name]) => protection.allows('read', name, viewer))
    return open.length === Object.keys(image.properties).length ? image : { ...image, properties: Object.fromEntries(open) }
  }

  async function get(id: string, viewer: Viewer, from?: Parameters<ImageStore['findUnchecked']>[1]): Promise<Image> {
    return (await look(id, viewer, from))?.image ?? refuseUnknown(id)
  }

  /** A change of what is in the database now, by someone who may. */
  const change = (id: string, viewer: Viewer, cause: Cause, alter: (image: Image) => Image | undefined): Promise<Image> =>
    write(cause, async tx => {
      const seen = await get(id, viewer, tx.read)
      mustOwn(seen, viewer)
      const image = (await store.findUnchecked(id, tx.read)) ?? refuseUnknown(id)
      const altered = alter(image)
      if (!altered) return seen
      const after = { ...altered, updatedAt: now() }
      mustKeepQuotas(image, after, limits)
      await store.update(tx, after)
      return readable(after, viewer)
    })

  async function createIn(tx: Transaction, wish: NewImage, viewer: Viewer): Promise<Image> {
    const id = wish.id?.toLowerCase() ?? chance.uuid()
    if (!viewer.isAdmin && wish.owner !== (viewer.projectId ?? null))
      throw new Refusal('forbidden', `You are not permitted to create images owned by '${wish.owner}'.`)
    for (const name of Object.keys(wish.properties))
      if (!protection.allows('create', name, viewer)) throw new Refusal('forbidden', `Attribute '${name}' is reserved.`)
    if (await store.findUnchecked(id, tx.read)) throw new Refusal('conflict', `Image ID ${id} already exists!`)
    await quotas.mustHaveRoom('image_count_total', wish.owner, 1, tx.read)
    const at = now()
    const image: Image = { ...withoutData, ...wish, id, tags: [...new Set(wish.tags)].sort(), createdAt: at, updatedAt: at }
    mustKeepQuotas(undefined, image, limits)
    await store.insert(tx, image)
    return readable(image, viewer)
  }

  const become = (to: ImageStatus, whileIn: ImageStatus, act: string) => (id: string, viewer: Viewer, cause: Cause) =>
    write(cause, async tx => {
      const image = await get(id, viewer, tx.read)
      mustOwn(image, viewer)
      if (image.status === to) return
      if (image.status !== whileIn) throw new Refusal('forbidden', `Not allowed to ${act} image in status '${image.status}'`)
      const whole = (await store.findUnchecked(id, tx.read)) ?? refuseUnknown(id)
      await store.update(tx, { ...whole, status: to, updatedAt: now() }, { from: whileIn })
    })

  return {
    look,
    get,

    async list(wish: Omit<ListWish, 'after' | 'limit'> & { after: string | undefined; limit: number }): Promise<readonly Image[]> {
      const limit = Math.min(wish.limit, limits.maxPageLength)
      const after = wish.after === undefined ? undefined : (await look(wish.after, wish.viewer))?.image
      if (wish.after !== undefined && !after) throw new Refusal('invalid', `Marker ${wish.after} is no image that you can see.`)
      if (limit === 0) return []
      return (await store.list({ ...wish, limit, after })).map(image => readable(image, wish.viewer))
    },

    /** In a transaction that writes more than the image. */
    createIn,
    create: (wish: NewImage, viewer: Viewer, cause: Cause): Promise<Image> => write(cause, tx => createIn(tx, wish, viewer)),

    /** Applies changes one after the other; all of them or none. */
    update: (id: string, changes: readonly Change[], viewer: Viewer, cause: Cause): Promise<Image> =>
      change(id, viewer, cause, image => {
        const allows = (act: 'create' | 'update' | 'delete', name: string) => protection.allows(act, name, viewer)
        return changes.length === 0 ? undefined : changes.reduce((one, next) => changed(one, next, { ...limits, viewer, allows }), image)
      }),

    addTag: (id: string, tag: string, viewer: Viewer, cause: Cause): Promise<Image> =>
      change(id, viewer, cause, image => (image.tags.includes(tag) ? undefined : { ...image, tags: [...image.tags, tag].sort() })),

    removeTag: (id: string, tag: string, viewer: Viewer, cause: Cause): Promise<Image> =>
      change(id, viewer, cause, image => {
        if (!image.tags.includes(tag)) throw new Refusal('not-found', `Tag ${tag} not found for image ${id}.`)
        return { ...image, tags: image.tags.filter(one => one !== tag) }
      }),

    /** A queued image's data lies somewhere already; clients need not be shown places for that. */
    place: (id: string, wish: LocationWish, viewer: Viewer, cause: Cause): Promise<Image> =>
      change(id, viewer, cause, image => {
        if (image.status !== 'queued')
          throw new Refusal('conflict', `It's not allowed to add locations if image status is ${image.status}.`)
        return addLocation(image, '-', wish, { ...limits.locations, areShown: true })
      }),

    deactivate: become('deactivated', 'active', 'deactivate'),
    reactivate: become('active', 'deactivated', 'reactivate'),

    delete: (id: string, viewer: Viewer, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        mustOwn(await get(id, viewer, tx.read), viewer)
        const image = (await store.findUnchecked(id, tx.read)) ?? refuseUnknown(id)
        if (image.isProtected) throw new Refusal('forbidden', `Image ${id} is protected and cannot be deleted.`)
        if (!mayBecome(image.status, 'deleted'))
          throw new Refusal('invalid', `Status transition from ${image.status} to deleted is not allowed`)
        await store.delete(tx, image)
        await forget(tx, image, cause)
      }),
  }
}

export type ImageLogic = ReturnType<typeof imageLogic>
