import type { Endpoint } from '@kilonova/platform/http/endpoint.ts'
import type { Listing } from '@kilonova/platform/http/view.ts'

/** The same routes, their lists cut at the length the operator allows and saying so. */
export const limitLists = (endpoints: readonly Endpoint[], limit: number | undefined): readonly Endpoint[] =>
  limit === undefined ? endpoints : endpoints.map(one => ({ ...one, run: async asked => cut(await one.run(asked), limit) }))

const cut = (result: unknown, limit: number): unknown =>
  isListing(result) && result.items.length > limit ? { ...result, items: result.items.slice(0, limit), truncated: true } : result

const isListing = (result: unknown): result is Listing<unknown> =>
  typeof result === 'object' && result !== null && 'items' in result && Array.isArray(result.items)
