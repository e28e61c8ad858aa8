import type { Cause } from '@kilonova/platform/cause.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'

/** An image as the compute API showed it while it still passed such questions on. */
export interface BrowsedImage {
  readonly id: string
  readonly name: string | null
  readonly status: string
  readonly minDiskGb: number
  readonly minRamMb: number
  readonly sizeBytes: number | null
  readonly createdAt: string
  readonly updatedAt: string
  readonly properties: Readonly<Record<string, string>>
}

export interface BrowseWish {
  readonly name?: string | undefined
  readonly status?: string | undefined
  readonly minRamMb?: number | undefined
  readonly minDiskGb?: number | undefined
  readonly changedSince?: string | undefined
  readonly properties: Readonly<Record<string, string>>
  readonly limit: number
  /** The id of the last one of the page before. */
  readonly marker?: string | undefined
}

/** How a service of the same process asks for images on behalf of a caller, who sees and changes no more than they could themselves. */
export interface ImageBrowser {
  /** The newest first. Refuses `invalid` for a marker that is not there. */
  list(wish: BrowseWish, caller: Caller): Promise<readonly BrowsedImage[]>
  get(id: string, caller: Caller): Promise<BrowsedImage | undefined>
  /** Afterwards it has these properties and no others. */
  describe(id: string, properties: Readonly<Record<string, string>>, caller: Caller, cause: Cause): Promise<BrowsedImage>
  delete(id: string, caller: Caller, cause: Cause): Promise<void>
}
