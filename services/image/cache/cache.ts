import type { Image } from '../images/image.ts'
import type { Bytes, Span } from '../stores/store.ts'

/** An image whose data lies ready on this host. */
export interface CachedImage {
  readonly imageId: string
  readonly sizeBytes: number
  /** How often it was read from here. */
  readonly hits: number
  /** Epoch milliseconds. */
  readonly accessedAt: number
  readonly modifiedAt: number
}

export type Wanted = Pick<Image, 'id' | 'sizeBytes' | 'checksum'>

/** Copies of images near to those who read them: worth it where the stores are far away. Each host has its own; none of it is precious. */
export interface ImageCache {
  list(): Promise<readonly CachedImage[]>
  /** The images that are to be fetched, the longest waiting first. */
  listQueued(): Promise<readonly string[]>
  /** Nothing when the image is not here. */
  open(imageId: string, range?: Span): Promise<Bytes | undefined>
  /** What passes through is kept, if all of it passes and is what it should be. */
  keepOnTheWay(image: Wanted, bytes: Bytes): Promise<Bytes>
  enqueue(imageId: string): Promise<void>
  /** Whether there was one. */
  drop(imageId: string): Promise<boolean>
  dropQueued(imageId: string): Promise<boolean>
  /** Lets go of what was not read for the longest until the rest fits, and of halves nobody goes on with. */
  prune(): Promise<void>
}
