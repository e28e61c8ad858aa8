/** Whoever has the prior role has the implied one as well. */
export interface ImpliedRole {
  readonly priorRoleId: string
  readonly impliedRoleId: string
}
