/** What a token says the cloud serves, spelled as it goes on the wire. */
export type Catalog = readonly CatalogService[]

export interface CatalogService {
  readonly id: string
  readonly type: string
  readonly name: string
  readonly endpoints: readonly CatalogEndpoint[]
}

export interface CatalogEndpoint {
  readonly id: string
  readonly interface: string
  readonly region: string | null
  readonly region_id: string | null
  readonly url: string
}

/** For whom a catalog is. Without a project, endpoints whose URL needs one are left out. */
export interface CatalogReader {
  readonly userId: string
  readonly projectId?: string | undefined
}
