/** Servers that shall be together or apart. */
export interface ServerGroup {
  readonly id: string
  readonly name: string
  readonly projectId: string
  readonly userId: string
  readonly policy: string
  readonly rules: Readonly<Record<string, number>>
  readonly members: readonly string[]
  readonly createdAt: string
}
