import type { BrowsedImage } from '@kilonova/image/contract/browse.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { anything, dictionary, integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Caller } from '@kilonova/platform/policy/caller.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, listView, query, view } from '../versions.ts'
import type { ImageProxyLogic } from './logic.ts'

const shown = shows<BrowsedImage>()
const seconds = (iso: string) => iso.replace(/\.\d+Z$/, 'Z')
const statuses: Readonly<Record<string, readonly [word: string, progress: number]>> = {
  ...{ active: ['ACTIVE', 100], queued: ['SAVING', 25], saving: ['SAVING', 50] },
  ...{ deleted: ['DELETED', 0], pending_delete: ['DELETED', 0], killed: ['ERROR', 0] },
}
const [words, percents] = [(status: string) => statuses[status]?.[0] ?? 'UNKNOWN', (status: string) => statuses[status]?.[1] ?? 0]
const pair = (base: string, path: string) => [
  { rel: 'self', href: `${base}/v2.1/${path}` },
  { rel: 'bookmark', href: `${base}/${path}` },
]
const briefCells = {
  id: shown(text(), one => one.id),
  name: shown(nullable(text()), one => one.name),
  links: shown(list(object({ rel: text(), href: text() }, { extra: 'keep' })), ({ id }, { base }) => [
    ...pair(base, `images/${id}`),
    { rel: 'alternate', type: 'application/vnd.openstack.image', href: `${base}/images/${id}` },
  ]),
}
const briefView = view('image', briefCells)
// biome-ignore format: a table of fields
const imageView = view('image', {
  ...briefCells,
  minRam:   shown(integer(), one => one.minRamMb),
  minDisk:  shown(integer(), one => one.minDiskGb),
  metadata: shown(dictionary(text()), one => one.properties),
  created:  shown(text(), one => seconds(one.createdAt)),
  updated:  shown(text(), one => seconds(one.updatedAt)),
  status:   shown(text(), one => words(one.status)),
  progress: shown(integer(), one => percents(one.status)),
  'OS-EXT-IMG-SIZE:size': shown(nullable(integer()), one => one.sizeBytes),
  server:   shown(anything, ({ properties: { instance_uuid: id } }, { base }) => (id === undefined ? undefined : { id, links: pair(base, `servers/${id}`) })),
  'OS-DCF:diskConfig': shown(text(), ({ properties: { auto_disk_config: said } }) => said === undefined ? undefined : /^(true|t|1|yes|y|on)$/i.test(said) ? 'AUTO' : 'MANUAL'),
})

const word = optional(text())
// biome-ignore format: a table of fields
const listQuery = query({
  name: word, status: word, server: word, type: word, marker: word, 'changes-since': optional(text({ format: 'date-time' })),
  minRam: optional(integer({ min: 0 })), minDisk: optional(integer({ min: 0 })), limit: optional(integer({ min: 0 })),
})
type Asked = NonNullable<(typeof listQuery)['type']>
const most = 1000

function wishOf(asked: Asked, limit: number) {
  const since = asked['changes-since']
  const free = Object.entries(asked).flatMap(([name, value]) =>
    name.startsWith('property-') ? [[name.slice(9), String(value)] as const] : [],
  )
  const { server, type } = asked
  return {
    ...{
      name: asked.name,
      status: asked.status?.toLowerCase(),
      minRamMb: asked.minRam,
      minDiskGb: asked.minDisk,
      limit,
      marker: asked.marker,
    },
    changedSince: since === undefined ? undefined : new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(since) ? since : `${since}Z`).toISOString(),
    properties: Object.fromEntries([
      ...free,
      // A server may be named by its address.
      ...(server === undefined ? [] : [['instance_uuid', server.split('/').at(-1) ?? ''] as const]),
      ...(type === undefined ? [] : [['image_type', type] as const]),
    ]),
  }
}

