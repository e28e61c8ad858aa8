import { optional, required } from '@kilonova/platform/http/fields.ts'
import { flag, integer, list, nullable, object, text, uuid } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import type { ServerLogic } from '../servers/logic.ts'
import type { Server } from '../servers/server.ts'
import { body, endpoint, query, since, view } from '../versions.ts'

const device = nullable(text({ min: 1, max: 255, pattern: '(^/dev/x{0,1}[a-z]{0,1}d{0,1})([a-z]+)[0-9]*$' }))
const tag = text({ min: 1, max: 60, pattern: '^[^,/]*$' })
// biome-ignore format: a table of fields
const createBody = body('volumeAttachment', {
  volumeId: required(uuid),
  device:   optional(device),
  tag:      since('2.49', optional(tag)),
  delete_on_termination: since('2.79', optional(flag)),
})
// biome-ignore format: a table of fields
const changeBody = body('volumeAttachment', {
  volumeId: required(uuid),
  device:   since('2.85', optional(device)),
  tag:      since('2.85', optional(tag)),
  serverId: since('2.85', optional(uuid)),
  id:       since('2.85', optional(uuid)),
  delete_on_termination: since('2.85', optional(flag)),
})

const none = view(null, { volumeAttachments: shows<readonly never[]>()(list(object({})), all => all) })
const ofServer = ({ about }: { about: Server }) => ({ project_id: about.projectId, user_id: about.userId })
const rule = (word: string) => `os_compute_api:os-volumes-attachments:${word}`
const path = '/v2.1/servers/{server_id}/os-volume_attachments'

/** Volumes are attached by the block storage service's leave: while there is none, there is no volume of any id. */
// biome-ignore format: a table per route
export const volumeAttachmentApi = (servers: Pick<ServerLogic, 'get'>) => {
  const of = { about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id), target: ofServer, status: 200 } as const
  const notAttached = ({ about, params }: { about: Server; params: { readonly volume_id: string } }): never => {
    throw new Refusal('not-found', `Instance ${about.id} is not attached to volume ${params.volume_id}`)
  }
  return [
    endpoint(`GET ${path}`, {
      ...of, summary: 'List the volumes attached to a server', policy: rule('index'), view: none,
      query: query({ limit: optional(integer({ min: 0 })), offset: optional(integer({ min: 0 })) }),
      run: () => [],
    }),

    endpoint(`POST ${path}`, {
      ...of, summary: 'Attach a volume to a server', policy: rule('create'), body: createBody,
      run: ({ body }) => { throw new Refusal('not-found', `Volume ${body.volumeId} could not be found.`) },
    }),

    endpoint('GET /v2.1/servers/{server_id}/os-volume_attachments/{volume_id}', { ...of, summary: 'Show a volume attached to a server', policy: rule('show'), run: notAttached }),

    endpoint('PUT /v2.1/servers/{server_id}/os-volume_attachments/{volume_id}', {
      ...of, summary: 'Exchange a volume attached to a server', policy: rule('swap'), status: 202, body: changeBody, run: notAttached,
    }),

    endpoint('DELETE /v2.1/servers/{server_id}/os-volume_attachments/{volume_id}', { ...of, summary: 'Detach a volume from a server', policy: rule('delete'), status: 202, run: notAttached }),
  ]
}
