/** How much of a resource one project or one domain may have, instead of what is registered for all. */
export interface Limit {
  readonly id: string
  /** What it overrides: service, region and resource are that limit's. */
  readonly registeredLimitId: string
  readonly serviceId: string
  readonly regionId: string | null
  readonly resourceName: string
  /** Nothing when it is a domain's. */
  readonly projectId: string | null
  /** Nothing when it is a project's. */
  readonly domainId: string | null
  /** -1: as much as there is. */
  readonly resourceLimit: number
  readonly description: string | null
}

/** How limits of a domain and of its projects bear on each other, as the operator chose. */
export const models = {
  flat: 'Limit enforcement and validation does not take project hierarchy into consideration.',
  strict_two_level: 'This model requires project hierarchy never exceeds a depth of two',
} as const
export type Model = keyof typeof models

/** Whether a limit lets through more than another. */
export const exceeds = (limit: number, other: number): boolean => (limit === -1 ? other !== -1 : other !== -1 && limit > other)
