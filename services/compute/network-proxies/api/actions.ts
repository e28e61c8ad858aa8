import { tokenOf } from '@kilonova/platform/http/door-token.ts'
import type { May } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { either, integer, text } from '@kilonova/platform/http/shape.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerLogic } from '../../servers/logic.ts'
import type { Server } from '../../servers/server.ts'
import { body, endpoint, listView } from '../../versions.ts'
import type { NetworkProxyLogic } from '../logic.ts'
import { groupView } from './networks.ts'

const path = 'POST /v2.1/servers/{server_id}/action'
const address = text({ format: 'ipv4' })
const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })

/** A lock does not hold administrators. */
function unlocked(server: Server, may: May): Server {
  if (server.lockedBy !== null && !may('context_is_admin')) throw new Refusal('conflict', `Instance ${server.id} is locked`)
  return server
}

/** What is done at the network service, and could be asked for by a server's name. */
// biome-ignore format: a table per route
export const networkActionProxyApi = (servers: Pick<ServerLogic, 'get' | 'cabled'>, networks: NetworkProxyLogic) => {
  const of = { about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id), target: ofServer, status: 202 } as const
  const rule = (word: string) => `os_compute_api:${word}`
  return [
    endpoint('GET /v2.1/servers/{server_id}/os-security-groups', {
      ...of, summary: 'List the security groups of a server', policy: rule('os-security-groups:list'), status: 200, view: listView('security_groups', groupView),
      run: async ({ about, door }) => ({ items: await networks.groupsOf(tokenOf(door), about.id) }),
    }),
    endpoint(path, {
      ...of, summary: 'Let a floating address lead to a server', policy: rule('os-floating-ips:add'), until: '2.43', action: 'addFloatingIp',
      body: body('addFloatingIp', { address: required(address), fixed_address: optional(address) }),
      run: async ({ about, body, door }) => networks.associate(tokenOf(door), await servers.cabled(about), body.address, body.fixed_address),
    }),
    endpoint(path, {
      ...of, summary: 'Let it lead there no longer', policy: rule('os-floating-ips:remove'), until: '2.43', action: 'removeFloatingIp',
      body: body('removeFloatingIp', { address: required(address) }),
      run: async ({ about, body, door }) => networks.dissociate(tokenOf(door), await servers.cabled(about), body.address),
    }),
    endpoint(path, {
      ...of, summary: 'Give a server an address of a network it is plugged into', policy: rule('os-multinic:add'), until: '2.43', action: 'addFixedIp',
      body: body('addFixedIp', { networkId: required(either(text({ min: 1 }), integer())) }),
      run: ({ about, body, may, door }) => networks.addFixed(tokenOf(door), unlocked(about, may), String(body.networkId)),
    }),
    endpoint(path, {
      ...of, summary: 'Take an address from a server', policy: rule('os-multinic:remove'), until: '2.43', action: 'removeFixedIp',
      body: body('removeFixedIp', { address: required(text({ pattern: '^[0-9a-fA-F:.]+$' })) }),
      run: ({ about, body, may, door }) => networks.removeFixed(tokenOf(door), unlocked(about, may), body.address),
    }),
    ...(['add', 'remove'] as const).map(way =>
      endpoint(path, {
        ...of, summary: way === 'add' ? 'Put a server into a security group' : 'Take a server out of a security group',
        policy: rule(`os-security-groups:${way}`), action: `${way}SecurityGroup`, body: body(`${way}SecurityGroup`, { name: required(text()) }),
        run({ about, body, door }) {
          if (body.name.trim() === '') throw new Refusal('invalid', 'Security group name cannot be empty')
          return networks.regroup(tokenOf(door), about, body.name, way)
        },
      })),
  ]
}
