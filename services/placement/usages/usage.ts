/** What consumers of one type, or of all, take together. */
export interface Usage {
  readonly consumerType: string
  readonly consumerCount: number
  /** By resource class. */
  readonly used: Readonly<Record<string, number>>
}
