import type { Caller } from '@kilonova/platform/policy/caller.ts'

/** An image as other services need it: what it is, and where a host gets its data from. */
export interface FoundImage {
  readonly id: string
  readonly name: string | null
  /** `active`, or why nothing can be made from it. */
  readonly status: string
  readonly diskFormat: string | null
  readonly containerFormat: string | null
  readonly minDiskGb: number
  readonly minRamMb: number
  readonly sizeBytes: number | null
  readonly virtualSizeBytes: number | null
  readonly hash: { readonly algorithm: string; readonly value: string } | undefined
  readonly properties: Readonly<Record<string, string>>
  /** Nothing while it has no data. */
  readonly source: { readonly from: 'file'; readonly path: string } | { readonly from: 'http'; readonly url: string } | undefined
}

/** In one process the image service itself does it, by a call. */
export interface ImageFinder {
  /** Nothing when there is none, or the caller may not see it. Without a caller the cloud asks on its own behalf. */
  find(id: string, caller?: Caller): Promise<FoundImage | undefined>
}
