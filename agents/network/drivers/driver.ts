import type { AgentFacts, WiringTrouble } from '../contract/messages.ts'
import type { Observation, ProbeAnswer, ProbeWish } from '../contract/observation.ts'
import type { HostWiring } from '../contract/wiring.ts'

/**
 * What any way of wiring a host must do. A driver is told the whole each time and finds out itself what is missing or too much; telling it
 * the same again changes nothing. What it did not make is neither changed nor removed.
 */
export interface Driver {
  readonly kind: string

  facts(): Promise<AgentFacts>

  /**
   * Afterwards the host is like this, but for what the troubles name. One at a time. Unless it is told to be thorough, it may trust that what it
   * did before is still so.
   */
  apply(wiring: HostWiring, how?: { readonly isThorough?: boolean }): Promise<Applied>

  /** What there is of ours, compared with the wiring; of the namespaces all, or those that are named. Changes nothing. */
  observe(wiring: HostWiring, namespaces?: readonly string[]): Promise<Omit<Observation, 'host'>>

  /** Which of these ports' cables are plugged in. Cheap: it is asked at every change of the host's devices. */
  pluggedPorts(portIds: readonly string[]): Promise<readonly string[]>

  probe(wish: ProbeWish): Promise<ProbeAnswer>

  /** Calls `run` after each change of the host's devices that may concern us. */
  follow(run: () => void): { stop(): void }

  /** Leaves the host as it is: guests, servers and routers go on without the agent. */
  close(): Promise<void>
}

export interface Applied {
  readonly changes: number
  readonly portsUp: readonly string[]
  readonly troubles: readonly WiringTrouble[]
  /** Ports that are kept from everything because their rules could not be loaded: worth another try soon. */
  readonly shut?: readonly string[] | undefined
}
