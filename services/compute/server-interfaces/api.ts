import type { May } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { list, maybe, nullable, object, text, uuid, type ValueOf } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import { body, endpoint, listView, since, view } from '../versions.ts'
import type { InterfaceLogic } from './logic.ts'
import type { ServerInterface } from './server-interface.ts'

const shown = shows<ServerInterface>()
const address = text({ pattern: '^[0-9a-fA-F:.]+$' })
// biome-ignore format: a table of fields
const interfaceView = view('interfaceAttachment', {
  net_id:     shown(text(), one => one.networkId),
  port_id:    shown(text(), one => one.portId),
  mac_addr:   shown(text(), one => one.macAddress),
  port_state: shown(text(), one => one.state),
  fixed_ips:  shown(list(object({ ip_address: text(), subnet_id: text() })), one => one.fixedIps.map(({ address, subnetId }) => ({ ip_address: address, subnet_id: subnetId }))),
  tag:        since('2.70', shown(nullable(text()), one => one.tag)),
})
const attached = {
  net_id: maybe(uuid),
  port_id: maybe(uuid),
  fixed_ips: maybe(list(object({ ip_address: address }), { min: 1, max: 1 })),
}
const tag = maybe(text({ min: 1, max: 60, pattern: '^[^,/]*$' }))
const newest = object({ ...attached, tag })
/** Nova wants nothing said: whoever names no network means the only one there is. */
const createBody = body(null, {
  interfaceAttachment: [optional(object(attached)), since('2.49', optional(newest))],
})

/** As the newest version sends it. */
type Attached = ValueOf<typeof newest>

const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })
const askerOf = (may: May, about: Server) => ({
  isAdmin: may('context_is_admin'),
  seesAllNetworks: may('context_is_admin'),
  mayUseExternalNetworks: may('network:attach_external_network', ofServer({ about })),
})
const rule = (word: string) => `os_compute_api:os-attach-interfaces:${word}`

// biome-ignore format: a table per route
export const serverInterfaceApi = (servers: Pick<ServerLogic, 'get'>, interfaces: InterfaceLogic) => {
  const of = { about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id), target: ofServer, status: 200 } as const
  return [
    endpoint('GET /v2.1/servers/{server_id}/os-interface', {
      ...of, summary: 'List the cables of a server', policy: rule('list'), view: listView('interfaceAttachments', interfaceView),
      run: async ({ about }) => ({ items: await interfaces.list(about) }),
    }),

    endpoint('POST /v2.1/servers/{server_id}/os-interface', {
      ...of, summary: 'Plug a cable into a server', policy: rule('create'), body: createBody, view: interfaceView,
      run: ({ about, body, may, cause }) => {
        const { net_id: networkId, port_id: portId, fixed_ips: fixed, tag }: Attached = body.interfaceAttachment ?? {}
        const wish = { networkId, portId, fixedIp: fixed?.[0]?.ip_address, tag }
        return interfaces.attach(about, wish, askerOf(may, about), cause)
      },
    }),

    endpoint('GET /v2.1/servers/{server_id}/os-interface/{port_id}', {
      ...of, summary: 'Show a cable of a server', policy: rule('show'), view: interfaceView,
      run: ({ about, params }) => interfaces.get(about, params.port_id),
    }),

    endpoint('DELETE /v2.1/servers/{server_id}/os-interface/{port_id}', {
      ...of, summary: 'Pull a cable out of a server', policy: rule('delete'), status: 202,
      run: ({ about, params, may, cause }) => interfaces.detach(about, params.port_id, askerOf(may, about), cause),
    }),
  ]
}
