import { optional, required } from '@kilonova/platform/http/fields.ts'
import { either, maybe, nullable, object, oneOf, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, plainBody, since, until, versions, view } from '../../../versions.ts'
import type { ServerLogic } from '../../logic.ts'
import { askerOf } from '../asked.ts'
import * as shapes from '../shapes.ts'
import { about } from './power.ts'

const migrateBody = nullable(object({ host: maybe(nullable(shapes.fqdn)) }))
// biome-ignore format: a table of fields
const liveBody = body('os-migrateLive', {
  host:             required(nullable(shapes.fqdn)),
  block_migration:  [until('2.24', required(shapes.truth)), since('2.25', required(either(shapes.truth, oneOf('auto'))))],
  disk_over_commit: until('2.24', required(shapes.truth)),
  force:            versions.between('2.30', '2.67', optional(shapes.truth)),
})
// biome-ignore format: a table of fields
const evacuateBody = body('evacuate', {
  host:            optional(shapes.fqdn),
  adminPass:       optional(text()),
  onSharedStorage: until('2.13', required(shapes.truth)),
  force:           versions.between('2.29', '2.67', optional(shapes.truth)),
})
const refuseForce = (force: unknown, host: string | null | undefined) => {
  if (shapes.isTrue(force as string) && !host) throw new Refusal('invalid', "Can't force to a non-provided destination")
}

// biome-ignore format: a table per route
export const moveActionApi = (servers: ServerLogic) => [
  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Move a server to another host, turned off meanwhile',
    policy:  'os_compute_api:os-migrate-server:migrate',
    action:  'migrate',
    until:   '2.55',
    body:    plainBody('migrate', {}),
    status:  202,
    ...about(servers),
    run:     async ({ about, cause, ...asked }) => servers.migrate(about, undefined, askerOf(asked), cause),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Move a server to another host, of one’s choice if need be',
    policy:  'os_compute_api:os-migrate-server:migrate',
    action:  'migrate',
    since:   '2.56',
    body:    plainBody<{ host?: string | null } | null>('migrate', migrateBody.schema),
    status:  202,
    ...about(servers),
    run:     async ({ about, body, cause, ...asked }) => servers.migrate(about, body?.host ?? undefined, askerOf(asked), cause),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Move a server to another host while it runs',
    policy:  'os_compute_api:os-migrate-server:migrate_live',
    action:  'os-migrateLive',
    body:    liveBody,
    status:  202,
    ...about(servers),
    async run({ about, body, ...asked }) {
      refuseForce(body.force, body.host)
      await servers.liveMigrate(about, body.host ?? undefined, askerOf(asked).isAdmin)
    },
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Take a server from a host that is gone',
    policy:  'os_compute_api:os-evacuate',
    action:  'evacuate',
    body:    evacuateBody,
    status:  200,
    ...about(servers),
    view:    view(null, { adminPass: until('2.13', shows<{ adminPass: string }>()(text(), ({ adminPass }) => adminPass)) }),
    async run({ about, body }) {
      refuseForce(body.force, body.host)
      if (shapes.isTrue(body.onSharedStorage) && body.adminPass !== undefined)
        throw new Refusal('invalid', "admin password can't be changed on existing disk")
      return servers.evacuate(about, body.host)
    },
  }),
]
