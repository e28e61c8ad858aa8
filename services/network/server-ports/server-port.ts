/** What is remembered of a port that a server asked for, besides the port itself. */
export interface Seat {
  readonly portId: string
  readonly serverId: string
  /** Its place among the server's ports, from 0. */
  readonly position: number
  readonly tag: string | null
  /** The port was there before the server, and outlives it. */
  readonly isPreserved: boolean
  /** Under which wish it came to a server that was there already. */
  readonly ticket: string | null
}
