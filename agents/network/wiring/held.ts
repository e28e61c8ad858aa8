import { bareWiring, type HostWiring } from '../contract/wiring.ts'

/** What the agent was last told, and which ports it said were plugged in. Lost with the process: whoever tells sees it by the heartbeat. */
export interface Held {
  revision: number | undefined
  wiring: HostWiring
  portsUp: ReadonlySet<string>
  /** A port is kept from everything because its rules could not be loaded. */
  hasShut: boolean
}

export const nothingHeld = (): Held => ({ revision: undefined, wiring: bareWiring, portsUp: new Set(), hasShut: false })
