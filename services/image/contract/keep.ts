import type { Cause } from '@kilonova/platform/cause.ts'

/** An image that another service makes for somebody: a snapshot of a server. */
export interface NewImage {
  /** Chosen beforehand, so that making it may be repeated. */
  readonly id: string
  readonly name: string
  readonly ownerId: string
  readonly visibility: 'private' | 'shared'
  readonly diskFormat: string
  readonly containerFormat: string
  readonly minDiskGb: number
  readonly minRamMb: number
  readonly properties: Readonly<Record<string, string>>
}

export interface KeptImage {
  readonly id: string
  readonly name: string | null
  readonly createdAt: string
}

/** How the services of one process make images: by a call. */
export interface ImageKeeper {
  /** Afterwards there is such an image, and it waits for its data. Refuses `over-quota`. */
  create(image: NewImage, cause: Cause): Promise<void>
  /** Gives it its data, unless it has some. The file is gone afterwards. */
  fill(id: string, file: { readonly path: string; readonly sizeBytes: number }, cause: Cause, signal: AbortSignal): Promise<void>
  /** A file that was to become one is gone. */
  discard(path: string): Promise<void>
  /** Harmless when there is none. */
  delete(id: string, cause: Cause): Promise<void>
  /** Those of an owner that have all these properties, oldest first. */
  list(ownerId: string, properties: Readonly<Record<string, string>>): Promise<readonly KeptImage[]>
}
