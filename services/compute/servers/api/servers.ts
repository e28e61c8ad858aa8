import type { May } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { given } from '@kilonova/platform/given.ts'
import { nullable, text } from '@kilonova/platform/http/shape.ts'
import { body, endpoint, since } from '../../versions.ts'
import type { ServerLogic } from '../logic.ts'
import { askerOf, eyesOf, ofServer } from './asked.ts'
import * as shapes from './shapes.ts'
import { updatedView, wholeView } from './view.ts'

// biome-ignore format: a table of fields
const updateBody = body('server', {
  name:                optional(shapes.serverName),
  description:         since('2.19', optional(nullable(text({ max: 255 })))),
  'OS-DCF:diskConfig': optional(shapes.diskConfig),
  accessIPv4:          optional(text({ format: 'ipv4' })),
  accessIPv6:          optional(text({ format: 'ipv6' })),
  hostname:            [since('2.90', optional(shapes.hostname)), since('2.94', optional(shapes.wholeHostname))],
})

// biome-ignore format: a table per route
export const serverApi = (servers: ServerLogic) => {
  const about = ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id)
  const target = ofServer
  const look = async (id: string, may: May) => {
    const server = await servers.get(id)
    return servers.present(server, eyesOf(may, ofServer({ about: server })))
  }
  return [
    endpoint('GET /v2.1/servers/{server_id}', {
      summary: 'Show a server',
      policy:  'os_compute_api:servers:show',
      status:  200,
      about, target,
      view:    wholeView,
      run:     ({ about, may }) => servers.present(about, eyesOf(may, ofServer({ about }))),
    }),

    endpoint('PUT /v2.1/servers/{server_id}', {
      summary: 'Rename or describe a server',
      policy:  'os_compute_api:servers:update',
      body:    updateBody,
      status:  200,
      about, target,
      view:    updatedView,
      async run({ about, body, cause, may }) {
        const { name, description, hostname, accessIPv4: accessIpV4, accessIPv6, 'OS-DCF:diskConfig': diskConfig } = body
        const accessIpV6 = accessIPv6 === undefined ? undefined : shapes.shortIpV6(accessIPv6)
        await servers.update(about.id, given({ name, description, hostname, accessIpV4, accessIpV6, diskConfig }), cause)
        return look(about.id, may)
      },
    }),

    endpoint('DELETE /v2.1/servers/{server_id}', {
      summary: 'Delete a server',
      policy:  'os_compute_api:servers:delete',
      status:  204,
      about, target,
      run:     ({ about, cause, ...asked }) => servers.delete(about, askerOf(asked), cause),
    }),
  ]
}