const items = dictionary(text({ max: 255 }), { key: '^[a-zA-Z0-9-_:. ]{1,255}$' })
const oneItem: typeof items = { schema: { ...items.schema, minProperties: 1, maxProperties: 1 } }
type Items = Readonly<Record<string, string>>
const allView = view(null, { metadata: shows<Items>()(items, all => all) })
const oneView = view(null, { meta: shows<Items>()(items, one => one) })
const [read, write] = ['os_compute_api:images:read', 'os_compute_api:images:write']
const target = ({ caller }: { caller: Caller }) => ({ project_id: caller.projectId })

/** Until 2.35 images were also asked for here, and until 2.38 what is said of them. */
// biome-ignore format: a table per route
export const imageProxyApi = (images: ImageProxyLogic) => {
  const page = async (asked: Asked, caller: Caller) => {
    const limit = Math.min(asked.limit || most, most)
    const found = await images.list(wishOf(asked, limit + 1), caller)
    return { items: found.slice(0, limit), next: found.length > limit ? found[limit - 1]?.id : undefined }
  }
  const upTo = { until: '2.35', status: 200, target } as const
  const notes = { until: '2.38', status: 200, target } as const
  return [
    endpoint('GET /v2.1/images', {
      ...upTo, summary: 'List images', policy: read, query: listQuery, view: listView('images', briefView),
      run: ({ query, caller }) => page(query, caller),
    }),
    endpoint('GET /v2.1/images/detail', {
      ...upTo, summary: 'List images with all they say', policy: read, query: listQuery, view: listView('images', imageView),
      run: ({ query, caller }) => page(query, caller),
    }),
    endpoint('GET /v2.1/images/{image_id}', {
      ...upTo, summary: 'Show an image', policy: read, view: imageView,
      run: ({ params, caller }) => images.get(params.image_id, caller),
    }),
    endpoint('DELETE /v2.1/images/{image_id}', {
      ...upTo, summary: 'Delete an image', policy: write, status: 204,
      run: ({ params, caller, cause }) => images.delete(params.image_id, caller, cause),
    }),
    endpoint('GET /v2.1/images/{image_id}/metadata', {
      ...notes, summary: 'List what is noted on an image', policy: read, view: allView,
      run: async ({ params, caller }) => (await images.get(params.image_id, caller)).properties,
    }),
    endpoint('POST /v2.1/images/{image_id}/metadata', {
      ...notes, summary: 'Note more on an image', policy: write, body: body(null, { metadata: required(items) }), view: allView,
      run: ({ params, body, caller, cause }) => images.addProperties(params.image_id, body.metadata, caller, cause),
    }),
    endpoint('PUT /v2.1/images/{image_id}/metadata', {
      ...notes, summary: 'Note this on an image, and nothing else', policy: write, body: body(null, { metadata: required(items) }), view: allView,
      run: ({ params, body, caller, cause }) => images.writeProperties(params.image_id, body.metadata, caller, cause),
    }),
    endpoint('GET /v2.1/images/{image_id}/metadata/{key}', {
      ...notes, summary: 'Show one thing noted on an image', policy: read, view: oneView,
      async run({ params: { image_id, key }, caller }) {
        const value = (await images.get(image_id, caller)).properties[key]
        if (value === undefined) throw new Refusal('not-found', 'The resource could not be found.')
        return { [key]: value }
      },
    }),
    endpoint('PUT /v2.1/images/{image_id}/metadata/{key}', {
      ...notes, summary: 'Note one thing on an image', policy: write, body: body(null, { meta: required(oneItem) }), view: oneView,
      async run({ params: { image_id, key }, body: { meta }, caller, cause }) {
        if (!Object.hasOwn(meta, key)) throw new Refusal('invalid', 'Request body and URI mismatch')
        await images.addProperties(image_id, meta, caller, cause)
        return meta
      },
    }),
    endpoint('DELETE /v2.1/images/{image_id}/metadata/{key}', {
      ...notes, summary: 'Forget one thing noted on an image', policy: write, status: 204,
      run: ({ params, caller, cause }) => images.removeProperty(params.image_id, params.key, caller, cause),
    }),
  ]
}
