import type { DataFacts, Image, Location } from '../images/image.ts'

/** How an image's data comes to it without being uploaded. */
export const importMethods = ['glance-direct', 'web-download', 'copy-image'] as const
export type ImportMethod = (typeof importMethods)[number]

/** One import, as the journal keeps it. */
export interface Import {
  readonly taskId: string
  readonly imageId: string
  readonly method: ImportMethod
  /** Of a web download. */
  readonly uri: string | null
  readonly stores: readonly string[]
  /** Otherwise one store that has the data is enough. */
  readonly mustAllSucceed: boolean
  readonly declared: { readonly diskFormat: string; readonly containerFormat: string }
}

/** What an import does to its image. */
export interface ImportedImage {
  find(id: string): Promise<Image | undefined>
  imported(facts: DataFacts, location: Location, isUsable: boolean): Promise<Image | undefined>
  notImported(storeId: string): Promise<unknown>
  endImport(end: { readonly isDone: boolean; readonly lost: readonly string[] }): Promise<unknown>
}
