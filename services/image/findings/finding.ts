import type { Cause } from '@kilonova/platform/cause.ts'

/** Something that is not as it should be, in a sentence. Lost data cannot be set right from here. */
export interface Finding {
  readonly what: string
}

/** One thing that must hold between the tables and the files of images. */
export interface Check {
  readonly name: string
  look(cause: Cause): Promise<readonly Finding[]>
}

/** An image that says it has data, and in which files. */
export interface Kept {
  readonly id: string
  readonly name: string | null
  readonly sizeBytes: number | null
  /** `file:///...` */
  readonly urls: readonly string[]
}
