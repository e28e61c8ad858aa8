/** Which policy document is for which endpoints. */
export interface EndpointPolicy {
  readonly policyId: string
  readonly place: Place
}

/** One endpoint, a service everywhere, or a service in a region and those below it. */
export type Place =
  | { readonly endpointId: string }
  | { readonly serviceId: string }
  | { readonly serviceId: string; readonly regionId: string }
