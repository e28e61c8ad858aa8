/** What services ask identity about the cloud itself. In one process identity answers, by a call. */
export interface CloudFacts {
  /** The address of a service as a user's catalog says it; nothing when it names none. */
  findEndpoint(wish: EndpointWish): Promise<string | undefined>
  /** How much a project may have of each resource of a service; -1: as much as there is. A resource nobody registered is left out. */
  limitsOf(wish: LimitsWish): Promise<ReadonlyMap<string, number>>
}

export interface EndpointWish {
  readonly userId: string
  readonly projectId: string | undefined
  readonly serviceType: string
  readonly region: string
  readonly interface: string
}

export interface LimitsWish {
  readonly projectId: string
  readonly serviceType: string
  readonly region: string
}
