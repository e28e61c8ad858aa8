/** Whose eyes look: an administrator's (or an advanced service's) see everything, a project's what is its own or shared with it. */
export interface Viewer {
  readonly seesAll: boolean
  readonly projectId: string | undefined
}

/** The cloud itself. */
export const everybody: Viewer = { seesAll: true, projectId: undefined }

export type FilterValue = string | number | boolean | null

/** What a list is to hold, and in which order. */
export interface Wanted {
  /** By attribute; each must have one of its values. */
  readonly filters: Readonly<Record<string, readonly FilterValue[]>>
  readonly sort: readonly Order[]
  /** At most so many; all when there is none. */
  readonly limit?: number | undefined
  /** The last thing the client has seen. */
  readonly marker?: string | undefined
  /** The page before the marker, not behind it. */
  readonly isReversed?: boolean | undefined
}

export interface Order {
  readonly name: string
  readonly isRising: boolean
}

export const all: Wanted = { filters: {}, sort: [] }
export const where = (filters: Wanted['filters']): Wanted => ({ filters, sort: [] })
