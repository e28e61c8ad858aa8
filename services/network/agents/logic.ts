import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import { given } from '@kilonova/platform/given.ts'
import { everybody, type Viewer, type Wanted, where } from '../listings/listing.ts'
import type { Network } from '../networks/network/network.ts'
import { refuseConflict, refuseUnknown } from '../refusals/refusal.ts'
import type { Router } from '../routers/router/router.ts'
import type { Segment } from '../segments/segment/segment.ts'
import type { Act } from '../standards/standard/act.ts'
import type { Reading, Transaction, Write } from '../tables.ts'
import { type Agent, agentTime, type AgentType, agentTypes, type Beat, kinds } from './agent/agent.ts'
import type { AgentChange } from './agent/attributes.ts'
import type { AgentStore } from './store.ts'

export interface Rooms {
  readonly store: AgentStore
  readonly write: Write
  readonly chance: Pick<Chance, 'uuid' | 'fraction'>
  readonly clock: Pick<Clock, 'now'>
  /** How long after its last heartbeat an agent counts as alive. */
  readonly silentMs: number
}

/** The rules of agents: they are there because they say so, alive while they go on saying it, and given work while they are. */
export function agentLogic({ store, write, chance, clock, silentMs }: Rooms) {
  const isAlive = ({ heartbeatMs }: Agent) => clock.now() - heartbeatMs <= silentMs
  const get = async (id: string, viewer: Viewer, from?: Reading): Promise<Agent> =>
    (await store.find(id, viewer, from)) ?? refuseUnknown('AgentNotFound', `Agent ${id} could not be found.`)
  const ofType = (agentType: AgentType, from?: Reading) => store.list(where({ agent_type: [agentType] }), everybody, from)

  /** Of the living, the one with the least to do. */
  async function forRouter(tx: Transaction): Promise<Agent | undefined> {
    const agents = (await ofType(agentTypes.routing, tx.read)).filter(agent => isAlive(agent) && agent.adminStateUp)
    if (agents.length === 0) return undefined
    const load = await store.countRouters(
      agents.map(({ id }) => id),
      tx.read,
    )
    return agents.toSorted((a, b) => (load.get(a.id) ?? 0) - (load.get(b.id) ?? 0) || (a.host < b.host ? -1 : 1))[0]
  }

  const fresh = (beat: Beat, agentType: AgentType): Agent => {
    const { binary, topic, hasZone } = kinds[agentType]
    return {
      id: chance.uuid(),
      agentType,
      binaryName: binary,
      topic,
      host: beat.host,
      availabilityZone: hasZone ? (beat.availabilityZone ?? 'nova') : '',
      adminStateUp: true,
      description: null,
      createdAt: agentTime(new Date(clock.now()).toISOString()),
      startedAt: agentTime(beat.startedAt),
      ...beatOf(beat, agentType),
      resourcesSynced: null,
    }
  }
  const now = () => ({ heartbeatTimestamp: agentTime(new Date(clock.now()).toISOString()), heartbeatMs: clock.now() })
  const beatOf = (beat: Beat, agentType: AgentType) => ({
    ...now(),
    configurations: beat.configurations[agentType] ?? {},
    load: beat.load?.[agentType] ?? 0,
  })

  /** A beat is written for all hosts at once, as long as there is nothing new but that they live. */
  async function hear(tx: Transaction, beats: readonly Beat[]): Promise<void> {
    const agents = await store.ofHosts(
      beats.map(({ host }) => host),
      tx.read,
    )
    const known = new Map(agents.map(agent => [nameOf(agent), agent]))
    const [news, still]: [Agent[], Agent[]] = [[], []]
    for (const beat of beats) {
      for (const agentType of Object.values(agentTypes)) {
        if (beat.configurations[agentType] === undefined) continue
        const before = known.get(nameOf({ agentType, host: beat.host }))
        const after = before ? { ...before, ...beatOf(beat, agentType), startedAt: agentTime(beat.startedAt) } : fresh(beat, agentType)
        if (!before) news.push(after)
        else if (before.startedAt !== after.startedAt || !isAlive(before) || differ(before, after)) await store.patch(tx, after)
        else still.push(after)
      }
    }
    if (news.length > 0) await store.insert(tx, news)
    for (const [load, agents] of Map.groupBy(still, agent => agent.load)) await store.beatAll(tx, agents, { ...now(), load })
  }

  const hosting = async (networkId: string, from?: Reading): Promise<readonly Agent[]> => {
    const hosts = await store.dhcpHostsOf(networkId, from)
    const bound = (await store.dhcpBindings({ networkId }, from)).map(({ agentId }) => agentId)
    return (await ofType(agentTypes.dhcp, from)).filter(({ id, host }) => hosts.includes(host) || bound.includes(id))
  }

  return {
    isAlive,
    list: (wanted: Wanted, viewer: Viewer) => store.list(wanted, viewer),
    get: (id: string, viewer: Viewer) => get(id, viewer),

    /** A host has said that its agents live. */
    heard: (beat: Beat, cause: Cause): Promise<void> => write(cause, tx => hear(tx, [beat])),

    /** Many hosts have; each is among them once. */
    heardAll: (beats: readonly Beat[], cause: Cause): Promise<void> => write(cause, tx => hear(tx, beats)),

    update: (id: string, { adminStateUp, description }: AgentChange, act: Act): Promise<Agent> =>
      write(act.cause, async tx => {
        const agent = { ...(await get(id, act.viewer, tx.read)), ...given({ adminStateUp, description }) }
        await store.patch(tx, agent)
        return agent
      }),

    delete: (id: string, act: Act): Promise<void> =>
      write(act.cause, async tx => void (await store.delete(tx, await get(id, act.viewer, tx.read)))),

    /**
     * Whether ports can be plugged in on a host: not where its agent is silent or was switched off. A host nobody has heard of yet is about to
     * come up; it is wired when it does.
     */
    async canWire(tx: Transaction, host: string): Promise<boolean> {
      const agents = await store.list(where({ host: [host], agent_type: [agentTypes.bridge] }), everybody, tx.read)
      return agents.length === 0 || agents.some(agent => isAlive(agent) && agent.adminStateUp)
    },

    /** Of these segments, those that a host is connected to, as its agent says. */
    async reaching(tx: Transaction, host: string, segments: readonly Segment[]): Promise<readonly Segment[]> {
      const agents = await store.list(where({ host: [host], agent_type: [agentTypes.bridge] }), everybody, tx.read)
      return segments.filter(segment => agents.some(agent => isConnected(agent, segment)))
    },

    async zones(): Promise<readonly { readonly name: string; readonly resource: 'network' | 'router'; readonly isAvailable: boolean }[]> {
      const zoned = [
        ...(await ofType(agentTypes.dhcp)).map(agent => ({ agent, resource: 'network' as const })),
        ...(await ofType(agentTypes.routing)).map(agent => ({ agent, resource: 'router' as const })),
      ]
      const byZone = Map.groupBy(zoned, ({ agent, resource }) => `${agent.availabilityZone} ${resource}`)
      return [...byZone.values()].flatMap(some =>
        some.slice(0, 1).map(({ agent, resource }) => ({
          name: agent.availabilityZone,
          resource,
          isAvailable: some.some(one => one.agent.adminStateUp),
        })),
      )
    },

    /** Hints are zones that exist. */
    async mustHaveZones(resource: 'network' | 'router', names: readonly string[], from: Reading): Promise<void> {
      if (names.length === 0) return
      const agents = await ofType(resource === 'network' ? agentTypes.dhcp : agentTypes.routing, from)
      const missing = names.find(name => !agents.some(agent => agent.availabilityZone === name))
      if (missing !== undefined) refuseUnknown('AvailabilityZoneNotFound', `AvailabilityZone ${missing} could not be found.`)
    },

    countRouting: async (): Promise<number> =>
      (await ofType(agentTypes.routing)).filter(agent => isAlive(agent) && agent.adminStateUp).length,

    routing: {
      /** A router that has something to pass packets between is given to an agent. */
      async schedule(tx: Transaction, router: Router): Promise<void> {
        if ((await store.agentsOfRouter(router.id, tx.read)).length > 0) return
        const agent = await forRouter(tx)
        if (agent) await store.bindRouter(tx, router.id, agent.id)
      },
      async forget(tx: Transaction, router: Router): Promise<void> {
        if ((await store.agentsOfRouter(router.id, tx.read)).length > 0) await store.unbindRouter(tx, router.id)
      },
      routersOf: store.routersOf,
      agentsOf: async (routerId: string): Promise<readonly Agent[]> => {
        const ids = await store.agentsOfRouter(routerId)
        return ids.length === 0 ? [] : store.list(where({ id: ids }), everybody)
      },

      give: (agentId: string, router: Router, act: Act): Promise<void> =>
        write(act.cause, async tx => {
          const agent = await get(agentId, act.viewer, tx.read)
          if (agent.agentType !== agentTypes.routing || !agent.adminStateUp)
            refuseConflict('InvalidL3Agent', `Agent ${agentId} is not a L3 Agent or has been disabled`)
          const there = await store.agentsOfRouter(router.id, tx.read)
          if (there.includes(agentId)) return
          if (there.length > 0)
            refuseConflict('RouterHostedByL3Agent', `The router ${router.id} has been already hosted by the L3 Agent ${there[0]}.`)
          await store.bindRouter(tx, router.id, agentId)
        }),

      take: (agentId: string, routerId: string, act: Act): Promise<void> =>
        write(act.cause, async tx => {
          await get(agentId, act.viewer, tx.read)
          if (!(await store.agentsOfRouter(routerId, tx.read)).includes(agentId))
            refuseConflict('RouterNotHostedByL3Agent', `The router ${routerId} is not hosted by L3 agent ${agentId}.`)
          await store.unbindRouter(tx, routerId, agentId)
        }),
    },

    dhcp: {
      agentsOf: (networkId: string) => hosting(networkId),

      async networksOf(agentId: string, viewer: Viewer): Promise<readonly string[]> {
        const agent = await get(agentId, viewer)
        const bound = (await store.dhcpBindings({ agentId })).map(({ networkId }) => networkId)
        return [...new Set([...(await store.networksServedOn(agent.host)), ...bound])]
      },

      give: (agentId: string, network: Network, act: Act): Promise<void> =>
        write(act.cause, async tx => {
          const agent = await get(agentId, act.viewer, tx.read)
          if (agent.agentType !== agentTypes.dhcp || !agent.adminStateUp)
            refuseConflict('InvalidDHCPAgent', `Agent ${agentId} is not a valid DHCP Agent or has been disabled.`)
          const bound = await store.dhcpBindings({ networkId: network.id }, tx.read)
          if ((await hosting(network.id, tx.read)).some(({ id }) => id === agentId))
            refuseConflict('NetworkHostedByDHCPAgent', `The network ${network.id} has been already hosted by the DHCP Agent ${agentId}.`)
          await store.bindNetwork(tx, network.id, agentId, 1 + Math.max(0, ...bound.map(({ index }) => index)))
        }),

      take: (agentId: string, networkId: string, act: Act, letGo: (tx: Transaction, host: string) => Promise<unknown>): Promise<void> =>
        write(act.cause, async tx => {
          const agent = await get(agentId, act.viewer, tx.read)
          if (!(await hosting(networkId, tx.read)).some(({ id }) => id === agentId))
            refuseConflict('NetworkNotHostedByDhcpAgent', `The network ${networkId} is not hosted by the DHCP Agent ${agentId}.`)
          await store.unbindNetwork(tx, networkId, agentId)
          await letGo(tx, agent.host)
        }),

      async forget(tx: Transaction, network: Network): Promise<void> {
        if ((await store.dhcpBindings({ networkId: network.id }, tx.read)).length > 0) await store.unbindNetwork(tx, network.id)
      },
    },
  }
}

export type AgentLogic = ReturnType<typeof agentLogic>

/** Tunnels lead everywhere; the physical networks of a host are those its agent has interfaces or bridges for. */
function isConnected({ configurations }: Agent, { physicalNetwork }: Segment): boolean {
  if (physicalNetwork === null) return true
  const mappings = [configurations['interface_mappings'], configurations['bridge_mappings']]
  return mappings.some(mapping => typeof mapping === 'object' && mapping !== null && Object.hasOwn(mapping, physicalNetwork))
}

const nameOf = ({ agentType, host }: Pick<Agent, 'agentType' | 'host'>) => `${agentType} ${host}`

const differ = (a: Agent, b: Agent): boolean => JSON.stringify(a.configurations) !== JSON.stringify(b.configurations)
