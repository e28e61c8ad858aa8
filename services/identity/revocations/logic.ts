import type { Cause } from '@kilonova/platform/cause.ts'
import type { Chance } from '@kilonova/platform/chance.ts'
import type { Clock } from '@kilonova/platform/clock.ts'
import type { Transaction } from '../tables.ts'
import type { Revocable, Revocation } from './revocation.ts'
import type { RevocationStore } from './store.ts'

export interface Rooms {
  readonly store: RevocationStore
  readonly clock: Pick<Clock, 'now'>
  readonly chance: Pick<Chance, 'hex'>
  /** How long a token lives at most, in milliseconds: a revocation older than that means nothing any more. */
  readonly tokenLifeMs: number
}

type Narrowing = Omit<Revocation, 'id' | 'issuedBefore' | 'revokedAt' | 'expiresAt'>

/**
 * Which tokens have been ended. Events are kept in memory by what they name first (the chain, the token, the user, ...), so that asking
 * about a token looks up a handful of keys however many tokens were ever revoked.
 */
export function revocationLogic({ store, clock, chance, tokenLifeMs }: Rooms) {
  let byKey: Map<string, Revocation[]> | undefined

  const loaded = async () => {
    if (byKey) return byKey
    const fresh = new Map<string, Revocation[]>()
    for (const revocation of await store.list({ unexpiredAt: clock.now() })) remember(fresh, revocation)
    byKey = fresh
    return fresh
  }

  return {
    list: store.list,

    /** The moment up to which tokens like this one were ended, when it is one of them; in epoch milliseconds. */
    async endedBy(token: Revocable): Promise<number | undefined> {
      const events = await loaded()
      const ends = keysOf(token)
        .flatMap(key => events.get(key) ?? [])
        .filter(event => covers(event, token))
        .map(event => event.issuedBefore)
      return ends.length > 0 ? Math.max(...ends) : undefined
    },

    /** In the transaction of whatever ends the tokens. */
    async revoke(tx: Transaction, narrowing: Narrowing, _cause: Cause): Promise<void> {
      const now = clock.now()
      await store.insert(tx, { ...narrowing, id: chance.hex(), issuedBefore: now, revokedAt: now, expiresAt: now + tokenLifeMs })
    },

    /** The change log shows a new event, or that events were missed. */
    see(revocation: Revocation | undefined) {
      if (!revocation) byKey = undefined
      else if (byKey) remember(byKey, revocation)
    },

    /** Forgets what no living token can be meant by any more. */
    async prune(cause: Cause): Promise<void> {
      await store.deleteExpired(clock.now(), cause)
      byKey = undefined
    },
  }
}

export type RevocationLogic = ReturnType<typeof revocationLogic>

function remember(events: Map<string, Revocation[]>, event: Revocation) {
  const key = keyOf(event)
  const known = events.get(key)
  // Of two events that narrow by the same one thing only the later matters.
  if (known && isPlain(event)) events.set(key, [...known.filter(one => !isPlain(one)), event])
  else events.set(key, [...(known ?? []), event])
}

const isPlain = (event: Revocation) => narrowings(event).length === 1

const narrowings = ({ auditId, auditChainId, userId, projectId, domainId, roleId, trustId, consumerId, accessTokenId }: Narrowing) =>
  [auditId, auditChainId, userId, projectId, domainId, roleId, trustId, consumerId, accessTokenId].filter(value => value !== undefined)

function keyOf(event: Narrowing): string {
  if (event.auditId !== undefined) return `audit ${event.auditId}`
  if (event.auditChainId !== undefined) return `chain ${event.auditChainId}`
  if (event.accessTokenId !== undefined) return `access ${event.accessTokenId}`
  if (event.trustId !== undefined) return `trust ${event.trustId}`
  if (event.userId !== undefined) return `user ${event.userId}`
  if (event.consumerId !== undefined) return `consumer ${event.consumerId}`
  if (event.projectId !== undefined) return `project ${event.projectId}`
  if (event.domainId !== undefined) return `domain ${event.domainId}`
  return 'all'
}

const keysOf = (token: Revocable) => [
  `audit ${token.auditId}`,
  `chain ${token.auditChainId}`,
  `user ${token.userId}`,
  `access ${token.accessTokenId}`,
  `trust ${token.trustId}`,
  `consumer ${token.consumerId}`,
  `project ${token.projectId}`,
  `domain ${token.domainId}`,
  'all',
]

const covers = (event: Revocation, token: Revocable) =>
  token.issuedAt <= event.issuedBefore &&
  fits(event.auditId, token.auditId) &&
  fits(event.auditChainId, token.auditChainId) &&
  fits(event.userId, token.userId) &&
  fits(event.projectId, token.projectId) &&
  fits(event.domainId, token.domainId) &&
  fits(event.trustId, token.trustId) &&
  fits(event.consumerId, token.consumerId) &&
  fits(event.accessTokenId, token.accessTokenId)

const fits = (wanted: string | undefined, actual: string | undefined) => wanted === undefined || wanted === actual
