import { optional } from '@kilonova/platform/http/fields.ts'
import { text } from '@kilonova/platform/http/shape.ts'
import { shows } from '@kilonova/platform/http/view.ts'
import { Refusal } from '@kilonova/platform/refusal.ts'
import { isoMicros } from '../tokens/token.ts'
import { endpoint, listView, query, view } from '../versions.ts'
import type { RevocationLogic } from './logic.ts'
import type { Revocation } from './revocation.ts'

const shown = shows<Revocation>()
// biome-ignore format: a table of fields
const eventView = view<Revocation>('event', {
  audit_id:        shown(text(), event => event.auditId),
  audit_chain_id:  shown(text(), event => event.auditChainId),
  user_id:         shown(text(), event => event.userId),
  role_id:         shown(text(), event => event.roleId),
  project_id:      shown(text(), event => event.projectId),
  domain_scope_id: shown(text(), event => event.domainId),
  'OS-TRUST:trust_id':         shown(text(), event => event.trustId),
  'OS-OAUTH1:consumer_id':     shown(text(), event => event.consumerId),
  'OS-OAUTH1:access_token_id': shown(text(), event => event.accessTokenId),
  issued_before:   shown(text(), event => isoMicros(event.issuedBefore)),
  revoked_at:      shown(text(), event => isoMicros(event.revokedAt)),
})

// biome-ignore format: a table per route
export const revocationApi = (revocations: Pick<RevocationLogic, 'list'>) => [
  endpoint('GET /v3/OS-REVOKE/events', {
    summary: 'List what has ended tokens before their time',
    policy:  'identity:list_revoke_events',
    query:   query({ since: optional(text()) }),
    status:  200,
    view:    listView('events', eventView),
    run:     async ({ query: { since } }) => ({ items: await revocations.list(since ? { revokedSince: momentOf(since) } : {}) }),
  }),
]

function momentOf(since: string): number {
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(since) ? since : `${since}Z`
  const ms = /^\d{4}-\d{2}-\d{2}T/.test(since) ? Date.parse(zoned) : Number.NaN
  if (Number.isNaN(ms)) throw new Refusal('invalid', `invalidate date format ${since}`)
  return ms
}
