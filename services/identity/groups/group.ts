/** Users of one kind: a role given to a group is given to all in it. */
export interface Group {
  readonly id: string
  readonly name: string
  readonly domainId: string
  readonly description: string
  /** Attributes that clients added freely. */
  readonly extra: Readonly<Record<string, unknown>>
}
