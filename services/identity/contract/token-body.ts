import type { Named, Token, TokenScope } from './token.ts'

/** A token as `GET /v3/auth/tokens` shows it, of ours or of another Keystone. */
export interface TokenBody {
  readonly methods: readonly string[]
  readonly user: Named & { readonly domain: Named; readonly password_expires_at?: string | null }
  readonly project?: Named & { readonly domain: Named }
  readonly is_domain?: boolean
  readonly domain?: Named
  readonly system?: { readonly all?: boolean }
  readonly roles?: readonly Named[]
  readonly issued_at: string
  readonly expires_at: string
  readonly audit_ids: readonly string[]
  readonly 'OS-TRUST:trust'?: {
    readonly id: string
    readonly impersonation: boolean
    readonly trustor_user: { readonly id: string }
    readonly trustee_user: { readonly id: string }
  }
  readonly application_credential?: {
    readonly id: string
    readonly name: string
    readonly restricted: boolean
    readonly access_rules?: readonly { readonly id: string; readonly service: string; readonly path: string; readonly method: string }[]
  }
  readonly 'OS-OAUTH1'?: { readonly consumer_id: string; readonly access_token_id: string }
}

export function tokenIn(body: TokenBody): Token {
  const { user, application_credential: credential, 'OS-TRUST:trust': trust, 'OS-OAUTH1': oauth } = body
  return {
    methods: body.methods,
    user: { id: user.id, name: user.name, domain: user.domain, passwordExpiresAt: user.password_expires_at ?? null },
    scope: scopeIn(body),
    roles: body.roles ?? [],
    trust: trust && {
      id: trust.id,
      trustorUserId: trust.trustor_user.id,
      trusteeUserId: trust.trustee_user.id,
      impersonation: trust.impersonation,
    },
    applicationCredential: credential && {
      id: credential.id,
      name: credential.name,
      restricted: credential.restricted,
      accessRules: credential.access_rules,
    },
    oauth: oauth && { consumerId: oauth.consumer_id, accessTokenId: oauth.access_token_id },
    issuedAt: body.issued_at,
    expiresAt: body.expires_at,
    auditIds: body.audit_ids,
  }
}

function scopeIn({ project, domain, system, is_domain: isDomain = false }: TokenBody): TokenScope {
  if (project) return { kind: 'project', project: { id: project.id, name: project.name, domain: project.domain, isDomain } }
  if (domain) return { kind: 'domain', domain }
  return { kind: system?.all ? 'system' : 'unscoped' }
}
