import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { either, integer, nullable, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { body, endpoint, plainBody, since, view } from '../../../versions.ts'
import type { ServerLogic } from '../../logic.ts'
import { askerOf } from '../asked.ts'
import * as shapes from '../shapes.ts'
import { about } from './power.ts'

const imageBody = body('createImage', { name: required(shapes.serverName), metadata: optional(shapes.metadataShape) })
// biome-ignore format: a table of fields
const backupBody = body('createBackup', {
  name:        required(shapes.serverName),
  backup_type: required(text()),
  rotation:    required(either(integer({ min: 0 }), text({ pattern: '^[0-9]+$' }))),
  metadata:    optional(shapes.metadataShape),
})
const consoleBody = body('os-getConsoleOutput', {
  length: optional(nullable(either(integer({ min: -1 }), text({ pattern: '^-?[0-9]+$' })))),
})

interface Made {
  readonly imageId: string
}
const shown = shows<Made>()
/** Until 2.44 the image stands in a header alone. */
const madeView = view(null, {
  image_id: since(
    '2.45',
    shown(text(), ({ imageId }) => imageId),
  ),
})

// biome-ignore format: a table per route
export const imageActionApi = (servers: ServerLogic) => {
  const named = ({ caller }: { caller: { projectId?: string | undefined; userId?: string | undefined } }) =>
    ({ projectId: caller.projectId ?? '', userId: caller.userId ?? '' })
  return [
    endpoint('POST /v2.1/servers/{server_id}/action', {
      summary: 'Make an image of a server’s disk',
      policy:  'os_compute_api:servers:create_image',
      action:  'createImage',
      body:    imageBody,
      status:  202,
      ...about(servers),
      view:    madeView,
      async run({ about, body, cause, base, at, ...asked }) {
        const imageId = await servers.createImage(about, { name: body.name, metadata: body.metadata ?? {}, ...named(asked) }, askerOf(asked), cause)
        return answer({ imageId }, at(since('2.45', true)) ? {} : { headers: { location: `${base}/images/${imageId}` } })
      },
    }),

    endpoint('POST /v2.1/servers/{server_id}/action', {
      summary: 'Make an image of a server’s disk, and let the oldest of its kind go',
      policy:  'os_compute_api:os-create-backup',
      action:  'createBackup',
      body:    backupBody,
      status:  202,
      ...about(servers),
      view:    madeView,
      async run({ about, body, cause, base, at, ...asked }) {
        const keep = Number(body.rotation)
        const wish = { name: body.name, metadata: body.metadata ?? {}, kind: body.backup_type, keep, ...named(asked) }
        const imageId = await servers.createBackup(about, wish, askerOf(asked), cause)
        return answer({ imageId }, at(since('2.45', true)) || keep === 0 ? {} : { headers: { location: `${base}/images/${imageId}` } })
      },
    }),

    endpoint('POST /v2.1/servers/{server_id}/action', {
      summary: 'Turn a server into an image, so that it takes no room',
      policy:  'os_compute_api:os-shelve:shelve',
      action:  'shelve',
      body:    plainBody('shelve', {}),
      status:  202,
      ...about(servers),
      run:     async ({ about, cause, ...asked }) => servers.shelve(about, named(asked), askerOf(asked), cause),
    }),

    endpoint('POST /v2.1/servers/{server_id}/action', {
      summary: 'Show what a server has written to its console',
      policy:  'os_compute_api:os-console-output',
      action:  'os-getConsoleOutput',
      body:    consoleBody,
      status:  200,
      ...about(servers),
      view:    view(null, { output: shows<string>()(text(), output => output) }),
      run:     ({ about, body, cause }) => servers.consoleLog(about, body.length == null || Number(body.length) < 0 ? undefined : Number(body.length), cause),
    }),
  ]
}
