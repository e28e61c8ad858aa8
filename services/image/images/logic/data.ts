import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { QuotaLogic } from '../../quotas/logic.ts'
import type { Transaction, Write } from '../../tables.ts'
import { type DataFacts, type Image, type Location, notes, type Viewer, withoutData } from '../image.ts'
import { type ImageStatus, mayBecome } from '../states.ts'
import type { ImageStore } from '../store/store.ts'
import type { Before, RemoteFacts } from '../../imports/import.ts'
import { missingFormats } from './locations.ts'
import { mustOwn, refuseUnknown } from './sight.ts'

export interface Rooms {
  readonly store: ImageStore
  readonly write: Write
  readonly clock: Pick<Clock, 'now'>
  readonly quotas: QuotaLogic
  /** This host, which is noted on images while it receives data for them. */
  readonly host: string
  forget(tx: Transaction, image: Pick<Image, 'id' | 'locations'>, cause: Cause): Promise<void>
}

/** What an image's data does to it: from queued to active, and back when the data did not come. */
export function imageDataLogic({ store, write, clock, quotas, host, forget }: Rooms) {
  const now = () => new Date(clock.now()).toISOString()
  const change = (
    id: string,
    { cause, act, from }: { cause: Cause; act: string; from?: readonly ImageStatus[] },
    alter: (image: Image, tx: Transaction) => Image | Promise<Image>,
  ): Promise<Image | undefined> =>
    write(cause, async tx => {
      const image = await store.findUnchecked(id, tx.read)
      if (!image || (from && !from.includes(image.status))) return undefined
      const after = { ...(await alter(image, tx)), updatedAt: now() }
      if (!(await store.update(tx, after, { from: image.status, act }))) throw new Refusal('conflict', `Image ${id} changed meanwhile.`)
      return after
    })

  return {
    /** The image begins to receive data. Refuses whoever comes second. */
    begin: async (id: string, to: 'saving' | 'uploading', viewer: Viewer, cause: Cause): Promise<Image> => {
      const begun = await change(id, { cause, act: 'updated' }, async (image, tx) => {
        mustOwn(image, viewer)
        mustBecome(image, to)
        await quotas.mustHaveRoom(to === 'saving' ? 'image_size_total' : 'image_stage_total', image.owner, 0, tx.read)
        await quotas.mustHaveRoom('image_count_uploading', image.owner, 1, tx.read)
        return { ...image, status: to, receiver: host }
      })
      return begun ?? refuseUnknown(id)
    },

    /** All data has come. Gives nothing when the image went meanwhile. */
    async finish(id: string, facts: DataFacts, location: Location, cause: Cause): Promise<Image | undefined> {
      const uploaded = await change(id, { cause, act: 'uploaded', from: ['saving'] }, image => ({
        ...image,
        ...facts,
        locations: [location],
        receiver: null,
      }))
      return uploaded && change(id, { cause, act: 'activated', from: ['saving'] }, image => ({ ...image, status: 'active' }))
    },

    staged: (id: string, sizeBytes: number, cause: Cause): Promise<Image | undefined> =>
      change(id, { cause, act: 'staged', from: ['uploading'] }, image => ({ ...image, sizeBytes, receiver: null })),

    /** Back to where data may come again; where it lay meanwhile is forgotten. */
    fallBack: (id: string, cause: Cause): Promise<Image | undefined> =>
      change(id, { cause, act: 'updated', from: ['saving', 'uploading', 'importing'] }, queued),

    /** One of the stores that keep the data lets go of it. */
    async dropFromStore(id: string, storeId: string, viewer: Viewer, cause: Cause): Promise<void> {
      const dropped = await change(id, { cause, act: 'updated' }, async (image, tx) => {
        mustOwn(image, viewer)
        if (image.status !== 'active')
          throw new Refusal('conflict', "It's not allowed to remove image data from store if image status is not 'active'")
        if (image.locations.length === 1)
          throw new Refusal('forbidden', 'Cannot delete image data from the only store containing it. Consider deleting the image instead.')
        const going = image.locations.filter(({ store: one }) => one === storeId)
        if (going.length === 0) throw new Refusal('not-found', `Image ${id} is not stored in store ${storeId}.`)
        await forget(tx, { id, locations: going }, cause)
        return { ...image, locations: image.locations.filter(({ store: one }) => one !== storeId) }
      })
      if (!dropped) refuseUnknown(id)
    },

    /** In the transaction that records the import: the image is nobody else's to change. */
    async beginImport(tx: Transaction, image: Image, taskId: string, stores: readonly string[]): Promise<void> {
      const properties = { ...image.properties, [notes.task]: taskId, [notes.importing]: stores.join(','), [notes.failed]: '' }
      const status = image.status === 'active' ? 'active' : 'importing'
      if (status === 'importing') mustBecome(image, 'importing')
      const isDone = await store.update(tx, { ...image, properties, status, updatedAt: now() }, { from: image.status })
      if (!isDone) throw new Refusal('conflict', `Image ${image.id} changed meanwhile.`)
    },

    /** Clients that wait for a copy to end look at the notes: there must be some, even when every store had the data before. */
    async noteNothingToImport(tx: Transaction, image: Image): Promise<void> {
      await store.update(tx, { ...image, properties: { ...image.properties, [notes.importing]: '', [notes.failed]: '' }, updatedAt: now() })
    },

    /** The image becomes what another region says it is. Gives what it was. */
    async adopt(id: string, { declared, properties }: Pick<RemoteFacts, 'declared' | 'properties'>, cause: Cause): Promise<Before> {
      let before: Before | undefined
      await change(id, { cause, act: 'updated', from: ['importing'] }, image => {
        const had = Object.keys(properties).map(name => [name, image.properties[name] ?? null] as const)
        before = { diskFormat: image.diskFormat, containerFormat: image.containerFormat, properties: Object.fromEntries(had) }
        return { ...image, ...declared, properties: { ...image.properties, ...properties } }
      })
      return before ?? refuseUnknown(id)
    },

    restore: (id: string, { properties, ...formats }: Before, cause: Cause): Promise<Image | undefined> =>
      change(id, { cause, act: 'updated' }, image => ({
        ...image,
        ...formats,
        properties: Object.fromEntries(
          Object.entries({ ...image.properties, ...properties }).flatMap(([name, value]) => (value === null ? [] : [[name, value]])),
        ),
      })),

    /** A store has all of the data. With `isUsable` the image is active from now on. */
    imported: (id: string, facts: DataFacts, location: Location, isUsable: boolean, cause: Cause): Promise<Image | undefined> =>
      change(id, { cause, act: 'imported', from: ['importing', 'active'] }, image => ({
        ...image,
        ...(image.status === 'active' && image.checksum !== null ? {} : facts),
        status: isUsable ? 'active' : image.status,
        locations: [...image.locations.filter(({ store: one }) => one !== location.store), location],
        properties: { ...image.properties, [notes.importing]: without(image.properties[notes.importing], location.store) },
      })),

    notImported: (id: string, storeId: string, cause: Cause): Promise<Image | undefined> =>
      change(id, { cause, act: 'updated' }, image => ({
        ...image,
        properties: {
          ...image.properties,
          [notes.importing]: without(image.properties[notes.importing], storeId),
          [notes.failed]: [...wordsOf(image.properties[notes.failed]), storeId].join(','),
        },
      })),

    /** The end of an import, good or bad. `lost` are the stores whose copies do not count. */
    endImport: (id: string, { isDone, lost }: { isDone: boolean; lost: readonly string[] }, cause: Cause): Promise<Image | undefined> =>
      change(id, { cause, act: isDone ? 'activated' : 'updated' }, image => {
        const { [notes.task]: _, ...properties } = image.properties
        const failed = isDone ? properties[notes.failed] : [...new Set([...wordsOf(properties[notes.failed]), ...lost])].join(',')
        const ended = { ...image, properties: { ...properties, [notes.importing]: '', [notes.failed]: failed ?? '' } }
        if (isDone) return { ...ended, status: image.status === 'importing' ? 'active' : image.status, receiver: null }
        const locations = image.locations.filter(one => one.store === null || !lost.includes(one.store))
        return image.status === 'importing' ? queued({ ...ended, locations }) : { ...ended, locations }
      }),

    /** An image that was made for its data, which does not come. */
    discard: (id: string, cause: Cause): Promise<void> =>
      write(cause, async tx => {
        const image = await store.findUnchecked(id, tx.read)
        if (!image || image.status === 'active') return
        await store.delete(tx, image)
        await forget(tx, image, cause)
      }),

    /** Images that this host was receiving data for when it stopped. */
    listInterrupted: async (): Promise<readonly Image[]> =>
      (await store.listInStatusUnchecked(['saving', 'uploading'])).filter(({ receiver }) => receiver === host),

    find: (id: string, from?: Parameters<ImageStore['findUnchecked']>[1]) => store.findUnchecked(id, from),
  }
}

export type ImageDataLogic = ReturnType<typeof imageDataLogic>

function mustBecome(image: Image, to: ImageStatus): void {
  if (!mayBecome(image.status, to)) throw new Refusal('conflict', `Image status transition from ${image.status} to ${to} is not allowed`)
  const missing = to === 'uploading' ? undefined : missingFormats(image)
  if (missing !== undefined) throw new Refusal('invalid', missing)
}

const queued = (image: Image): Image => ({ ...image, ...withoutData })

const wordsOf = (text: string | undefined) => (text ?? '').split(',').filter(word => word !== '')
const without = (text: string | undefined, word: string | null) =>
  wordsOf(text)
    .filter(one => one !== word)
    .join(',')
