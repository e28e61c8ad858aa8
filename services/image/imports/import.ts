import type { DataFacts, Image, Location } from '../images/image.ts'

/** How an image's data comes to it without being uploaded. */
export const importMethods = ['glance-direct', 'web-download', 'copy-image', 'glance-download'] as const
export type ImportMethod = (typeof importMethods)[number]

/** One import, as the journal keeps it. */
export interface Import {
  /** The image was made for the import, and goes with it when it fails. */
  readonly isWhole: boolean
  readonly taskId: string
  readonly imageId: string
  readonly method: ImportMethod
  /** Of a web download. */
  readonly uri: string | null
  /** Of a download from another region. */
  readonly remote: RemoteImage | null
  readonly stores: readonly string[]
  /** Otherwise one store that has the data is enough. */
  readonly mustAllSucceed: boolean
  readonly declared: Declared
}

export interface Declared {
  readonly diskFormat: string
  readonly containerFormat: string
}

/** An image of another region of the cloud. */
export interface RemoteImage {
  readonly imageId: string
  readonly region: string
  readonly interface: string
  /** On whose behalf it is read. */
  readonly userId: string
  readonly projectId: string | null
}

/** What another region says of an image. */
export interface RemoteFacts {
  readonly status: string
  readonly sizeBytes: number | undefined
  readonly declared: Declared
  readonly properties: Readonly<Record<string, string>>
}

/** The image services of other regions, asked with the token of the user who imports. */
export interface OtherRegions {
  /** Refuses `not-found` for a region without an address, and for an image that is not there. */
  look(image: RemoteImage, token: string, signal: AbortSignal): Promise<RemoteFacts>
  open(image: RemoteImage, token: string, signal: AbortSignal): Promise<{ readonly body: AsyncIterable<Uint8Array> }>
}

/** Tokens of users for as long as their imports go on. They are nowhere but in the memory of the process that was asked. */
export interface LentTokens {
  lend(taskId: string, text: string): void
  borrow(taskId: string): string | undefined
  giveBack(taskId: string): void
}

/** What an image was declared to be before an import took over what another region says. */
export interface Before {
  readonly diskFormat: string | null
  readonly containerFormat: string | null
  readonly properties: Readonly<Record<string, string | null>>
}

/** What an import does to its image. */
export interface ImportedImage {
  find(id: string): Promise<Image | undefined>
  /** Gives what was said before. */
  adopt(facts: Pick<RemoteFacts, 'declared' | 'properties'>): Promise<Before>
  restore(before: Before): Promise<unknown>
  discard(): Promise<unknown>
  imported(facts: DataFacts, location: Location, isUsable: boolean): Promise<Image | undefined>
  notImported(storeId: string): Promise<unknown>
  endImport(end: { readonly isDone: boolean; readonly lost: readonly string[] }): Promise<unknown>
}
