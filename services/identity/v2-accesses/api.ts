import { answer, open } from '@kilonova/platform/http/endpoint.ts'
import { optional } from '@kilonova/platform/http/fields.ts'
import { anything, flag, list, maybe, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Project } from '../projects/project.ts'
import { body, endpoint, view } from '../versions.ts'
import { refuseMissing } from '../wishes/wish.ts'
import type { V2AccessLogic } from './logic.ts'
import { serviceCatalog, type V2Access } from './v2-access.ts'

// biome-ignore format: a table of fields
const authBody = body('auth', {
  passwordCredentials: optional(object({ username: maybe(text()), userId: maybe(text()), password: text({ max: 4096 }) }, { extra: 'keep' })),
  token:               optional(object({ id: text() }, { extra: 'keep' })),
  tenantId:            optional(nullable(text())),
  tenantName:          optional(nullable(text())),
}, { extra: 'keep' })

const free = object({}, { extra: 'keep' })
const shown = shows<V2Access>()
/** `2016-08-04T07:29:26Z` */
const inSeconds = (time: string) => time.replace(/\.\d+Z$/, 'Z')

// biome-ignore format: a table of fields
const accessView = view('access', {
  token:          shown(free, ({ text: id, token: { scope, issuedAt, expiresAt, auditIds } }) => ({
                    id, issued_at: issuedAt, expires: inSeconds(expiresAt), audit_ids: auditIds,
                    ...(scope.kind === 'project' ? { tenant: { id: scope.project.id, name: scope.project.name, enabled: true } } : {}) })),
  user:           shown(free, ({ token: { user, roles } }) =>
                    ({ id: user.id, name: user.name, username: user.name, roles: roles.map(({ name }) => ({ name })), roles_links: [] })),
  metadata:       shown(free, ({ token: { roles } }) => ({ is_admin: 0, roles: roles.map(({ id }) => id) })),
  serviceCatalog: shown(list(free), ({ catalog }) => serviceCatalog(catalog ?? [])),
})

const tenant = object({ id: text(), name: text(), description: text(), enabled: flag })
// biome-ignore format: a table of fields
const tenantsView = view(null, {
  tenants:       shows<readonly Project[]>()(list(tenant), projects =>
                   projects.map(({ id, name, description, enabled }) => ({ id, name, description, enabled }))),
  tenants_links: shows<readonly Project[]>()(list(anything), () => []),
})

// biome-ignore format: a table per route
export const v2AccessApi = (accesses: V2AccessLogic) => [
  endpoint('POST /v2.0/tokens', {
    summary: 'Sign in as clients of version 2.0 do',
    policy:  open('this is how a caller gets a token'),
    body:    authBody,
    status:  200,
    view:    accessView,
    async run({ body: { passwordCredentials: shown, token, tenantId, tenantName }, cause }) {
      if (!shown && !token) refuseMissing('passwordCredentials or token', 'auth')
      if (shown && shown.userId === undefined && shown.username === undefined) refuseMissing('username or userId', 'passwordCredentials')
      const access = await accesses.signIn(
        { ...(shown ? { password: shown } : {}), tokenId: token?.id, tenantId: tenantId ?? undefined, tenantName: tenantName ?? undefined },
        cause,
      )
      return answer(access, { headers: { vary: 'X-Auth-Token' } })
    },
  }),

  endpoint('GET /v2.0/tenants', {
    summary: 'List the projects for which the caller could ask a token',
    policy:  'identity:get_auth_projects',
    status:  200,
    view:    tenantsView,
    run:     ({ caller }) => accesses.tenantsOf(caller.userId ?? ''),
  }),
]
