import type { Observation, ProbeAnswer, ProbeWish } from '@kilonova/network-agent/contract/observation.ts'
import type { HostWiring } from '@kilonova/network-agent/contract/wiring.ts'
import type { Cause } from '@kilonova/platform/cause.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { agentTypes } from '../agents/agent/agent.ts'
import type { AgentLogic } from '../agents/logic.ts'
import { everybody, where } from '../listings/listing.ts'
import { refuseConflict, refuseUnknown } from '../refusals/refusal.ts'
import { bareLandscape, type Landscape, type Rows } from '../wiring/wiring/landscape.ts'
import { sightOf } from '../wiring/wiring/sight.ts'
import { hostWiring } from '../wiring/wiring/wiring.ts'
import type { TraceStore } from './store.ts'
import { planOf } from './trace/plan.ts'
import { type Probe, probeSays, probesOf } from './trace/probes.ts'
import type { Plan, Question, Trace } from './trace/trace.ts'
import { hostsOf, namespacesOf, type Sightings, verdict } from './trace/verdict.ts'
import { isUnclear, readEnds } from './trace/words.ts'
import type { World } from './trace/world.ts'

/** Rows of all networks, whole. */
export type LandscapeReader = {
  readonly [R in Rows]: () => Promise<readonly (Landscape[R] extends ReadonlyMap<string, infer Thing> ? Thing : never)[]>
}

export interface Rooms {
  readonly store: TraceStore
  readonly landscape: LandscapeReader
  readonly agents: Pick<AgentLogic, 'list' | 'isAlive'>
  readonly hosts: {
    observe(host: string, wish: { readonly wiring: HostWiring; readonly namespaces: readonly string[] }, cause: Cause): Promise<Observation>
    probe(host: string, wish: ProbeWish, cause: Cause): Promise<ProbeAnswer>
  }
  /** The domain of guests on networks that have none of their own. */
  readonly domain: string
  readonly clock: Pick<Clock, 'now'>
}

export interface Sent {
  readonly says: string
  readonly answered: boolean
  /** What to look into, where nobody answered. */
  readonly remedy?: string | undefined
}

/** A trace, and what came back of real packets where they were wished for. */
export interface Traced extends Trace {
  readonly probes: readonly Sent[]
}

/** Where packets get to: by the tables, which are read anew, and by what the hosts on the way look like at this moment. */
export function traceLogic({ store, landscape, agents, hosts, domain, clock }: Rooms) {
  async function worldNow(): Promise<World> {
    const rows = Object.keys(bareLandscape) as Rows[]
    const tables = await Promise.all(rows.map(async name => [name, new Map((await landscape[name]()).map(row => [row.id, row] as const))]))
    const known = await agents.list(where({ agent_type: [agentTypes.bridge] }), everybody)
    const alive = known.filter(agents.isAlive)
    const tunnels = alive.map(({ host, configurations: { tunneling_ip: ip } }) => ({
      host,
      ...(typeof ip === 'string' && ip !== '' && { tunnelIp: ip }),
    }))
    return {
      ...sightOf(Object.fromEntries(tables) as Landscape, tunnels),
      agents: new Map(
        known.map(agent => [
          agent.host,
          { isAlive: agents.isAlive(agent), isOn: agent.adminStateUp, silentS: Math.round((clock.now() - agent.heartbeatMs) / 1000) },
        ]),
      ),
      names: await store.names(),
      outerNetworks: await store.outerNetworks(),
      floatingPools: await store.floatingAddresses(),
    }
  }

  async function lookAt(plan: Plan, world: World, cause: Cause): Promise<Sightings> {
    const namespaces = namespacesOf(plan)
    const look = async (host: string) => {
      const agent = world.agents.get(host)
      if (!agent?.isAlive)
        return { unseen: agent ? `its network agent has been silent for ${agent.silentS} s` : 'no network agent ever spoke for it' }
      return hosts
        .observe(host, { wiring: hostWiring(host, world, { domain }), namespaces }, cause)
        .catch(error => ({ unseen: messageOf(error) }))
    }
    return new Map(await Promise.all(hostsOf(plan).map(async host => [host, await look(host)] as const)))
  }

  async function send(probe: Probe, cause: Cause): Promise<Sent> {
    const { host, look, wish } = probe
    const answer = await hosts.probe(host, wish, cause).catch(error => ({ answered: false, failed: messageOf(error) }))
    const says = probeSays(probe, answer)
    if (answer.answered) return { says, answered: true }
    return { says, answered: false, remedy: 'failed' in answer ? `see to the network agent of ${host}` : look }
  }

  return {
    worldNow,

    async trace(question: Question & { readonly isProbed?: boolean }, cause: Cause): Promise<Traced> {
      const now = await worldNow()
      const world = { ...now, names: new Map([...now.names, ...Object.entries(question.names ?? {})]) }
      const ends = readEnds(world, question)
      if (isUnclear(ends))
        return ends.isAmbiguous ? refuseConflict('TraceAmbiguous', ends.unclear) : refuseUnknown('TraceEndNotFound', ends.unclear)
      const plan = planOf(world, ends, question)
      const found = verdict(plan, await lookAt(plan, world, cause))
      const probes = question.isProbed ? await Promise.all(probesOf(world, ends).map(probe => send(probe, cause))) : []
      return { ...withAnswers(found, probes), probes }
    },
  }
}

export type TraceLogic = ReturnType<typeof traceLogic>

/** Where all is as it should be and somebody is silent, what is to be looked into is the nearest of those who are. */
function withAnswers(found: Trace, probes: readonly Sent[]): Trace {
  const silent = probes.filter(({ answered }) => !answered)
  const [nearest] = silent
  if (found.arrives !== true || !nearest) return found
  const conclusion = `The way is as it should be, and ${silent.map(({ says }) => says).join('; ')}. Remedy: ${nearest.remedy}.`
  return { ...found, arrives: false, conclusion }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message.replace(/\.$/, '') : String(error))
