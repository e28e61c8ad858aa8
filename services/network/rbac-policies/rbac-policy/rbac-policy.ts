/** Lets another project (or `*`, all of them) use an object. */
export interface RbacPolicy {
  readonly id: string
  readonly projectId: string
  readonly objectType: string
  readonly objectId: string
  readonly action: string
  readonly targetProject: string
}
