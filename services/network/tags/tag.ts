/** A word on a thing, by which lists are narrowed. */
export type Tag = string
