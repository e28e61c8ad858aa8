import type { Freshness } from '@kilonova/platform/changes/freshness.ts'
import { LRUCache } from 'lru-cache'
import { whoseTokens } from '../contract/staleness.ts'
import type { Revocation } from '../revocations/revocation.ts'
import type { Standing, TokenCache, Validated } from '../tokens/token.ts'

/**
 * Validated tokens in memory. The change log says which to forget: those of the user that a change names, or all where it names none.
 * Holds token texts as keys, as the requests that come in do; nothing of it is ever written anywhere.
 */
export function tokenCache(fresh: Freshness, revocations: { see(revocation: Revocation | undefined): void }, limit = 20_000): TokenCache {
  const byText = new LRUCache<string, Validated>({ max: limit })
  const standings = new LRUCache<string, Standing>({ max: limit })
  const clear = () => {
    byText.clear()
    standings.clear()
  }

  fresh.on(change => {
    if (change === undefined) {
      revocations.see(undefined)
      return clear()
    }
    if (change.kind === 'identity.revocation') revocations.see(change.after as Revocation)
    const whose = whoseTokens(change)
    if (whose === 'nobody') return
    if (whose === 'everybody') return clear()
    const { userId } = whose
    for (const [key, { user }] of standings.entries()) if (user.id === userId) standings.delete(key)
    for (const [text, { token }] of byText.entries())
      if (token.user.id === userId || token.trust?.trustorUserId === userId || token.trust?.trusteeUserId === userId) byText.delete(text)
  })

  return {
    catchUp: () => fresh.catchUp(),
    get: text => byText.get(text),
    put: (text, validated) => void byText.set(text, validated),
    getStanding: key => standings.get(key),
    putStanding: (key, standing) => void standings.set(key, standing),
  }
}
