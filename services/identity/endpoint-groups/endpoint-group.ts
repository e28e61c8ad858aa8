/** Endpoints that are alike, to be given to projects together. A project that was given any sees only what it was given. */
export interface EndpointGroup {
  readonly id: string
  readonly name: string
  readonly description: string | null
  /** What its endpoints have in common; see `isIn`. */
  readonly filters: Filters
}

export const filterNames = ['service_id', 'region_id', 'interface'] as const
/** By the names of the API, whose texts operators write: `{"interface": "public"}`. */
export type Filters = Readonly<Record<string, unknown>>

interface Placed {
  readonly serviceId: string
  readonly regionId: string | null
  readonly interface: string
}

/** Whether an endpoint fits every filter; without filters all do. */
export const isIn = (filters: Filters, { serviceId, regionId, interface: audience }: Placed): boolean => {
  const has: Readonly<Record<string, unknown>> = { service_id: serviceId, region_id: regionId, interface: audience }
  return Object.entries(filters).every(([name, wanted]) => has[name] === wanted)
}
