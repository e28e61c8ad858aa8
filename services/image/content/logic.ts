import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ImageCache } from '../cache/cache.ts'
import type { DataFacts, Image, Viewer } from '../images/image.ts'
import type { ImageDataLogic } from '../images/logic/data.ts'
import type { StoreLogic } from '../stores/logic.ts'
import type { Bytes, Receiving, Span, StagingArea } from '../stores/store.ts'
import type { Intake } from './content.ts'

export interface Rooms {
  readonly data: ImageDataLogic
  readonly stores: StoreLogic
  readonly staging: StagingArea
  readonly intake: Intake
  readonly maxBytes: number
  readonly cache: ImageCache | undefined
  /** Whether what is downloaded is read from the cache, and kept there on its way. */
  readonly cachesDownloads: boolean
}

/** Data as a client sends it. */
export interface Sent {
  readonly source: AsyncIterable<Uint8Array>
  readonly expectedBytes: number | undefined
  readonly signal: AbortSignal
}

/** The bytes of images: in from clients, to the staging area, and out again. */
export function contentLogic({ data, stores, staging, intake, maxBytes, ...rooms }: Rooms) {
  const cache = rooms.cachesDownloads ? rooms.cache : undefined

  /** What was received is kept by `keep`; when anything fails, nothing is left and the image waits for data again. */
  async function receive<R>(
    image: Image,
    { into, sent, cause }: { into: () => Promise<Receiving>; sent: Sent; cause: Cause },
    keep: (facts: DataFacts, receiving: Receiving) => Promise<R>,
  ): Promise<R> {
    let receiving: Receiving | undefined
    try {
      receiving = await into()
      const facts = await intake.take({ ...sent, into: receiving, declared: declaredOf(image), mostBytes: maxBytes })
      return await keep(facts, receiving)
    } catch (error) {
      await receiving?.abandon()
      await data.fallBack(image.id, cause)
      throw sent.signal.aborted ? new Refusal('invalid', 'The client went away before all data had come.', { cause: error }) : error
    }
  }

  async function open({ id, locations }: Image, range?: Span): Promise<Bytes | undefined> {
    for (const { url } of locations) {
      const found = stores.storeOf(url)
      if (found) return found.driver.read(url, range)
    }
    if (locations.length > 0) throw new Refusal('unavailable', `No store of this cloud holds the data of image ${id}.`)
    return undefined
  }

  const gone = (id: string) =>
    new Refusal('gone', `Image ${id} could not be found after upload. The image may have been deleted during the upload.`)

  return {
    async upload(id: string, { storeId, ...sent }: Sent & { storeId: string | undefined }, viewer: Viewer, cause: Cause): Promise<void> {
      const { store, driver } = stores.getWritable(storeId)
      const image = await data.begin(id, 'saving', viewer, cause)
      await receive(image, { into: () => driver.receive(id), sent, cause }, async (facts, receiving) => {
        const url = await receiving.finish()
        if (await data.finish(id, facts, { url, store: store.id, metadata: {} }, cause)) return
        await driver.remove(url)
        throw gone(id)
      })
    },

    async stage(id: string, sent: Sent, viewer: Viewer, cause: Cause): Promise<void> {
      const image = await data.begin(id, 'uploading', viewer, cause)
      await receive(image, { into: () => staging.receive(id), sent, cause }, async (facts, receiving) => {
        await receiving.finish()
        if (await data.staged(id, facts.sizeBytes, cause)) return
        await staging.remove(id)
        throw gone(id)
      })
    },

    /** Nothing when the image has no data. */
    async read(image: Image, viewer: Viewer, range?: Span): Promise<Bytes | undefined> {
      if (image.status === 'deactivated' && !viewer.isAdmin)
        throw new Refusal('forbidden', 'The requested image has been deactivated. Image data download is forbidden.')
      const isCacheable = image.status === 'active'
      const near = isCacheable ? await cache?.open(image.id, range) : undefined
      if (near) return near
      const bytes = await open(image, range)
      return bytes && cache && isCacheable && !range ? cache.keepOnTheWay(image, bytes) : bytes
    },

    /** From the stores, whatever is nearer. */
    open,

    /** After a start: what this host was receiving when it stopped is thrown away, and may be sent again. */
    async recover(cause: Cause): Promise<number> {
      const interrupted = await data.listInterrupted()
      for (const { id } of interrupted) {
        await staging.sweep(id)
        await staging.remove(id)
        for (const { id: storeId } of stores.list()) await stores.find(storeId)?.driver.sweep(id)
        await data.fallBack(id, cause)
      }
      return interrupted.length
    },
  }
}

export type ContentLogic = ReturnType<typeof contentLogic>

const declaredOf = ({ diskFormat, containerFormat }: Image) =>
  diskFormat === null || containerFormat === null ? undefined : { diskFormat, containerFormat }
