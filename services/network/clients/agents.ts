import { networkAgentOf, observe, probe } from '@kilonova/network-agent/contract/messages.ts'
import type { Observation, ProbeAnswer, ProbeWish } from '@kilonova/network-agent/contract/observation.ts'
import type { HostWiring } from '@kilonova/network-agent/contract/wiring.ts'
import type { Bus } from '@kilonova/platform/bus/bus.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'

export interface Compared {
  readonly wiring: HostWiring
  /** Of its namespaces only these. */
  readonly namespaces: readonly string[]
}

/** What hosts' agents are asked besides being told. */
export interface Hosts {
  /** What a host is like, compared with how it is to be wired. */
  observe(host: string, wish: Compared, cause: Cause): Promise<Observation>
  probe(host: string, wish: ProbeWish, cause: Cause): Promise<ProbeAnswer>
}

/** A host with many namespaces takes a while to look at itself, and may be in the middle of being wired. */
const patienceMs = 20_000

export const agentClient = (bus: Pick<Bus, 'ask'>): Hosts => ({
  observe: (host, wish, cause) => bus.ask(observe, networkAgentOf(host), wish, { cause, deadlineMs: patienceMs }),
  probe: (host, wish, cause) => bus.ask(probe, networkAgentOf(host), wish, { cause, deadlineMs: wish.deadlineMs + patienceMs }),
})

const nobody = async (): Promise<never> => {
  throw new Refusal('unavailable', 'this service has no bus to ask agents over')
}
/** Where a service runs by itself. */
export const deafHosts: Hosts = { observe: nobody, probe: nobody }
