import { everybody, type Viewer, where } from '../listings/listing.ts'
import type { NetworkLogic } from '../networks/logic.ts'
import { networkAttributes } from '../networks/network/attributes.ts'
import type { PortLogic } from '../ports/logic/ports.ts'
import { refuseBody } from '../refusals/refusal.ts'
import type { RouterLogic } from '../routers/logic/routers.ts'
import { routerAttributes } from '../routers/router/attributes.ts'
import { asRecord } from '../versions/bodies.ts'
import { collection, ownTarget, viewerOf } from '../versions/collection.ts'
import { describedView, rawBody } from '../versions/members.ts'
import { type Shows, wireOf } from '../versions/showing.ts'
import { endpoint } from '../versions.ts'
import { type Agent, kinds } from './agent/agent.ts'
import { agentAttributes } from './agent/attributes.ts'
import type { AgentLogic } from './logic.ts'

export interface Rooms {
  readonly agents: AgentLogic
  readonly networks: NetworkLogic
  readonly routers: RouterLogic
  readonly ports: PortLogic
}

const listOf = (name: string) => describedView({ type: 'object', properties: { [name]: { type: 'array', items: { type: 'object' } } } })

export function agentApi(rooms: Rooms) {
  const { agents } = rooms
  const shows: Shows<Agent> = {
    binary: ({ binaryName }) => binaryName,
    alive: agents.isAlive,
    availability_zone: agent => (kinds[agent.agentType].hasZone ? agent.availabilityZone : null),
  }
  return [
    ...collection<Agent>({
      name: 'agent',
      plural: 'agents',
      path: '/v2.0/agents',
      words: { one: 'an agent', many: 'the agents' },
      attributes: agentAttributes,
      logic: agents,
      only: ['list', 'show', 'update', 'delete'],
      shows,
    }),
    ...dhcpRoutes(rooms, shows),
    ...routingRoutes(rooms, shows),
    endpoint('GET /v2.0/availability_zones', {
      summary: 'List the availability zones of networks and routers',
      policy: 'get_availability_zone',
      status: 200,
      view: listOf('availability_zones'),
      target: ({ caller }) => ownTarget(caller),
      async run() {
        const zones = await agents.zones()
        return {
          availability_zones: zones.map(({ name, resource, isAvailable }) => ({
            name,
            resource,
            state: isAvailable ? 'available' : 'unavailable',
          })),
        }
      },
    }),
  ]
}

const wiresOf = (agents: readonly Agent[], shows: Shows<Agent>) => agents.map(agent => wireOf(agent, agentAttributes, shows))
const idIn = (body: unknown, name: string): string => {
  const id = asRecord(body)[name]
  return typeof id === 'string' ? id : refuseBody(`Unable to find '${name}' in request body`)
}
const idBody = (name: string) => rawBody({ type: 'object', properties: { [name]: { type: 'string' } }, required: [name] })

const dhcpRoutes = ({ agents, networks, ports }: Rooms, shows: Shows<Agent>) => [
  endpoint('GET /v2.0/networks/{network_id}/dhcp-agents', {
    summary: 'List the agents that serve DHCP on a network',
    policy: 'get_dhcp-agents',
    status: 200,
    view: listOf('agents'),
    run: async ({ params }) => ({ agents: wiresOf(await agents.dhcp.agentsOf(params.network_id), shows) }),
  }),
  endpoint('GET /v2.0/agents/{agent_id}/dhcp-networks', {
    summary: 'List the networks whose DHCP an agent serves',
    policy: 'get_dhcp-networks',
    status: 200,
    view: listOf('networks'),
    async run({ params, ...asked }) {
      const ids = await agents.dhcp.networksOf(params.agent_id, viewerOf(asked))
      const found = ids.length === 0 ? [] : await networks.list(where({ id: ids }), everybody)
      return { networks: found.map(network => wireOf(network, networkAttributes)) }
    },
  }),
  endpoint('POST /v2.0/agents/{agent_id}/dhcp-networks', {
    summary: 'Have an agent serve DHCP on a network',
    policy: 'create_dhcp-network',
    body: idBody('network_id'),
    status: 201,
    view: describedView({}),
    async run({ params, body, cause, ...asked }) {
      const viewer: Viewer = viewerOf(asked)
      await agents.dhcp.give(params.agent_id, await networks.get(idIn(body, 'network_id'), viewer), { cause, viewer, within: {} })
      return null
    },
  }),
  endpoint('DELETE /v2.0/agents/{agent_id}/dhcp-networks/{network_id}', {
    summary: 'Take a network’s DHCP off an agent',
    policy: 'delete_dhcp-network',
    status: 204,
    async run({ params, cause, ...asked }) {
      const act = { cause, viewer: viewerOf(asked), within: {} }
      await agents.dhcp.take(params.agent_id, params.network_id, act, async (tx, host) => {
        const own = { network_id: [params.network_id], device_owner: ['network:dhcp'], 'binding:host_id': [host] }
        for (const port of await ports.listIn(tx, where(own))) await ports.deleteIn(tx, port)
      })
    },
  }),
]

const routingRoutes = ({ agents, routers }: Rooms, shows: Shows<Agent>) => [
  endpoint('GET /v2.0/routers/{router_id}/l3-agents', {
    summary: 'List the agents that serve a router',
    policy: 'get_l3-agents',
    status: 200,
    view: listOf('agents'),
    run: async ({ params }) => ({ agents: wiresOf(await agents.routing.agentsOf(params.router_id), shows) }),
  }),
  endpoint('GET /v2.0/agents/{agent_id}/l3-routers', {
    summary: 'List the routers an agent serves',
    policy: 'get_l3-routers',
    status: 200,
    view: listOf('routers'),
    async run({ params, ...asked }) {
      await agents.get(params.agent_id, viewerOf(asked))
      const ids = await agents.routing.routersOf(params.agent_id)
      const found = ids.length === 0 ? [] : await routers.list(where({ id: ids }), everybody)
      return { routers: found.map(router => wireOf(router, routerAttributes, { service_type_id: () => undefined })) }
    },
  }),
  endpoint('POST /v2.0/agents/{agent_id}/l3-routers', {
    summary: 'Have an agent serve a router',
    policy: 'create_l3-router',
    body: idBody('router_id'),
    status: 201,
    view: describedView({}),
    async run({ params, body, cause, ...asked }) {
      const viewer = viewerOf(asked)
      await agents.routing.give(params.agent_id, await routers.get(idIn(body, 'router_id'), viewer), { cause, viewer, within: {} })
      return null
    },
  }),
  endpoint('DELETE /v2.0/agents/{agent_id}/l3-routers/{router_id}', {
    summary: 'Take a router off an agent',
    policy: 'delete_l3-router',
    status: 204,
    run: ({ params, cause, ...asked }) =>
      agents.routing.take(params.agent_id, params.router_id, { cause, viewer: viewerOf(asked), within: {} }),
  }),
]
