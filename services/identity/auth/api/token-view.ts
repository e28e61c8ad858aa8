import { flag, list, nullable, object, text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import type { Token } from '../../contract/token.ts'
import { view } from '../../versions.ts'
import type { CatalogEntry } from '../logic/auth.ts'

/** A token as clients read it, with its catalog where it has one. */
export interface Shown {
  readonly token: Token
  readonly catalog: readonly CatalogEntry[] | undefined
}

const shown = shows<Shown>()
const named = object({ id: text(), name: text() })
const within = object({ id: text(), name: text(), domain: named })

// biome-ignore format: a table of fields
export const tokenView = view('token', {
  methods:    shown(list(text()), ({ token }) => token.methods),
  user:       shown(object({ id: text(), name: text(), domain: named, password_expires_at: nullable(text()) }), ({ token: { user } }) =>
                ({ id: user.id, name: user.name, domain: user.domain, password_expires_at: user.passwordExpiresAt })),
  audit_ids:  shown(list(text()), ({ token }) => token.auditIds),
  expires_at: shown(text(), ({ token }) => token.expiresAt),
  issued_at:  shown(text(), ({ token }) => token.issuedAt),
  project:    shown(within, ({ token: { scope } }) =>
                scope.kind === 'project' ? { id: scope.project.id, name: scope.project.name, domain: scope.project.domain } : undefined),
  is_domain:  shown(flag, ({ token: { scope } }) => (scope.kind === 'project' ? scope.project.isDomain : undefined)),
  domain:     shown(named, ({ token: { scope } }) => (scope.kind === 'domain' ? scope.domain : undefined)),
  system:     shown(object({ all: flag }), ({ token: { scope } }) => (scope.kind === 'system' ? { all: true } : undefined)),
  roles:      shown(list(named), ({ token: { scope, roles } }) => (scope.kind === 'unscoped' ? undefined : roles)),
  catalog:    shown(list(object({}, { extra: 'keep' })), ({ catalog }) => catalog),
  'OS-TRUST:trust': shown(object({}, { extra: 'keep' }), ({ token: { trust } }) => trust && {
                id: trust.id, impersonation: trust.impersonation,
                trustor_user: { id: trust.trustorUserId }, trustee_user: { id: trust.trusteeUserId } }),
  application_credential: shown(object({}, { extra: 'keep' }), ({ token: { applicationCredential: held } }) => held && {
                id: held.id, name: held.name, restricted: held.restricted, ...(held.accessRules ? { access_rules: held.accessRules } : {}) }),
  'OS-OAUTH1': shown(object({}, { extra: 'keep' }), ({ token: { oauth } }) => oauth && {
                consumer_id: oauth.consumerId, access_token_id: oauth.accessTokenId }),
})
