import { ladder } from '@kilonova/platform/ladder.ts'
import { declarations } from '@kilonova/platform/http/endpoint.ts'

/** Keystone's v3 has one rung: what it added over time shows as fields, never as a version a caller asks for. */
export const versions = ladder({ 'v3.14': 'identity as OpenStack Zed serves it' })

/** Keystone wraps every list with links; `next` is set only where a page was cut. */
export const { body, query, view, listView, endpoint } = declarations(versions, (root, items, { next, self, truncated }) => ({
  [root]: items,
  links: { next: next ?? null, self, previous: null },
  ...(truncated ? { truncated } : {}),
}))
