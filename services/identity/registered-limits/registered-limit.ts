/** How much of a resource each project may have where no limit says otherwise. */
export interface RegisteredLimit {
  readonly id: string
  readonly serviceId: string
  /** Nothing: in every region. */
  readonly regionId: string | null
  /** In the words of the service: `cores`. */
  readonly resourceName: string
  /** -1: as much as there is. */
  readonly defaultLimit: number
  readonly description: string | null
}

export const mostOfAnything = 0x7fff_ffff
