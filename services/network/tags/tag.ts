/** A word on a thing, by which lists are narrowed. */
export type Tag = string
/** How many a thing may carry. */
export const mostTags = 50
