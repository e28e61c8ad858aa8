import { answer } from '@kilonova/platform/http/endpoint.ts'
import { optional, required } from '@kilonova/platform/http/fields.ts'
import { given } from '@kilonova/platform/given.ts'
import { id, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { body, endpoint, plainBody, since, until, view } from '../../../versions.ts'
import type { ServerLogic } from '../../logic.ts'
import { askerOf, eyesOf, ofServer } from '../asked.ts'
import * as shapes from '../shapes.ts'
import { rebuiltView } from '../view.ts'
import { about } from './power.ts'

// biome-ignore format: a table of fields
const rebuildBody = body('rebuild', {
  imageRef:              required(id),
  name:                  optional(shapes.serverName),
  adminPass:             optional(text()),
  metadata:              optional(shapes.metadataShape),
  preserve_ephemeral:    optional(shapes.truth),
  'OS-DCF:diskConfig':   optional(shapes.diskConfig),
  accessIPv4:            optional(text({ format: 'ipv4' })),
  accessIPv6:            optional(text({ format: 'ipv6' })),
  personality:           until('2.56', optional(shapes.personality)),
  description:           since('2.19', optional(nullable(text({ max: 255 })))),
  key_name:              since('2.54', optional(nullable(shapes.serverName))),
  user_data:             since('2.57', optional(nullable(shapes.base64))),
  trusted_image_certificates: since('2.63', optional(nullable(shapes.certificates))),
  hostname:              [since('2.90', optional(shapes.hostname)), since('2.94', optional(shapes.wholeHostname))],
})
// biome-ignore format: a table of fields
const resizeBody = body('resize', {
  flavorRef:             required(shapes.flavorRef),
  'OS-DCF:diskConfig':   optional(shapes.diskConfig),
})
const rescueBody = nullable(object({ adminPass: maybe(text()), rescue_image_ref: maybe(id) }))
const unshelveOlder = nullable(object({ availability_zone: shapes.serverName }))
const unshelveBody = nullable(object({ availability_zone: maybe(nullable(text())), host: maybe(text()) }))

// biome-ignore format: a table per route
export const changeActionApi = (servers: ServerLogic) => [
  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Make a server anew from an image',
    policy:  'os_compute_api:servers:rebuild',
    action:  'rebuild',
    body:    rebuildBody,
    status:  202,
    ...about(servers),
    view:    rebuiltView,
    async run({ about, body, caller, cause, may, base, ...asked }) {
      if (body.trusted_image_certificates !== undefined && !may('os_compute_api:servers:rebuild:trusted_certs', ofServer({ about })))
        throw new Refusal('forbidden', "Policy doesn't allow os_compute_api:servers:rebuild:trusted_certs to be performed.")
      const { name, description, metadata, hostname, user_data: userData, accessIPv4: accessIpV4, accessIPv6 } = body
      const accessIpV6 = accessIPv6 === undefined ? undefined : shapes.shortIpV6(accessIPv6)
      const changed = given({ name, description, metadata, hostname, userData, accessIpV4, accessIpV6, trustedCertificates: body.trusted_image_certificates })
      const ask = { imageId: body.imageRef, changed, keyName: body.key_name, userId: caller.userId ?? '', diskConfig: body['OS-DCF:diskConfig'], adminPass: body.adminPass, caller }
      const { server, adminPass } = await servers.rebuild(about, ask, askerOf({ ...asked, may, caller }), cause)
      const shown = await servers.present(server, eyesOf(may, ofServer({ about: server })), servers.showsPasswords() ? adminPass : undefined)
      return answer(shown, { headers: { location: `${base}/v2.1/servers/${server.id}` } })
    },
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Give a server another size',
    policy:  'os_compute_api:servers:resize',
    action:  'resize',
    body:    resizeBody,
    status:  202,
    ...about(servers),
    async run({ about, body, cause, ...asked }) {
      const ask = { flavorId: shapes.idIn(body.flavorRef), diskConfig: body['OS-DCF:diskConfig'], maySeeAllFlavors: asked.may('context_is_admin') }
      await servers.resize(about, ask, askerOf(asked), cause)
    },
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Keep the new size of a server',
    policy:  'os_compute_api:servers:confirm_resize',
    action:  'confirmResize',
    body:    plainBody('confirmResize', {}),
    status:  204,
    ...about(servers),
    run:     async ({ about, cause, ...asked }) => void (await servers.confirmResize(about, askerOf(asked), cause)),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Give a server its old size back',
    policy:  'os_compute_api:servers:revert_resize',
    action:  'revertResize',
    body:    plainBody('revertResize', {}),
    status:  202,
    ...about(servers),
    run:     async ({ about, cause, ...asked }) => void (await servers.revertResize(about, askerOf(asked), cause)),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Start a server from a rescue disk, its own beside it',
    policy:  'os_compute_api:os-rescue',
    action:  'rescue',
    body:    plainBody<{ adminPass?: string; rescue_image_ref?: string } | null>('rescue', rescueBody.schema),
    status:  200,
    ...about(servers),
    view:    view(null, { adminPass: shows<{ adminPass?: string | undefined }>()(text(), ({ adminPass }) => adminPass) }),
    async run({ about, body, cause, ...asked }) {
      const adminPass = await servers.rescue(about.id, { adminPass: body?.adminPass, imageId: body?.rescue_image_ref }, askerOf(asked), cause)
      return servers.showsPasswords() ? { adminPass } : {}
    },
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Bring a shelved server back',
    policy:  'os_compute_api:os-shelve:unshelve',
    action:  'unshelve',
    until:   '2.76',
    body:    plainBody('unshelve', {}),
    status:  202,
    ...about(servers),
    run:     async ({ about, cause, ...asked }) => void (await servers.unshelve(about, {}, askerOf(asked), cause)),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Bring a shelved server back, to a zone if need be',
    policy:  'os_compute_api:os-shelve:unshelve',
    action:  'unshelve',
    since:   '2.77',
    until:   '2.90',
    body:    plainBody<{ availability_zone: string } | null>('unshelve', unshelveOlder.schema),
    status:  202,
    ...about(servers),
    run:     async ({ about, body, cause, ...asked }) => void (await servers.unshelve(about, { zone: body?.availability_zone }, askerOf(asked), cause)),
  }),

  endpoint('POST /v2.1/servers/{server_id}/action', {
    summary: 'Bring a shelved server back, to a zone or a host if need be',
    policy:  'os_compute_api:os-shelve:unshelve',
    action:  'unshelve',
    since:   '2.91',
    body:    plainBody<{ availability_zone?: string | null; host?: string } | null>('unshelve', unshelveBody.schema),
    status:  202,
    ...about(servers),
    async run({ about, body, cause, ...asked }) {
      if (body?.host !== undefined && !asked.may('os_compute_api:os-shelve:unshelve_to_host', ofServer({ about })))
        throw new Refusal('forbidden', "Policy doesn't allow os_compute_api:os-shelve:unshelve_to_host to be performed.")
      await servers.unshelve(about, { zone: body?.availability_zone, destination: body?.host }, askerOf(asked), cause)
    },
  }),
]
