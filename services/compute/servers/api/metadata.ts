import { required } from '@kilonova/platform/http/fields.ts'
import { dictionary, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, view } from '../../versions.ts'
import { metadataItem } from '../logic/labels.ts'
import type { ServerLogic } from '../logic.ts'
import { askerOf, ofServer } from './asked.ts'

const items = dictionary(text({ max: 255 }), { key: '^[a-zA-Z0-9-_:. ]{1,255}$' })
type Items = Readonly<Record<string, string>>
const oneItem: typeof items = { schema: { ...items.schema, minProperties: 1, maxProperties: 1 } }
const allView = view(null, { metadata: shows<Items>()(items, all => all) })
const oneView = view(null, { meta: shows<Items>()(items, one => one) })
const path = '/v2.1/servers/{server_id}/metadata'
const onePath = '/v2.1/servers/{server_id}/metadata/{key}'
const rule = (word: string) => `os_compute_api:server-metadata:${word}`

// biome-ignore format: a table per route
export const serverMetadataApi = (servers: ServerLogic) => {
  const of = { about: ({ params }: { params: { readonly server_id: string } }) => servers.get(params.server_id), target: ofServer, status: 200 } as const
  return [
    endpoint(`GET ${path}`, {
      ...of, summary: 'List what is noted on a server', policy: rule('index'), view: allView,
      run: ({ about }) => about.metadata,
    }),

    endpoint(`POST ${path}`, {
      ...of, summary: 'Note more on a server', policy: rule('create'), body: body(null, { metadata: required(items) }), view: allView,
      run: ({ about, body, cause, ...asked }) => servers.addMetadata(about, body.metadata, askerOf(asked), cause),
    }),

    endpoint(`PUT ${path}`, {
      ...of, summary: 'Note this on a server, and nothing else', policy: rule('update_all'), body: body(null, { metadata: required(items) }), view: allView,
      run: ({ about, body, cause, ...asked }) => servers.writeMetadata(about, body.metadata, askerOf(asked), cause),
    }),

    endpoint(`GET ${onePath}`, {
      ...of, summary: 'Show one thing noted on a server', policy: rule('show'), view: oneView,
      run: ({ about, params }) => ({ [params.key]: metadataItem(about, params.key) }),
    }),

    endpoint(`PUT ${onePath}`, {
      ...of, summary: 'Note one thing on a server', policy: rule('update'), body: body(null, { meta: required(oneItem) }), view: oneView,
      async run({ about, params, body, cause, ...asked }) {
        if (!Object.hasOwn(body.meta, params.key)) throw new Refusal('invalid', 'Request body and URI mismatch')
        await servers.addMetadata(about, body.meta, askerOf(asked), cause)
        return body.meta
      },
    }),

    endpoint(`DELETE ${onePath}`, {
      ...of, summary: 'Forget one thing noted on a server', policy: rule('delete'), status: 204,
      run: ({ about, params, cause, ...asked }) => servers.removeMetadata(about, params.key, askerOf(asked), cause),
    }),
  ]
}
