/** Hosts that operators group, and what they say of them. */
export interface Aggregate {
  readonly id: number
  readonly uuid: string
  readonly name: string
  readonly hosts: readonly string[]
  readonly metadata: Readonly<Record<string, string>>
  readonly createdAt: string
  readonly updatedAt: string | null
}

/** An availability zone is what an aggregate says of its hosts. */
export const zoneOf = ({ metadata }: Aggregate): string | undefined => metadata['availability_zone']
