import { optional } from '@kilonova/platform/http/fields.ts'
import { integer, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { endpoint, listView, query, since, versions, view } from '../../versions.ts'
import type { ServerMigrationLogic } from '../logic.ts'
import type { ServerMigration } from '../server-migration.ts'

const shown = shows<ServerMigration>()
const time = (iso: string) => iso.replace('Z', '000')
const flavorNumber = (id: string | null) => (id !== null && /^\d{1,9}$/.test(id) ? Number(id) : null)
const underWay = ['queued', 'preparing', 'running', 'post-migrating']
const link = list(object({ rel: text(), href: text() }))
// biome-ignore format: a table of fields
const migrationView = view('migration', {
  id:             shown(integer(), one => one.number),
  uuid:           since('2.59', shown(text(), one => one.id)),
  instance_uuid:  shown(text(), one => one.serverId),
  status:         shown(text(), one => one.status),
  migration_type: since('2.23', shown(text(), one => one.kind)),
  source_compute: shown(nullable(text()), one => one.sourceHost),
  source_node:    shown(nullable(text()), one => one.sourceNode),
  dest_compute:   shown(nullable(text()), one => one.destHost),
  dest_node:      shown(nullable(text()), one => one.destNode),
  dest_host:      shown(nullable(text()), one => one.destAddress),
  old_instance_type_id: shown(nullable(integer()), one => one.flavorNumbers?.old ?? flavorNumber(one.oldFlavorId)),
  new_instance_type_id: shown(nullable(integer()), one => one.flavorNumbers?.new ?? flavorNumber(one.newFlavorId)),
  created_at:     shown(text(), one => time(one.createdAt)),
  updated_at:     shown(nullable(text()), one => (one.updatedAt === null ? null : time(one.updatedAt))),
  user_id:        since('2.80', shown(nullable(text()), one => one.userId)),
  project_id:     since('2.80', shown(nullable(text()), one => one.projectId)),
  links:          since('2.23', shown(link, ({ kind, status, serverId, number }, { base }) =>
                    kind === 'live-migration' && underWay.includes(status) ? [
                      { rel: 'self', href: `${base}/v2.1/servers/${serverId}/migrations/${number}` },
                      { rel: 'bookmark', href: `${base}/servers/${serverId}/migrations/${number}` }] : undefined)),
})

const word = optional(text())
const moment = optional(text({ format: 'date-time' }))
// biome-ignore format: a table of fields
const cells = {
  hidden: word, host: word, instance_uuid: word, source_compute: word, status: word, migration_type: word,
  limit:            since('2.59', optional(integer({ min: 0 }))),
  marker:           since('2.59', word),
  'changes-since':  since('2.59', moment),
  'changes-before': since('2.66', moment),
  user_id:          since('2.80', word),
  project_id:       since('2.80', word),
}
const [loose, strict] = [query(cells), query(cells, { extra: 'refuse' })]
/** What is unknown is passed over until 2.58, and refused from then on. */
const listQuery: typeof loose = {
  rungs: loose.rungs,
  schema: version => (versions.rank(version) < versions.rank('2.59') ? loose : strict).schema(version),
}
const most = 1000
const iso = (said: string | undefined) =>
  said === undefined ? undefined : new Date(/[zZ]|[+-]\d\d:?\d\d$/.test(said) ? said : `${said}Z`).toISOString()

// biome-ignore format: a table per route
export const migrationApi = (migrations: ServerMigrationLogic) => [
  endpoint('GET /v2.1/os-migrations', {
    summary: 'List the moves of all servers',
    policy:  'os_compute_api:os-migrations:index',
    query:   listQuery,
    status:  200,
    view:    listView('migrations', migrationView),
    async run({ query: asked, at }) {
      const pages = at(since('2.59', true)) ?? false
      const limit = pages ? Math.min(asked.limit || most, most) : most
      const [changedSince, changedBefore] = [pages ? iso(asked['changes-since']) : undefined, at(since('2.66', true)) ? iso(asked['changes-before']) : undefined]
      if (changedSince !== undefined && changedBefore !== undefined && changedBefore < changedSince)
        throw new Refusal('invalid', 'The value of changes-since must be less than or equal to changes-before.')
      const wanted = {
        serverId: asked.instance_uuid, status: asked.status, kind: asked.migration_type, host: asked.host, sourceHost: asked.source_compute,
        userId: asked.user_id, projectId: asked.project_id, changedSince, changedBefore }
      const found = await migrations.search(wanted, { limit: limit + 1, marker: pages ? asked.marker : undefined })
      return { items: found.slice(0, limit), next: pages && found.length > limit ? found[limit - 1]?.id : undefined }
    },
  }),
]
